internal import Synchronization

/// One piece of work per key at a time, with any number of waiters.
///
/// The first to ask starts the work, on its own thread and inline: work that never suspends ends before `value`
/// returns, with no hop. A waiter whose task is cancelled leaves at once with `CancellationError`; when the last one has
/// left, the work's task is cancelled.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Flight {
    let number: UInt64
    var task: Task<Void, Never>?
    var waiters: [UInt64: CheckedContinuation<Value, any Error>] = [:]
    /// Where the result goes while who started the work is still starting it, and waits for nothing yet.
    var outcome: Outcome?
  }

  /// The result of work that ended before its starter had to wait.
  private final class Outcome: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  private struct State {
    var flights: [Key: Flight] = [:]
    var lastNumber: UInt64 = 0
  }

  private enum Joined {
    case leader(flight: UInt64)
    case follower
    case ended(Result<Value, any Error>)
    case left(abandoned: Task<Void, Never>?)
  }

  // Nothing is called under it but continuations being stored. May take: an outcome's.
  private let state = Mutex(State())

  package init() {}

  /// How many keys are being worked on.
  package var inFlight: Int { state.withLock { $0.flights.count } }

  /// The result of the work on `key`, started with `work` unless somebody is at it already.
  ///
  /// `joined` is called once if this call waits for somebody else's work.
  package func value(
    for key: Key, joined: () -> Void = {}, work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let outcome = Outcome()
    let led = lead(key, outcome)
    if let led {
      start(key, led, work)
      // Neither a continuation nor a cancellation handler where the work has ended by now.
      if let result = outcome.result.withLock({ $0 }) { return try result.get() }
    }
    let waiter = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        switch join(key, waiter, continuation, led: led, outcome) {
        case .leader(let flight):
          start(key, flight, work)
        case .follower:
          if led == nil { joined() }
        case .ended(let result):
          continuation.resume(with: result)
        case .left(let abandoned):
          abandoned?.cancel()
          continuation.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      leave(key, waiter)
    }
  }

  /// A new flight, unless there is one or the caller was cancelled.
  private func lead(_ key: Key, _ outcome: Outcome) -> UInt64? {
    state.withLock { state in
      guard state.flights[key] == nil, !Task.isCancelled else { return nil }
      state.lastNumber += 1
      state.flights[key] = Flight(number: state.lastNumber, outcome: outcome)
      return state.lastNumber
    }
  }

  /// Has a waiter wait, who may have started flight `led`.
  private func join(
    _ key: Key, _ waiter: UInt64, _ continuation: CheckedContinuation<Value, any Error>, led: UInt64?,
    _ outcome: Outcome
  ) -> Joined {
    state.withLock { state in
      if let led {
        guard state.flights[key]?.number == led else {
          return .ended(outcome.result.withLock { $0 } ?? .failure(CancellationError()))
        }
        state.flights[key]?.outcome = nil
      }
      // A cancellation that came before this finds no waiter to remove: seen here instead.
      if Task.isCancelled {
        guard led != nil, state.flights[key]?.waiters.isEmpty == true else { return .left(abandoned: nil) }
        return .left(abandoned: state.flights.removeValue(forKey: key)?.task)
      }
      if state.flights[key] != nil {
        state.flights[key]?.waiters[waiter] = continuation
        return .follower
      }
      state.lastNumber += 1
      state.flights[key] = Flight(number: state.lastNumber, waiters: [waiter: continuation])
      return .leader(flight: state.lastNumber)
    }
  }

  private func start(_ key: Key, _ flight: UInt64, _ work: @escaping @Sendable () async throws -> Value) {
    let task = Task.immediate { [self] in
      let result: Result<Value, any Error>
      do {
        result = .success(try await work())
      } catch {
        result = .failure(error)
      }
      finish(key, flight, result)
    }
    let wanted = state.withLock { state in
      guard state.flights[key]?.number == flight else { return false }
      state.flights[key]?.task = task
      return true
    }
    // Not wanted: finished inline, where cancelling changes nothing, or its last waiter left meanwhile.
    if !wanted { task.cancel() }
  }

  private func finish(_ key: Key, _ flight: UInt64, _ result: Result<Value, any Error>) {
    let waiters = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
      guard let known = state.flights[key], known.number == flight else { return [] }
      state.flights.removeValue(forKey: key)
      known.outcome?.result.withLock { $0 = result }
      return Array(known.waiters.values)
    }
    for waiter in waiters { waiter.resume(with: result) }
  }

  private func leave(_ key: Key, _ waiter: UInt64) {
    let (continuation, abandoned) = state.withLock { state in
      let continuation = state.flights[key]?.waiters.removeValue(forKey: waiter)
      guard continuation != nil, let flight = state.flights[key], flight.waiters.isEmpty, flight.outcome == nil else {
        return (continuation, Task<Void, Never>?.none)
      }
      // A new demand starts afresh rather than joining what is being cancelled.
      state.flights.removeValue(forKey: key)
      return (continuation, flight.task)
    }
    abandoned?.cancel()
    continuation?.resume(throwing: CancellationError())
  }
}
