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
  private let isCounting: Bool

  /// Counts, unless it is to be measured what that costs.
  package init(isCounting: Bool = true) {
    kinds = RequestKind.allCases.map { _ in Kind() }
    self.isCounting = isCounting
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

  /// The time at which a request arrives, where it is counted.
  package var arrival: ContinuousClock.Instant? { isCounting ? .now : nil }

  /// Counts a request that was answered, and returns how long that took.
  @discardableResult
  package func count(_ kind: RequestKind, since arrival: ContinuousClock.Instant?, failed: Bool) -> Duration {
    guard let arrival else { return .zero }
    let latency = arrival.duration(to: .now)
    count(kind, latency: latency, failed: failed)
    return latency
  }

  /// Counts a request that was answered.
  func count(_ kind: RequestKind, latency: Duration, failed: Bool) {
    kinds[kind.place].state.withLock { state in
      state.count += 1
      if failed { state.errors += 1 }
      // Made at the first use: a kind that never comes takes no memory.
      if state.latency == nil { state.latency = LatencyHistogram() }
      state.latency?.record(latency)
    }
  }

  /// Counts a request that has no reply.
  func count(_ kind: RequestKind) {
    guard isCounting else { return }
    kinds[kind.place].state.withLock { $0.count += 1 }
  }
}
