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
  }

  private struct State {
    var flights: [Key: Flight] = [:]
    var lastNumber: UInt64 = 0
  }

  private enum Joined {
    case leader(flight: UInt64)
    case follower
    case left
  }

  // A leaf lock: nothing is called under it but continuations being stored.
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
    let waiter = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        switch join(key, waiter, continuation) {
        case .leader(let flight):
          start(key, flight, work)
        case .follower:
          joined()
        case .left:
          continuation.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      leave(key, waiter)
    }
  }

  private func join(_ key: Key, _ waiter: UInt64, _ continuation: CheckedContinuation<Value, any Error>) -> Joined {
    state.withLock { state in
      // A cancellation that came before this finds no waiter to remove: seen here instead.
      if Task.isCancelled { return .left }
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
      guard state.flights[key]?.number == flight else { return [] }
      return state.flights.removeValue(forKey: key).map { Array($0.waiters.values) } ?? []
    }
    for waiter in waiters { waiter.resume(with: result) }
  }

  private func leave(_ key: Key, _ waiter: UInt64) {
    let (continuation, abandoned) = state.withLock { state in
      let continuation = state.flights[key]?.waiters.removeValue(forKey: waiter)
      guard continuation != nil, let flight = state.flights[key], flight.waiters.isEmpty else {
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
