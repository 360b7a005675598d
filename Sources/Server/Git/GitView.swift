internal import Control
internal import FuseTransport
internal import GitProvider
internal import GitWorktree
internal import Logging
internal import Posix
internal import Projection

/// What is git's in a running view: the worktree that it is, the revision that it shows, and what git's hook is answered.
final class GitView: Sendable {
  /// What the view projects, and its record.
  let shown: ShownRevision

  private let source: GitSource
  private let worktree: ViewWorktree
  private let content: GitContent
  private let fileSystem: ProjectionCore
  /// nil where the view is no worktree.
  private let keeper: RevisionKeeper?
  private let warmer: KernelWarmer
  private let logger: Logger

  /// Goes with a view that is about to serve.
  init(
    _ source: GitSource, _ plan: MountPlan, _ worktree: ViewWorktree, _ content: GitContent,
    _ fileSystem: ProjectionCore, _ session: FuseSession, logger: Logger
  ) {
    self.source = source
    self.worktree = worktree
    self.content = content
    self.fileSystem = fileSystem
    self.logger = logger
    shown = ShownRevision(plan, of: source)
    warmer = KernelWarmer(plan.record.mountpoint)
    keeper = worktree.head.map { [shown] head in
      RevisionKeeper(fileSystem, content, session, worktree, head, shown, logger: logger)
    }
  }

  /// Makes ready what must be so before the view serves.
  func prepare() {
    worktree.start(fileSystem, content, logger: logger)
    keeper?.head.removeLeftLocks()
    keeper?.recover()
  }

  /// Follows git from now on: the view serves.
  func follow() {
    if let registration = worktree.registration { keeper?.start(registration) }
  }

  /// Ends what goes on. Blocks until then.
  func stop() {
    keeper?.stop()
    worktree.stop()
  }

  /// What is unusual.
  var remarks: [String] { worktree.remarks }

  /// What is wrong.
  var problems: [String] { worktree.problems }

  // MARK: - Answers

  /// Moves to another revision.
  func switchTo(_ request: ControlRequest) -> ControlReply {
    guard let keeper, let revision = request.revision else {
      return ControlReply(error: "the view is no git worktree; 'projfs status' says why")
    }
    do {
      return ControlReply(
        switched: try keeper.switchTo(
          revision, newBranch: request.newBranch, discardsChanges: request.discardsChanges ?? false))
    } catch {
      return ControlReply(error: "cannot switch to '\(revision)': \(error)")
    }
  }

  /// Lets what equals the projection go from the local tree.
  func settle() -> ControlReply {
    guard let keeper else { return ControlReply(error: "the view is no git worktree") }
    _ = keeper.settle()
    return ControlReply()
  }

  /// The answer to git's hook; nothing where git has to look for itself.
  func answer(_ question: FsmonitorQuestion) -> [UInt8] {
    guard question.version == 2 else { return [] }
    // What a switch has changed is in the journal when it has ended in the background.
    try? blocking { [fileSystem] in try await fileSystem.awaitMove() }
    let answer =
      FsmonitorAnswer.bytes(since: question.token, by: question.command, of: fileSystem) { shown.tree } ?? []
    // Cheaper now, in listings, than in a moment, file by file.
    if FsmonitorAnswer.isEverything(answer) { warmer.warm() }
    guard GitVersion.misreadsUnchanged(question.command, in: source.repository.commonDirectory) else { return answer }
    if question.paths.isEmpty { warmer.warm() }
    return
      (try? blocking { [fileSystem] in
        await FsmonitorAnswer.everything(at: question.paths, beside: answer, in: fileSystem)
      }) ?? []
  }
}
