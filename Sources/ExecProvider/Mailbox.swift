internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// What the callers of a provider and the thread of its program tell each other.
final class Mailbox: Sendable {
  private let state = Mutex(State())
  /// A byte in it wakes the thread.
  private let wake: Pipe
  private let buffer: Int

  private struct State {
    var arrivals: [Exchange] = []
    var abandoned: [UInt64] = []
    var lastID: UInt64 = 0
    /// Bytes of answers that nobody has taken yet.
    var held = 0
    /// Whether the thread does not read because of them.
    var isFull = false
    /// Why requests are refused now.
    var refusal: ProviderError?
    var isEnding = false
    var hasEnded = false
    var enders: [CheckedContinuation<Void, Never>] = []
  }

  /// With room for about `buffer` bytes of answers.
  init(buffer: Int) throws(Errno) {
    wake = try Pipe()
    self.buffer = buffer
    for end in [wake.readEnd, wake.writeEnd] { try FileCalls.setNonblocking(end) }
  }

  /// Becomes readable when there is something to be seen to.
  var wakeDescriptor: CInt { wake.readEnd }

  // MARK: - Callers

  /// Hands in a request.
  func submit(_ request: ProgramRequest) throws(ProviderError) -> Exchange {
    try request.check()
    let outcome = state.withLock { state -> Result<Exchange, ProviderError> in
      if let refusal = state.refusal { return .failure(refusal) }
      state.lastID += 1
      let exchange = Exchange(id: state.lastID, request: request, mailbox: self)
      state.arrivals.append(exchange)
      return .success(exchange)
    }
    signal()
    return try outcome.get()
  }

  /// Says that nobody waits for a request any more.
  func abandon(_ id: UInt64) {
    state.withLock { state in
      // Not to be remembered where there is nobody who would take it.
      if state.refusal == nil { state.abandoned.append(id) }
    }
    signal()
  }

  /// Says that bytes of an answer were taken.
  func took(_ count: Int) {
    let isFree = state.withLock { state in
      state.held -= count
      guard state.isFull, state.held <= buffer / 2 else { return false }
      state.isFull = false
      return true
    }
    if isFree { signal() }
  }

  /// Has the program end; returns when it has.
  func end() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        state.isEnding = true
        if !state.hasEnded { state.enders.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() } else { signal() }
    }
  }

  /// Has the program end, without waiting for it.
  func requestEnd() {
    state.withLock { $0.isEnding = true }
    signal()
  }

  // MARK: - The thread

  /// What has come since the last call.
  func take() -> (arrivals: [Exchange], abandoned: [UInt64], isEnding: Bool) {
    var bytes = [UInt8](repeating: 0, count: 64)
    while Glibc.read(wake.readEnd, &bytes, bytes.count) == bytes.count {}
    return state.withLock { state in
      defer { (state.arrivals, state.abandoned) = ([], []) }
      return (state.arrivals, state.abandoned, state.isEnding)
    }
  }

  /// Says that bytes of an answer wait to be taken.
  func holds(_ count: Int) {
    state.withLock { $0.held += count }
  }

  /// Whether there is room for more of them. If not, the thread is woken when there is.
  func hasRoom() -> Bool {
    state.withLock { state in
      state.isFull = state.held >= buffer
      return !state.isFull
    }
  }

  /// How many bytes of answers wait to be taken.
  var heldBytes: Int { state.withLock { $0.held } }

  /// Whether the thread does not read because of them.
  var isFull: Bool { state.withLock { $0.isFull } }

  /// Refuses requests from now on, and fails those that came and were not taken; nil accepts them again.
  func refuse(_ refusal: ProviderError?) {
    let failed = state.withLock { state in
      state.refusal = refusal
      guard refusal != nil else { return [Exchange]() }
      defer { (state.arrivals, state.abandoned) = ([], []) }
      return state.arrivals
    }
    if let refusal { for exchange in failed { exchange.finish(.failure(refusal)) } }
  }

  /// Says that the program has ended for good.
  func hasEnded() {
    refuse(.unavailable("the program was ended"))
    let enders = state.withLock { state in
      state.hasEnded = true
      defer { state.enders = [] }
      return state.enders
    }
    for ender in enders { ender.resume() }
  }

  private func signal() {
    var byte: UInt8 = 0
    // A full pipe wakes as well.
    _ = Glibc.write(wake.writeEnd, &byte, 1)
  }
}
