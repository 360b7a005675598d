internal import CFuse
internal import Glibc
internal import Posix
internal import Projection
internal import Synchronization

/// Serves the kernel's requests from a projected file system.
final class RequestServer: Sendable {
  let fileSystem: ProjectionCore
  let statistics = RequestStatistics()
  let engine: EngineSwitch
  private let trimmer = HeapTrimmer()
  // A leaf lock.
  private let session = Mutex<SessionHandle?>(nil)

  init(_ fileSystem: ProjectionCore, engine: EngineSwitch) {
    self.fileSystem = fileSystem
    self.engine = engine
  }

  /// Keeps libfuse's session for as long as requests may have to be answered.
  func keep(_ session: SessionHandle) {
    self.session.withLock { $0 = session }
  }

  /// Runs one operation and sends what it returns.
  ///
  /// The operation starts on this thread and, unless it has to wait, ends on it, before `serve` returns. If it waits,
  /// the thread is free for other requests, and an interrupt of the caller cancels it. `subject` is what it is about, for
  /// those who look on.
  func serve(
    _ request: fuse_req_t, _ kind: RequestKind, _ subject: RequestSubject,
    _ operation: @escaping @Sendable (RequestServer, Caller) async throws(ProjectionError) -> Reply
  ) {
    let context = fuse_req_ctx(request)?.pointee
    let caller = Caller(
      thread: context.map { UInt32(bitPattern: $0.pid) } ?? 0,
      owner: FileOwner(user: context?.uid ?? 0, group: context?.gid ?? 0))
    let pending = PendingRequest(request, kind, of: self, traced: traced(kind, subject, by: caller))
    let task = Task.immediate { [self] in
      let reply: Reply
      do throws(ProjectionError) {
        reply = try await operation(self, caller)
      } catch {
        reply = .failure(error.errno)
      }
      let undo = takingBack(reply)
      pending.answer(reply, undo: undo)
    }
    if !pending.isAnswered { pending.makeInterruptible(task) }
  }

  /// What tracers are to be told of a request that has just come; nil where nobody wants to know.
  func traced(_ kind: RequestKind, _ subject: RequestSubject, by caller: Caller) -> TracedRequest? {
    guard fileSystem.trace.isActive else { return nil }
    return TracedRequest(kind, subject, by: caller, in: fileSystem)
  }

  /// Counts a request that has no reply, and tells tracers.
  func noteUnanswered(_ kind: RequestKind, _ subject: RequestSubject) {
    statistics.count(kind)
    traced(kind, subject, by: Caller(thread: 0))?.tell(fileSystem.trace, latency: .zero, error: nil)
  }

  /// Notes what the kernel was told of opens.
  func setAnswersOpens(_ answers: Bool) {
    engine.setAnswersOpens(answers)
    fileSystem.noteSendingOfOpens(answers)
  }

  /// Takes an open back.
  func release(_ node: NodeID, for mode: OpenMode, handle: UInt64) {
    if let files = engine.openFiles { fileSystem.release(node, for: mode, handle: handle, with: files) }
  }

  /// For how long the kernel may keep what it has found at a name, or that it has found nothing, in seconds.
  ///
  /// What is made or removed in one spelling is so in all of them, at once: the kernel, which compares bytes, could be told of
  /// the others only after the reply, as it holds the directory until then.
  var nameTimeout: Double { fileSystem.ignoresCase ? 0 : cacheTimeout }

  /// For how long the kernel may keep a node's attributes. It takes back by itself what its writes change, but for the
  /// times that stores to mapped memory change.
  func timeout(of node: NodeID) -> Double {
    engine.backingFiles?.mayBeMapped(node) == true ? 0 : cacheTimeout
  }

  /// Drops the kernel's lookups of a node, and with the node what was kept for it.
  func forget(_ node: NodeID, count: UInt64) {
    let gone = fileSystem.forget(node, count: count)
    if let backing = engine.openFiles { for node in gone { backing.forget(node) } }
    trimmer.noteForgotten(gone.count)
  }

  /// What is to be done if a reply does not arrive.
  private func takingBack(_ reply: borrowing Reply) -> () -> Void {
    switch reply {
    case .entry(let found):
      let node = found.node
      return { [self] in forget(node, count: 1) }
    case .directory(let entries):
      let nodes = entries.nodes
      return { [self] in for node in nodes { forget(node, count: 1) } }
    case .opened(let node, let file, let mode):
      let (opened, handle, openMode) = (node, file.handle, mode)
      return { [self] in release(opened, for: openMode, handle: handle) }
    case .created(let created, let mode):
      let (node, handle, openMode) = (created.entry.node, created.handle, mode)
      return { [self] in
        release(node, for: openMode, handle: handle)
        forget(node, count: 1)
      }
    default:
      return {}
    }
  }
}
