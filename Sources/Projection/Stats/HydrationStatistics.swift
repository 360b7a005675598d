internal import Glibc
internal import Synchronization

/// What hydration did since the mount, why, where and for whom. Any thread. Bounded memory: about a megabyte, and up to four
/// more where paths are as long as can be.
package final class HydrationStatistics: Sendable {
  /// What was fetched for one cause.
  package struct CauseSummary: Sendable, Hashable {
    /// Contents, whole.
    package var count = 0
    /// Bytes, of contents and of pieces.
    package var bytes: Int64 = 0
    /// Fetches that failed.
    package var failures = 0
  }

  private struct State {
    var causes: [Demand.Cause: CauseSummary] = [:]
    var latency = LatencyHistogram()
    var directories = DirectoryTable()
    var timeline = HydrationTimeline()
    var recent = RecentHydrations()
  }

  /// A closure that stands in a generic type as it is would be wrapped once more each time it is read.
  private struct Locator {
    let path: @Sendable (Demand.Place) -> [UInt8]?
  }

  // Leaf locks: nothing else is called under them.
  private let state = Mutex(State())
  private let locator = Mutex<Locator?>(nil)
  private let shared = Atomic<Int>(0)
  private let processes: ProcessTable
  private let trace: TraceHub
  private let started = ContinuousClock.now

  /// Counts, and tells `trace` of each fetch. `processes` is shared by whoever has to know who a thread is.
  package init(processes: ProcessTable = ProcessTable(), trace: TraceHub = TraceHub()) {
    self.processes = processes
    self.trace = trace
  }

  /// A snapshot, consistent within itself.
  package struct Snapshot: Sendable {
    /// Contents that were fetched, whole.
    package let count: Int
    /// Bytes that were fetched, of contents and of pieces.
    package let bytes: Int64
    /// Fetches that failed.
    package let failures: Int
    /// Demands that waited for a fetch already under way.
    package let shared: Int
    /// How long the fetches took, of contents and of pieces, storing included.
    package let latency: LatencyHistogram
    /// The same by cause; causes that did not occur are not there.
    package let causes: [Demand.Cause: CauseSummary]
    /// Who caused them, most bytes first.
    package let processes: [(identity: NamedProcess, usage: ProcessTable.Usage)]
    /// What others caused that are not remembered.
    package let otherProcesses: ProcessTable.Usage
    /// In which directories the files lie, by path; small ones may have been added to those that they lie in.
    package let directories: [[UInt8]: ProcessTable.Usage]
    /// When.
    package let timeline: HydrationTimeline
    /// The last ones, oldest first.
    package let recent: [HydrationRecord]
  }

  /// What happened so far.
  package var snapshot: Snapshot {
    let state = state.withLock { $0 }
    let (known, others) = processes.usages
    let causes = state.causes.values
    return Snapshot(
      count: causes.reduce(0) { $0 + $1.count }, bytes: causes.reduce(0) { $0 &+ $1.bytes },
      failures: causes.reduce(0) { $0 + $1.failures }, shared: shared.load(ordering: .relaxed),
      latency: state.latency, causes: state.causes, processes: known, otherProcesses: others,
      directories: state.directories.usages, timeline: state.timeline, recent: state.recent.all)
  }

  /// Sets how the path of a place is found. It is called without a lock.
  func locate(_ path: @escaping @Sendable (Demand.Place) -> [UInt8]?) {
    locator.withLock { $0 = Locator(path: path) }
  }

  /// Counts a content that was fetched at once.
  func countHydration(of bytes: Int64, in latency: Duration, for demand: Demand) {
    count(.content, contents: 1, bytes: bytes, latency, for: demand)
  }

  /// Counts a piece of a content.
  func countFetch(of bytes: Int64, in latency: Duration, for demand: Demand) {
    count(.pieces, contents: 0, bytes: bytes, latency, for: demand)
  }

  /// Counts a content of so many bytes whose last piece has come; the pieces were counted as they came.
  func countCompletion(of size: Int64, for demand: Demand) {
    count(.content, contents: 1, bytes: 0, nil, for: demand, size: size)
  }

  /// Counts a fetch that failed.
  func countFailure(in latency: Duration = .zero, for demand: Demand) {
    count(.failure, contents: 0, bytes: 0, latency, for: demand)
  }

  /// Tells of a demand that was denied, if somebody wants to hear it. It is counted by who denies it.
  func tellDenial(of demand: Demand) {
    if trace.wants(TraceEvent.hydration) { trace.emit(record(.denied, bytes: 0, .zero, for: demand)) }
  }

  func countShared() {
    shared.add(1, ordering: .relaxed)
  }

  private func count(
    _ outcome: HydrationRecord.Outcome, contents: Int, bytes: Int64, _ latency: Duration?, for demand: Demand,
    size: Int64? = nil
  ) {
    let record = record(outcome, bytes: size ?? bytes, latency ?? .zero, for: demand)
    let usage = ProcessTable.Usage(hydrations: contents, bytes: bytes)
    let second = started.duration(to: .now).components.seconds
    state.withLock { state in
      if outcome == .failure {
        state.causes[demand.cause, default: CauseSummary()].failures += 1
        return
      }
      state.causes[demand.cause, default: CauseSummary()].count += contents
      state.causes[demand.cause, default: CauseSummary()].bytes &+= bytes
      if let latency { state.latency.record(latency) }
      state.directories.count(usage, ofFile: record.path)
      state.timeline.count(contents: contents, bytes: bytes, at: second)
      if outcome == .content { state.recent.add(record) }
    }
    if outcome != .failure { processes.count(contents: contents, bytes: bytes, for: record.identity) }
    trace.emit(record)
  }

  private func record(
    _ outcome: HydrationRecord.Outcome, bytes: Int64, _ latency: Duration, for demand: Demand
  ) -> HydrationRecord {
    let locator = locator.withLock { $0 }
    return HydrationRecord(
      time: TraceEvent.now, outcome: outcome, cause: demand.cause,
      path: locator.flatMap { locator in demand.place.flatMap(locator.path) }, bytes: bytes, latency: latency,
      identity: processes.identity(of: demand.caller))
  }
}
