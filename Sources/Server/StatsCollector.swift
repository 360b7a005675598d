internal import Control
internal import FuseTransport
internal import Glibc
internal import Posix
internal import Projection

/// Puts together what the parts of a running view have counted.
struct StatsCollector {
  /// So many rows are an overview of what is hydrated, and so many a map of a tree.
  private static let (overviewRows, mapRows) = (40, 1500)

  private let fileSystem: ProjectionCore
  private let session: FuseSession
  private let question: StatsQuestion

  init(_ fileSystem: ProjectionCore, _ session: FuseSession, _ question: StatsQuestion = StatsQuestion()) {
    self.fileSystem = fileSystem
    self.session = session
    self.question = question
  }

  /// The report. Blocks while files are counted.
  func report() throws -> StatsReport {
    var report = StatsReport()
    report.mountpoint = session.options.mountpoint
    let hydration = fileSystem.statistics.snapshot
    if question.countsFiles { try addFiles(to: &report, hydration) }
    add(hydration, to: &report)
    addRequests(to: &report)
    if question.backingFiles == true { addBackingFiles(to: &report) }
    let inodes = fileSystem.inodeCounts
    report.inodes.known = inodes.known
    report.inodes.referenced = inodes.referenced
    report.memoryBytes = Self.residentBytes()
    return report
  }

  private func addFiles(to report: inout StatsReport, _ hydration: HydrationStatistics.Snapshot) throws {
    let overview = try blocking { [fileSystem, question] in
      try await fileSystem.overview(
        rows: question.directories == true ? Self.overviewRows : 0, mapRows: question.map == true ? Self.mapRows : 0)
    }
    let states = overview.states
    report.files = StatsReport.Files(states)
    report.bytes = StatsReport.Bytes(states)
    report.contentStore.files = states.storedFiles
    report.contentStore.bytes = states.storedBytes
    (report.contentStore.limit, report.contentStore.evictions) = fileSystem.evictionCounts
    let fetched = FetchedBelow(hydration.directories)
    let row = { (directory: DirectoryStates) in
      StatsReport.Directory(
        directory.path, depth: directory.depth, files: StatsReport.Files(directory.states),
        bytes: StatsReport.Bytes(directory.states), untouched: directory.untouched,
        fetched: fetched[directory.path])
    }
    if question.directories == true { report.directories = overview.directories.map(row) }
    if question.map == true { report.map = overview.map.map(row) }
  }

  private func add(_ hydration: HydrationStatistics.Snapshot, to report: inout StatsReport) {
    report.hydration.count = hydration.count
    report.hydration.bytes = hydration.bytes
    report.hydration.failures = hydration.failures
    report.hydration.shared = hydration.shared
    (report.hydration.denied, report.hydration.delayed) = fileSystem.gate.counts
    report.hydration.inFlight = fileSystem.hydrationsInFlight
    report.hydration.latencyUs = StatsReport.Latency(hydration.latency.summary)
    report.hydration.latencySumUs = hydration.latency.sum
    report.hydration.latencyPowersOfTwo = hydration.latency.powersOfTwo
    for (cause, summary) in hydration.causes {
      report.hydration.causes[cause.rawValue] = StatsReport.Cause(
        count: summary.count, bytes: summary.bytes, failures: summary.failures)
    }
    report.processes = hydration.processes.map { identity, usage in
      StatsReport.Process(
        pid: identity.process, command: identity.command, sessionPid: identity.session,
        sessionCommand: identity.sessionCommand, hydrations: usage.hydrations, bytes: usage.bytes)
    }
    report.otherProcesses = StatsReport.Usage(hydration.otherProcesses)
    guard question.history == true else { return }
    let timeline = hydration.timeline
    report.timeline = StatsReport.Timeline(
      spanSeconds: timeline.spanSeconds, hydrations: timeline.spans.map(\.contents), bytes: timeline.spans.map(\.bytes))
    report.recent = hydration.recent.map { record in
      StatsReport.RecentHydration(
        timeNs: record.time, cause: record.cause.rawValue, path: record.path, bytes: record.bytes,
        latencyUs: Int64(record.latency.microseconds), pid: record.identity.process, command: record.identity.command)
    }
  }

  private func addRequests(to report: inout StatsReport) {
    let opens = fileSystem.openCounts
    report.passthrough.opens = opens.passthrough
    report.passthrough.fallbackOpens = opens.served
    report.passthrough.activeBackingIds = session.engine.backingFiles?.active ?? 0
    for (kind, summary) in session.statistics.summaries {
      report.requests[kind.name] = StatsReport.Request(
        count: summary.count, errors: summary.errors, latency: StatsReport.Latency(summary.latency), sumUs: summary.sum,
        powersOfTwo: summary.powersOfTwo)
    }
  }

  private func addBackingFiles(to report: inout StatsReport) {
    let held = session.engine.backingFiles.map { fileSystem.heldFiles($0) } ?? []
    report.backingFiles = held.map {
      StatsReport.BackingFile($0.path, file: $0.file, isStored: $0.isStored, opens: $0.opens)
    }
  }

  /// What the process holds in memory, by proc_pid_statm(5): the second field, in pages.
  private static func residentBytes() -> Int64 {
    guard let bytes = try? FileCalls.contents("/proc/self/statm") else { return 0 }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
    return pages * Int64(sysconf(CInt(_SC_PAGESIZE)))
  }
}

/// What was fetched below directories.
private struct FetchedBelow {
  private var sums: [[UInt8]: StatsReport.Usage] = [:]

  init(_ usages: [[UInt8]: ProcessTable.Usage]) {
    for (path, usage) in usages {
      add(usage, at: path[...])
      var path = path[...]
      while !path.isEmpty {
        path = path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)]
        add(usage, at: path)
      }
    }
  }

  private mutating func add(_ usage: ProcessTable.Usage, at path: ArraySlice<UInt8>) {
    sums[Array(path), default: StatsReport.Usage()].hydrations += usage.hydrations
    sums[Array(path), default: StatsReport.Usage()].bytes &+= usage.bytes
  }

  subscript(path: [UInt8]) -> StatsReport.Usage { sums[path] ?? StatsReport.Usage() }
}

extension StatsReport.Usage {
  fileprivate init(_ usage: ProcessTable.Usage) {
    self.init(hydrations: usage.hydrations, bytes: usage.bytes)
  }
}

extension StatsReport.Files {
  fileprivate init(_ states: FileStates) {
    self.init()
    (total, virtual, placeholder) = (states.total, states.virtual, states.placeholder)
    (hydrated, full, tombstone, new) = (states.hydrated, states.full, states.tombstone, states.new)
  }
}

extension StatsReport.Bytes {
  fileprivate init(_ states: FileStates) {
    self.init()
    (total, hydrated, full) = (states.totalBytes, states.hydratedBytes, states.fullBytes)
  }
}

extension StatsReport.Latency {
  fileprivate init(_ summary: LatencySummary) {
    self.init(p50: summary.p50, p90: summary.p90, p99: summary.p99, max: summary.max)
  }
}

extension Duration {
  /// Whole microseconds and parts of them.
  var microseconds: Double { Double(components.seconds) * 1e6 + Double(components.attoseconds) / 1e12 }
}
