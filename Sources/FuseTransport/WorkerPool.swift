internal import CFuse
internal import Dispatch
internal import Glibc
internal import Posix
internal import Synchronization

/// The threads that read requests from the kernel and answer them.
///
/// One of them waits in the kernel, and another takes its place only when there is reason to: more requests are there
/// already, or the answer being made has to wait for something (`ensureReader`). Most answers take a few microseconds,
/// less than waking a thread does; so one client is served by one thread that never goes cold. While most answers have to
/// wait, as they do when much is being hydrated, two threads wait in the kernel. libfuse's own loop keeps
/// all of its threads waiting in the kernel, which wakes them in turn.
final class WorkerPool: Sendable {
  /// libfuse's session, which may be used from any thread.
  // SAFETY of @unchecked: fuse_session_receive_buf and fuse_session_process_buf are what libfuse's own threads call.
  struct Session: @unchecked Sendable {
    let raw: OpaquePointer
  }

  private struct State {
    /// Threads that wait in the kernel for a request, or were told to.
    var readers = 0
    /// How much answers had to wait lately: up by each that did, down by each request.
    var demand = 0
    /// Threads that wait to become the reader.
    var parked = 0
    /// All threads.
    var threads = 0
    var hasEnded = false
  }

  private enum Turn {
    case read
    case park
    case end
  }

  /// From here on two threads wait in the kernel, so that no answer has to wake the next reader.
  private static let highDemand = 32
  private static let demandOfWait = 4

  // A leaf lock.
  private let state = Mutex(State())
  private let parking = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let session: Session
  private let limit: Int

  /// Serves `session` with at most `limit` threads, which an answer may block.
  init(_ session: OpaquePointer, limit: Int) {
    self.session = Session(raw: session)
    self.limit = limit
  }

  /// Serves until the session ends. Blocks.
  func run() {
    ensureReader()
    ended.wait()
  }

  private func startThread() {
    Threads.start("fuse worker") { [self] in
      work()
      let isLast = state.withLock { state in
        state.threads -= 1
        return state.threads == 0
      }
      if isLast { ended.signal() }
    }
  }

  /// A thread's life. It begins as the reader, which `ensureReader` has made it.
  private func work() {
    var buffer = fuse_buf()
    // libfuse allocates the buffer at the first request, and leaves it to the caller.
    defer { free(buffer.mem) }
    var pace = RequestPace()
    repeat {
      if pace.isQuick { lookOut() }
      let length = fuse_session_receive_buf(session.raw, &buffer)
      if length <= 0, length != -EINTR { return end() }
      state.withLock { $0.readers -= 1 }
      if length > 0 {
        pace.requestCame()
        if !isTrivial(buffer), hasMoreRequests() { ensureReader() }
        UnnamedFiles.disguise(buffer)
        fuse_session_process_buf(session.raw, &buffer)
        pace.requestWasAnswered()
      }
    } while becomeReader()
  }

  /// Looks for the next request for a moment before sleeping in the kernel, giving way to whoever wants the processor.
  private func lookOut() {
    let end = ContinuousClock.now + RequestPace.lookout
    repeat {
      if hasMoreRequests() { return }
      sched_yield()
    } while ContinuousClock.now < end
  }

  /// Waits until this thread is the reader; false where the session has ended.
  private func becomeReader() -> Bool {
    let turn = state.withLock { state -> Turn in
      if state.hasEnded { return .end }
      state.demand = max(0, state.demand - 1)
      if state.readers >= (state.demand > Self.highDemand ? 2 : 1) {
        state.parked += 1
        return .park
      }
      state.readers += 1
      return .read
    }
    switch turn {
    case .read: return true
    case .end: return false
    case .park:
      parking.wait()
      // Woken to be the reader, or to end.
      return state.withLock { !$0.hasEnded }
    }
  }

  /// Sees to it that somebody waits for the next request, as far as the limit allows.
  func ensureReader() {
    let (wake, start) = state.withLock { state in
      state.demand = min(state.demand + Self.demandOfWait, 2 * Self.highDemand)
      guard state.readers == 0, !state.hasEnded else { return (false, false) }
      if state.parked > 0 {
        state.parked -= 1
        state.readers += 1
        return (true, false)
      }
      // At the limit all threads are busy, and the first that is not becomes the reader.
      guard state.threads < limit else { return (false, false) }
      state.threads += 1
      state.readers += 1
      return (false, true)
    }
    if wake { parking.signal() }
    if start { startThread() }
  }

  /// Whether the request takes less time than waking a thread for the next one: the kernel takes something back.
  private func isTrivial(_ request: fuse_buf) -> Bool {
    // struct fuse_in_header: the length, then the opcode, each of four bytes.
    guard let opcode = request.mem?.loadUnaligned(fromByteOffset: 4, as: UInt32.self) else { return false }
    return Self.trivialOpcodes.contains(opcode)
  }

  /// FORGET, RELEASE and RELEASEDIR, by the kernel's numbers. BATCH_FORGET may be long.
  private static let trivialOpcodes: [UInt32] = [2, 18, 29]

  private func hasMoreRequests() -> Bool {
    var connection = pollfd(fd: fuse_session_fd(session.raw), events: Int16(POLLIN), revents: 0)
    return poll(&connection, 1, 0) > 0
  }

  /// Ends all threads: those that are parked at once, the others when they are done.
  private func end() {
    let parked = state.withLock { state in
      state.readers -= 1
      state.hasEnded = true
      defer { state.parked = 0 }
      return state.parked
    }
    for _ in 0..<parked { parking.signal() }
  }
}
