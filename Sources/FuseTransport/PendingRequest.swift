internal import CFuse
internal import Glibc
internal import Posix
internal import Projection
internal import Synchronization

/// One request of the kernel, from its arrival until its reply.
final class PendingRequest: Sendable {
  private struct State {
    var isAnswered = false
    /// Its number in the interrupt table, once it waits for something.
    var interrupt: UInt?
  }

  /// A request of libfuse's.
  // SAFETY of @unchecked: libfuse lets any thread answer a request; `state` sees to it that one does, once.
  struct Handle: @unchecked Sendable {
    let raw: fuse_req_t
  }

  // May take, while it is held: libfuse's locks and the interrupt table's.
  private let state = Mutex(State())
  private let handle: Handle
  private let kind: RequestKind
  private let server: RequestServer
  private let arrival: UInt64
  /// What tracers are told when it is answered, if somebody wants to know.
  private let traced: TracedRequest?

  init(_ request: fuse_req_t, _ kind: RequestKind, of server: RequestServer, traced: TracedRequest?) {
    handle = Handle(raw: request)
    self.kind = kind
    self.server = server
    self.traced = traced
    arrival = server.statistics.arrival
  }

  /// Whether the reply is out, or on its way.
  var isAnswered: Bool { state.withLock { $0.isAnswered } }

  /// Sends the reply. What it gives out is taken back if the caller was interrupted and has gone.
  func answer(_ reply: consuming Reply, undo: () -> Void) {
    let (first, interrupt) = state.withLock { state in
      defer { state.isAnswered = true }
      return (!state.isAnswered, state.interrupt)
    }
    assert(first, "a request is answered once")
    guard first else { return }
    if let interrupt { InterruptTable.shared.remove(interrupt) }
    let outcome = reply.send(to: handle.raw, from: server)
    if !outcome.isDelivered { undo() }
    let latency = server.statistics.count(kind, since: arrival, failed: outcome.isFailure)
    traced?.tell(server.fileSystem.trace, latency: .nanoseconds(Int64(clamping: latency)), error: outcome.error)
  }

  /// Lets an interrupt of the caller cancel `task`, unless the reply is out by now.
  func makeInterruptible(_ task: Task<Void, Never>) {
    state.withLock { state in
      guard !state.isAnswered else { return }
      let number = InterruptTable.shared.add(task)
      state.interrupt = number
      // Under the lock, because libfuse frees the request with its reply. Calls back at once if it is interrupted.
      fuse_req_interrupt_func(
        handle.raw, { _, data in InterruptTable.shared.interrupt(UInt(bitPattern: data)) },
        UnsafeMutableRawPointer(bitPattern: number))
    }
  }
}
