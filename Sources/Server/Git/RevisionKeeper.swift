internal import Control
internal import Dispatch
internal import FuseTransport
internal import GitProvider
internal import GitWorktree
internal import Logging
internal import Posix
internal import Projection
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Keeps what a running view projects in step with HEAD of its worktree.
///
/// After git has moved HEAD or written the index, the projection follows below what is seen, and what users have that the
/// new tree has as well goes from the local tree. `projfs switch` moves everything at once.
final class RevisionKeeper: Sendable {
  let fileSystem: ProjectionCore
  let provider: GitContent
  let session: FuseSession
  let worktree: ViewWorktree
  let head: WorktreeHead
  let shown: ShownRevision
  let logger: Logger

  /// How long nothing must have happened before the view follows, in milliseconds: git does several things in a row.
  private static let quiet: CInt = 400
  /// How long to wait before trying again what somebody had open, in milliseconds; grows up to the last.
  private static let patience: [CInt] = [1_000, 5_000, 30_000]
  /// More obstacles than these are not worth it: the view goes on with the tree that it has.
  private static let mostObstacles = 20_000

  // One at a time moves the projection. A semaphore, since a switch is ended by another thread than began it.
  let turn = DispatchSemaphore(value: 1)
  private let isStopped = Atomic<Bool>(false)
  private let work = Mutex<(@Sendable () -> Void)?>(nil)

  /// Keeps a view in step with `registration`.
  init(
    _ fileSystem: ProjectionCore, _ provider: GitContent, _ session: FuseSession, _ worktree: ViewWorktree,
    _ head: WorktreeHead, _ shown: ShownRevision, logger: Logger
  ) {
    self.fileSystem = fileSystem
    self.provider = provider
    self.session = session
    self.worktree = worktree
    self.head = head
    self.shown = shown
    self.logger = logger
  }

  /// Starts following git, on a thread of its own.
  func start(_ registration: WorktreeRegistration) {
    do throws(Errno) {
      let watch = try HeadWatch(registration)
      Threads.start("revisions") { [self] in follow(watch) }
    } catch {
      logger.warning("what git does is not noticed, so what is checked out stays local: \(error)")
    }
  }

  /// Ends what goes on and lets nothing begin any more. Blocks until then.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    work.withLock { $0 }?()
    turn.wait()
  }

  private func follow(_ watch: HeadWatch) {
    // HEAD may have moved while the view was not mounted.
    var isDue = (try? head.current())?.treeID != shown.tree
    var attempts = 0
    while !isStopped.load(ordering: .acquiring) {
      let retry = attempts > 0 ? Self.patience[min(attempts, Self.patience.count) - 1] : nil
      do throws(Errno) {
        if try watch.wait(isDue ? Self.quiet : retry) {
          (isDue, attempts) = (true, 0)
          continue
        }
      } catch {
        logger.error("what git does is not noticed any more: \(error)")
        return
      }
      isDue = false
      attempts = settle() ? 0 : attempts + 1
    }
  }

  /// Lets the projection follow HEAD, and what equals it go from the local tree. False where something of it has to wait.
  func settle() -> Bool {
    turn.wait()
    defer { turn.signal() }
    return settleInTurn()
  }

  /// The same for who has the turn.
  func settleInTurn() -> Bool {
    guard !isStopped.load(ordering: .acquiring), worktree.isReady, !head.isLocked else { return false }
    do {
      try completeMove()
      // A branch without commits: the view goes on with what it has.
      guard let revision = try head.current() else { return true }
      try follow(revision)
      guard !head.isLocked else { return false }
      let settled = try interruptible { [self] in
        try await fileSystem.settle(with: session.openFiles) { [self] in try shown.save($0) }
      }
      if settled.count > 0 { logger.info("\(settled.count) local entries went, as \(revision.id.prefix(12)) has them") }
      return !settled.isBusy
    } catch is CancellationError {
      return false
    } catch {
      logger.warning("the view does not follow git for now: \(error)")
      return false
    }
  }

  /// Moves the projection below what is seen, for who has the turn.
  func follow(_ revision: GitRevision) throws {
    if shown.tree == revision.treeID { return try shown.follow(revision, time: ViewServer.now) }
    let top = provider.root(of: revision)
    for _ in 0..<8 {
      let obstacles = try interruptible { [self] in
        let difference = try await fileSystem.difference(to: top)
        let obstacles = try fileSystem.move(by: difference, .keeping, at: .now) { [self] history in
          try shown.save(history, at: revision, time: ViewServer.now)
        }
        guard obstacles.count <= Self.mostObstacles else { throw TooMuch(count: obstacles.count) }
        for obstacle in obstacles { try await fileSystem.pin(obstacle) }
        return obstacles.count
      }
      if obstacles == 0 { return }
    }
    throw TooMuch(count: 0)
  }

  /// Why the view stays with the tree that it has.
  private struct TooMuch: Error, CustomStringConvertible {
    let count: Int

    var description: String {
      count > 0 ? "\(count) paths are not as in HEAD" : "paths change all the time"
    }
  }

  /// Waits for work that `stop` ends.
  private func interruptible<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    try blocking(
      started: { [self] task in
        work.withLock { $0 = { task.cancel() } }
        if isStopped.load(ordering: .acquiring) { task.cancel() }
      }, body)
  }
}
