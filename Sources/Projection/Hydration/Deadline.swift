internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// For how long a provider may keep its callers waiting.
package struct ProviderDeadlines: Sendable, Equatable {
  /// How long it may take for a listing, for sizes, or to look a name up.
  package var answer: Duration
  /// For how long a fetch may go on without a byte arriving.
  package var silence: Duration

  /// Deadlines; by default a minute each.
  package init(answer: Duration = .seconds(60), silence: Duration = .seconds(60)) {
    self.answer = answer
    self.silence = silence
  }
}

/// The result of `body`, unless nothing moves for `limit`: then it is cancelled, and left behind whatever becomes of it,
/// and `ProviderError.system(.timedOut)` is thrown.
///
/// `body` starts on the calling thread. Where it ends without suspending there is neither a hop nor a timer. Something moves
/// whenever `progress` gives another number; without it, nothing does. Who is cancelled leaves at once, too.
func withDeadline<Value: Sendable>(
  _ limit: Duration, for what: @autoclosure @escaping @Sendable () -> String,
  progress: (@Sendable () -> Int64)? = nil, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try Task.checkCancellation()
  let attempt = Attempt<Value>()
  let task = Task.immediate {
    let result: Result<Value, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    attempt.end(result)
  }
  // Neither a continuation nor a cancellation handler where it has ended by now.
  if let result = attempt.result { return try result.get() }
  return try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { continuation in
      if let result = attempt.wait(continuation) {
        task.cancel()
        return continuation.resume(with: result)
      }
      attempt.watch(task, limit, progress) { .system(.timedOut, "the provider does not answer: \(what())") }
    }
  } onCancel: {
    attempt.end(.failure(CancellationError()))
  }
}

/// One call that somebody waits for.
private final class Attempt<Value: Sendable>: Sendable {
  private struct State {
    var result: Result<Value, any Error>?
    var continuation: CheckedContinuation<Value, any Error>?
    var task: Task<Void, Never>?
    var timer: Task<Void, Never>?
  }

  // A leaf lock: nothing is called under it.
  private let state = Mutex(State())

  /// What it came to, if it is over.
  var result: Result<Value, any Error>? { state.withLock { $0.result } }

  /// Notes who waits; returns the result where it is over.
  func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Result<Value, any Error>? {
    state.withLock { state in
      if state.result == nil { state.continuation = continuation }
      return state.result
    }
  }

  /// Ends it, and cancels its task, after `limit` without progress.
  func watch(
    _ task: Task<Void, Never>, _ limit: Duration, _ progress: (@Sendable () -> Int64)?,
    _ failure: @escaping @Sendable () -> ProviderError
  ) {
    let timer = Task { [self] in
      // Looked at more often than at the limit, so that it is not twice as long.
      let step = progress == nil ? limit : limit / 4
      var (last, lastChange) = (progress?(), ContinuousClock.now)
      while true {
        try? await Task.sleep(for: step)
        if Task.isCancelled { return }
        let now = progress?()
        if now != last { (last, lastChange) = (now, ContinuousClock.now) }
        if lastChange.duration(to: .now) >= limit { return end(.failure(failure())) }
      }
    }
    let isOver = state.withLock { state in
      (state.task, state.timer) = (task, timer)
      return state.result != nil
    }
    if isOver {
      timer.cancel()
      task.cancel()
    }
  }

  /// Gives the result to who waits. Only the first one counts.
  func end(_ result: Result<Value, any Error>) {
    let ended = state.withLock { state -> State? in
      if state.result != nil { return nil }
      state.result = result
      return state
    }
    guard let ended else { return }
    ended.timer?.cancel()
    if case .failure = result { ended.task?.cancel() }
    ended.continuation?.resume(with: result)
  }
}

/// How far one fetch has come: the bytes that its sink was given, and those that a program wrote to its file by itself.
final class FetchProgress: Sendable {
  /// What sinks count into.
  let sink = SinkProgress()
  // Held while the size of the file is asked for, so that the descriptor is not another file's by then.
  private let file = Mutex<FileDescriptor?>(nil)

  /// Watches a file grow, until it is told of nil: before the file is closed.
  func watch(_ descriptor: FileDescriptor?) { file.withLock { $0 = descriptor } }

  /// A number that changes with every byte that comes.
  var value: Int64 {
    let size = file.withLock { file in
      file.flatMap { file in try? FileCalls.status(file.rawValue).st_size } ?? 0
    }
    return sink.bytes &+ Int64(size)
  }
}
