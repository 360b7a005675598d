internal import Dispatch
internal import Synchronization

/// Waits for asynchronous work on a thread that may block: a command's own, never one of Swift's pool.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
  let box = ResultBox<Value>()
  let done = DispatchSemaphore(value: 0)
  Task {
    let outcome: Result<Value, any Error>
    do {
      outcome = .success(try await work())
    } catch {
      outcome = .failure(error)
    }
    box.result.withLock { $0 = outcome }
    done.signal()
  }
  done.wait()
  guard let outcome = box.result.withLock({ $0 }) else { throw CancellationError() }
  return try outcome.get()
}

private final class ResultBox<Value: Sendable>: Sendable {
  let result = Mutex<Result<Value, any Error>?>(nil)
}
