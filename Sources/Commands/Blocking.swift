internal import Dispatch
internal import Posix
internal import Synchronization

/// Waits for asynchronous work on a thread that may block: a command's own, never one of Swift's pool.
///
/// `started` gets the task that does it, which others may cancel.
func blocking<Value: Sendable>(
  started: (Task<Void, Never>) -> Void = { _ in }, _ work: @escaping @Sendable () async throws -> Value
) throws -> Value {
  let box = ResultBox<Value>()
  let done = DispatchSemaphore(value: 0)
  let task = Task {
    let outcome: Result<Value, any Error>
    do {
      outcome = .success(try await work())
    } catch {
      outcome = .failure(error)
    }
    box.result.withLock { $0 = outcome }
    done.signal()
  }
  started(task)
  done.wait()
  guard let outcome = box.result.withLock({ $0 }) else { throw CancellationError() }
  return try outcome.get()
}

/// Does blocking work on a thread of its own. What is returned waits for it, once.
func beside<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) -> () throws -> Value {
  let box = ResultBox<Value>()
  let done = DispatchSemaphore(value: 0)
  Threads.start("beside") {
    let outcome = Result { try work() }
    box.result.withLock { $0 = outcome }
    done.signal()
  }
  return {
    done.wait()
    guard let outcome = box.result.withLock({ $0 }) else { throw CancellationError() }
    return try outcome.get()
  }
}

private final class ResultBox<Value: Sendable>: Sendable {
  let result = Mutex<Result<Value, any Error>?>(nil)
}
