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

/// Does blocking work on a thread of its own.
func beside<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) -> Beside<Value> {
  let result = Beside<Value>()
  Threads.start("beside") { result.put(Result { try work() }) }
  return result
}

/// The result of work that is done beside; any thread may ask for it, any number of times.
final class Beside<Value: Sendable>: Sendable {
  private let box = ResultBox<Value>()
  private let done = DispatchGroup()

  fileprivate init() {
    done.enter()
  }

  fileprivate func put(_ result: Result<Value, any Error>) {
    box.result.withLock { $0 = result }
    done.leave()
  }

  /// The result; waits for it.
  var value: Value {
    get throws {
      done.wait()
      guard let outcome = box.result.withLock({ $0 }) else { throw CancellationError() }
      return try outcome.get()
    }
  }
}

private final class ResultBox<Value: Sendable>: Sendable {
  let result = Mutex<Result<Value, any Error>?>(nil)
}
