internal import Posix
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
    /// The sum of that, in microseconds.
    package let sum: UInt64
    /// How many took at most 1, 2, 4, 8 µs and so on, each without those before.
    package let powersOfTwo: [Int]
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

  /// By the kinds' places among all.
  private let kinds: [Kind]
  private let counts = Atomic<Bool>(true)

  package init() {
    kinds = RequestKind.allCases.map { _ in Kind() }
  }

  /// Whether requests are counted that arrive from now on; false only to measure what that costs.
  package var isCounting: Bool {
    get { counts.load(ordering: .relaxed) }
    set { counts.store(newValue, ordering: .relaxed) }
  }

  /// What came so far, without the kinds that did not.
  package var summaries: [RequestKind: Summary] {
    var summaries: [RequestKind: Summary] = [:]
    for kind in RequestKind.allCases {
      let state = kinds[kind.place].state.withLock { $0 }
      guard state.count > 0 else { continue }
      summaries[kind] = Summary(
        count: state.count, errors: state.errors, latency: state.latency?.summary ?? LatencySummary(),
        sum: state.latency?.sum ?? 0, powersOfTwo: state.latency?.powersOfTwo ?? [])
    }
    return summaries
  }

  /// The time at which a request arrives, in nanoseconds; 0 where it is not counted.
  package var arrival: UInt64 { isCounting ? MonotonicClock.nanoseconds : 0 }

  /// Counts a request that was answered, and returns how many nanoseconds that took.
  @discardableResult
  package func count(_ kind: RequestKind, since arrival: UInt64, failed: Bool) -> UInt64 {
    guard arrival != 0 else { return 0 }
    let latency = MonotonicClock.nanoseconds &- arrival
    kinds[kind.place].state.withLock { state in
      state.count += 1
      if failed { state.errors += 1 }
      // Made at the first use: a kind that never comes takes no memory.
      if state.latency == nil { state.latency = LatencyHistogram() }
      state.latency?.record(nanoseconds: latency)
    }
    return latency
  }

  /// Counts a request that has no reply.
  func count(_ kind: RequestKind) {
    guard isCounting else { return }
    kinds[kind.place].state.withLock { $0.count += 1 }
  }
}
