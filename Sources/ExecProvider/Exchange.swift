internal import Provider
internal import Synchronization

/// One request and what comes back, between a task that waits and the thread that talks to the program.
///
/// Holds the bytes that have come and that the task has not taken yet. How many these may be, `Mailbox` sees to.
final class Exchange: Sendable {
  let id: UInt64
  let request: ProgramRequest
  private let mailbox: Mailbox
  private let state = Mutex(State())

  private struct State {
    var bytes: [UInt8] = []
    var end: Result<Void, ProviderError>?
    var isAbandoned = false
    var waiter: CheckedContinuation<[UInt8]?, any Error>?

    mutating func takeBytes() -> [UInt8] {
      var taken: [UInt8] = []
      swap(&taken, &bytes)
      return taken
    }
  }

  init(id: UInt64, request: ProgramRequest, mailbox: Mailbox) {
    self.id = id
    self.request = request
    self.mailbox = mailbox
  }

  // MARK: - The task that waits

  /// What has come since the last call, awaited; nil at the end. One caller at a time.
  func next() async throws -> [UInt8]? {
    let bytes = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let answer = state.withLock { state -> Result<[UInt8]?, any Error>? in
          if state.isAbandoned { return .failure(CancellationError()) }
          if !state.bytes.isEmpty { return .success(state.takeBytes()) }
          if let end = state.end { return end.map { nil }.mapError { $0 } }
          state.waiter = continuation
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      abandon()
    }
    if let bytes { mailbox.took(bytes.count) }
    return bytes
  }

  /// Says that nobody wants the rest. The program is told.
  func abandon() {
    let (waiter, dropped, isOpen) = state.withLock { state in
      let isOpen = !state.isAbandoned && state.end == nil
      state.isAbandoned = true
      return (state.waiter.take(), state.takeBytes().count, isOpen)
    }
    waiter?.resume(throwing: CancellationError())
    mailbox.took(dropped)
    if isOpen { mailbox.abandon(id) }
  }

  // MARK: - The thread of the program

  /// Passes bytes on.
  func deliver(_ bytes: UnsafeRawBufferPointer) {
    // Counted first, for the task counts them back as soon as it has them.
    mailbox.holds(bytes.count)
    let (waiter, isDropped) = state.withLock { state -> (CheckedContinuation<[UInt8]?, any Error>?, Bool) in
      if state.isAbandoned || state.end != nil { return (nil, true) }
      if let waiter = state.waiter.take() { return (waiter, false) }
      state.bytes.append(contentsOf: bytes)
      return (nil, false)
    }
    if isDropped { mailbox.took(bytes.count) }
    waiter?.resume(returning: Array(bytes))
  }

  /// Ends the answer. The first end counts.
  func finish(_ end: Result<Void, ProviderError>) {
    let waiter = state.withLock { state in
      if state.end == nil { state.end = end }
      return state.waiter.take()
    }
    waiter?.resume(with: end.map { nil }.mapError { $0 })
  }
}
