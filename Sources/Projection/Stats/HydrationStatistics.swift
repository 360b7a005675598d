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
    /// Contents fetched.
    package let count: Int
    /// Their bytes.
    package let bytes: Int64
    /// Fetches that failed.
    package let failures: Int
    /// Demands that waited for a fetch already under way.
    package let shared: Int
    /// How long the fetches took, storing included.
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

  func countHydration(of bytes: Int64, in latency: Duration, for demand: Demand) {
    state.withLock { state in
      state.count += 1
      state.bytes += bytes
      state.latency.record(latency)
    }
    processes.count(bytes: bytes, for: demand.caller)
  }

  func countFailure() {
    state.withLock { $0.failures += 1 }
  }

  func countShared() {
    shared.add(1, ordering: .relaxed)
  }
}
