package import Projection
internal import Synchronization

/// How many requests of each kind came, how they ended and how long they took. Any thread.
package final class RequestStatistics: Sendable {
  /// One kind of request.
  package struct Summary: Sendable, Hashable {
    /// How many came.
    package let count: Int
    /// How many were answered with an error. "No such name" is an answer, and none.
    package let errors: Int
    /// From the arrival to the reply.
    package let latency: LatencySummary
  }

  private final class Kind: Sendable {
    struct State {
      var count = 0
      var errors = 0
      var latency: LatencyHistogram?
    }

    // A leaf lock.
    let state = Mutex(State())
  }

  private let kinds: [RequestKind: Kind]

  package init() {
    kinds = Dictionary(uniqueKeysWithValues: RequestKind.allCases.map { ($0, Kind()) })
  }

  /// What came so far, without the kinds that did not.
  package var summaries: [RequestKind: Summary] {
    kinds.compactMapValues { kind in
      kind.state.withLock { state in
        guard state.count > 0 else { return nil }
        return Summary(
          count: state.count, errors: state.errors, latency: state.latency?.summary ?? LatencySummary())
      }
    }
  }

  /// Counts a request that was answered.
  func count(_ kind: RequestKind, latency: Duration, failed: Bool) {
    kinds[kind]?.state.withLock { state in
      state.count += 1
      if failed { state.errors += 1 }
      // Made at the first use: a kind that never comes takes no memory.
      if state.latency == nil { state.latency = LatencyHistogram() }
      state.latency?.record(latency)
    }
  }

  /// Counts a request that has no reply.
  func count(_ kind: RequestKind) {
    kinds[kind]?.state.withLock { $0.count += 1 }
  }
}
