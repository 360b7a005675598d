internal import Control
internal import FuseTransport
internal import Glibc
internal import Posix
internal import Projection

/// Puts together what the parts of a running view have counted.
struct StatsCollector {
  private let fileSystem: ProjectionCore
  private let session: FuseSession

  init(_ fileSystem: ProjectionCore, _ session: FuseSession) {
    self.fileSystem = fileSystem
    self.session = session
  }

  /// The report. Blocks while the files are counted.
  func report() throws -> StatsReport {
    var report = StatsReport()
    let states = try blocking { [fileSystem] in try await fileSystem.fileStates() }
    report.files.total = states.total
    report.files.virtual = states.virtual
    report.files.placeholder = states.placeholder
    report.files.hydrated = states.hydrated
    report.files.full = states.full
    report.files.tombstone = states.tombstone
    report.files.new = states.new
    report.bytes.full = states.fullBytes
    report.bytes.total = states.totalBytes
    report.bytes.hydrated = states.hydratedBytes
    report.contentStore.files = states.storedFiles
    report.contentStore.bytes = states.storedBytes
    (report.contentStore.limit, report.contentStore.evictions) = fileSystem.evictionCounts

    let hydration = fileSystem.statistics.snapshot
    report.hydration.count = hydration.count
    report.hydration.bytes = hydration.bytes
    report.hydration.failures = hydration.failures
    report.hydration.shared = hydration.shared
    (report.hydration.denied, report.hydration.delayed) = fileSystem.gate.counts
    report.hydration.inFlight = fileSystem.hydrationsInFlight
    report.hydration.latencyUs = StatsReport.Latency(hydration.latency)
    report.processes = hydration.processes.map {
      StatsReport.Process(pid: $0.process, command: $0.command, hydrations: $0.hydrations, bytes: $0.bytes)
    }

    let opens = fileSystem.openCounts
    report.passthrough.opens = opens.passthrough
    report.passthrough.fallbackOpens = opens.served
    report.passthrough.activeBackingIds = session.engine.backingFiles?.active ?? 0
    for (kind, summary) in session.statistics.summaries {
      report.requests[kind.rawValue] = StatsReport.Request(
        count: summary.count, errors: summary.errors, p50Us: summary.latency.p50, p99Us: summary.latency.p99)
    }
    let inodes = fileSystem.inodeCounts
    report.inodes.known = inodes.known
    report.inodes.referenced = inodes.referenced
    report.memoryBytes = Self.residentBytes()
    return report
  }

  /// What the process holds in memory, by proc_pid_statm(5): the second field, in pages.
  private static func residentBytes() -> Int64 {
    guard let bytes = try? FileCalls.contents("/proc/self/statm") else { return 0 }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
    return pages * Int64(sysconf(CInt(_SC_PAGESIZE)))
  }
}

extension StatsReport.Latency {
  fileprivate init(_ summary: LatencySummary) {
    self.init(p50: summary.p50, p90: summary.p90, p99: summary.p99, max: summary.max)
  }
}
