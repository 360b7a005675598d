internal import Synchronization

/// Keeps those waiting who ask for something that is still being made ready. Opens once, for good.
///
/// Who waits blocks no thread, and leaves with `CancellationError` when its task is cancelled.
package final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var lastWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
  }

  // A leaf lock: nothing is called under it but continuations being stored.
  private let state = Mutex(State())
  private let openFlag = Atomic<Bool>(false)

  /// A closed gate.
  package init() {}

  /// Whether nobody has to wait any more.
  package var isOpen: Bool { openFlag.load(ordering: .acquiring) }

  /// Lets everybody through from now on. More than once is as good as once.
  package func open() {
    openFlag.store(true, ordering: .releasing)
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the gate is open.
  package func pass() async throws {
    if isOpen { return }
    let number = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let outcome = state.withLock { state -> Result<Void, any Error>? in
          if state.isOpen { return .success(()) }
          // A cancellation that came before this finds no waiter to remove: seen here instead.
          if Task.isCancelled { return .failure(CancellationError()) }
          state.waiters[number] = continuation
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(throwing: CancellationError())
    }
  }
}
