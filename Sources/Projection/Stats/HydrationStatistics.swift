internal import Synchronization

/// What hydration did since the mount, and for whom. Bounded memory, any thread.
package final class HydrationStatistics: Sendable {
  private struct State {
    var count = 0
    var bytes: Int64 = 0
    var failures = 0
    var latency = LatencyHistogram()
  }

  // Leaf locks: nothing else is called under them.
  private let state = Mutex(State())
  private let shared = Atomic<Int>(0)
  private let processes = ProcessTable()

  package init() {}

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
    package let latency: LatencySummary
    /// Who caused them, most bytes first.
    package let processes: [ProcessTable.Usage]
  }

  /// What happened so far.
  package var snapshot: Snapshot {
    let (count, bytes, failures, latency) = state.withLock { ($0.count, $0.bytes, $0.failures, $0.latency) }
    return Snapshot(
      count: count, bytes: bytes, failures: failures, shared: shared.load(ordering: .relaxed),
      latency: latency.summary, processes: processes.usages)
  }

  /// Counts a content that was fetched at once.
  func countHydration(of bytes: Int64, in latency: Duration, for demand: Demand) {
    count(contents: 1, bytes: bytes, latency, for: demand)
  }

  /// Counts a piece of a content.
  func countFetch(of bytes: Int64, in latency: Duration, for demand: Demand) {
    count(contents: 0, bytes: bytes, latency, for: demand)
  }

  /// Counts a content whose last piece has come.
  func countCompletion(for demand: Demand) {
    count(contents: 1, bytes: 0, nil, for: demand)
  }

  private func count(contents: Int, bytes: Int64, _ latency: Duration?, for demand: Demand) {
    state.withLock { state in
      state.count += contents
      state.bytes += bytes
      if let latency { state.latency.record(latency) }
    }
    processes.count(contents: contents, bytes: bytes, for: demand.caller)
  }

  func countFailure() {
    state.withLock { $0.failures += 1 }
  }

  func countShared() {
    shared.add(1, ordering: .relaxed)
  }
}
