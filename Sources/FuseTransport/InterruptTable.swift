internal import Synchronization

/// The tasks of requests that may be interrupted, by a number that outlives both.
///
/// libfuse reports an interrupt with what it was given at registration, possibly after the request was answered. A
/// number that finds nothing any more is harmless, where a pointer would not be.
final class InterruptTable: Sendable {
  private struct State {
    var tasks: [UInt: Task<Void, Never>] = [:]
    var last: UInt = 0
  }

  // Taken with a request's lock held, and from libfuse with its request's lock held. May take: nothing.
  private let state = Mutex(State())

  /// Remembers a task; returns its number, which is never 0.
  func add(_ task: Task<Void, Never>) -> UInt {
    state.withLock { state in
      state.last += 1
      state.tasks[state.last] = task
      return state.last
    }
  }

  /// Forgets a task.
  func remove(_ number: UInt) {
    _ = state.withLock { $0.tasks.removeValue(forKey: number) }
  }

  /// Cancels a task, if it is remembered.
  func interrupt(_ number: UInt) {
    let task = state.withLock { $0.tasks[number] }
    task?.cancel()
  }

  /// The one table of the process: libfuse's callback has room for one number and no more.
  static let shared = InterruptTable()
}
