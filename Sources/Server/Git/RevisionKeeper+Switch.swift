internal import Control
internal import Dispatch
internal import FuseTransport
internal import GitProvider
internal import GitWorktree
internal import Logging
internal import Posix
internal import Projection
internal import Provider

/// Switching: in time proportional to what is loaded and to what differs, with git's own records kept as `git switch`
/// would.
extension RevisionKeeper {
  /// Moves the view to a revision, to a branch made there where `newBranch` names one. What is not simple is left to
  /// `git switch`, before anything has moved.
  ///
  /// When this returns the view shows the new tree and HEAD is there. The index follows, and until it is there whoever
  /// opens the gitfile waits.
  /// With `discardsChanges` all is left to git where there are changes: it knows which of them are of tracked files.
  func switchTo(_ name: String, newBranch: String?, discardsChanges: Bool) throws -> SwitchReport {
    turn.wait()
    var isHandedOn = false
    defer { if !isHandedOn { turn.signal() } }
    try completeMove()
    let index = beside { [head] in head.indexTree() }
    guard let target = try head.find(name, in: provider) else { return SwitchReport(.unknown) }
    var new = target.new
    if let newBranch { new.reference = "refs/heads/\(newBranch)" }
    let report = { (outcome: SwitchReport.Outcome) in
      SwitchReport(
        outcome, old: target.old.id, new: new.id,
        branch: new.reference.map { String($0.dropFirst("refs/heads/".count)) },
        subject: target.subject, hasHook: target.hasHook)
    }
    if discardsChanges, try !fileSystem.localDifferences().isEmpty || !head.isIndexClean(at: target.old) {
      return report(.left)
    }
    if new.id == target.old.id, new.reference == target.old.reference, newBranch == nil { return report(.already) }
    guard worktree.waitUntilReady(), !head.isSpecial else { return report(.left) }
    let git = GitQuestions(
      index: index,
      isFree: beside { [self, new] in try isFree(new, isMade: newBranch != nil) },
      identity: beside { [head] in try? head.identity() })
    let time: TimeStamp = shown.showsCommitTimes ? TimeStamp(seconds: new.commitTime ?? 0) : .now
    // Below what is seen first, where git has moved HEAD just now.
    if shown.tree != target.old.treeID { try follow(target.old) }
    let step = Step(old: target.old, new: new, time: time, name: name, newBranch: newBranch)
    var hasMoved = try attempt(step, git)
    if !hasMoved, try git.isFree.value {
      _ = settleInTurn()
      hasMoved = try attempt(step, git)
    }
    guard hasMoved else { return report(.left) }
    isHandedOn = true
    let opened = worktree.hold(fileSystem)
    Threads.start("git index") { [self, new] in
      defer { turn.signal() }
      finish(from: target.old, to: new, time)
      opened()
    }
    // The kernel would show what it has read of the gitfile to who has to wait. Somebody may wait already: then until the
    // index is there.
    if let gitfile = worktree.gitfile(fileSystem) { session.forgetContents(of: gitfile) }
    return report(.done)
  }

  /// A switch, once it is known between what.
  private struct Step {
    let old: GitRevision
    let new: GitRevision
    let time: TimeStamp
    /// As it was asked for.
    let name: String
    let newBranch: String?
  }

  /// What git is asked while the trees are compared.
  private struct GitQuestions {
    let index: Beside<WorktreeHead.IndexTree?>
    let isFree: Beside<Bool>
    let identity: Beside<String?>
  }

  /// Moves with git's lock, which is kept where that is done.
  private func attempt(_ step: Step, _ git: GitQuestions) throws -> Bool {
    guard try head.lock() else { return false }
    do {
      let top = provider.root(of: step.new)
      // What nobody knows is compared when the command has its answer.
      let known = try blocking { [self] in try await fileSystem.knownDifference(to: top) }
      // What is staged is git's to carry over.
      guard try head.isIndexClean(at: step.old, known: git.index.value), try git.isFree.value else {
        head.unlock()
        return false
      }
      var hasMoved: Bool
      do {
        hasMoved = try move(by: known, step, git)
      } catch ProjectionError.stale {
        // Somebody has looked at more meanwhile.
        let whole = try blocking { [self] in try await fileSystem.difference(to: top) }
        hasMoved = try move(by: whole, step, git)
      }
      if !hasMoved { head.unlock() }
      return hasMoved
    } catch {
      head.unlock()
      // It may have come so far that others wait.
      completeMoveOrReport()
      throw error
    }
  }

  /// Whether no other worktree has the branch.
  private func isFree(_ revision: GitRevision, isMade: Bool) throws -> Bool {
    guard !isMade, let reference = revision.reference else { return true }
    return try !head.isCheckedOutElsewhere(String(reference.dropFirst("refs/heads/".count)))
  }

  /// Moves the projection and HEAD. False where a local change is in the way: then nothing has moved.
  private func move(by difference: TreeDifference, _ step: Step, _ git: GitQuestions) throws -> Bool {
    // Where there can be no such branch git says so.
    if let newBranch = step.newBranch, (try? head.create(newBranch, at: step.name)) == nil { return false }
    do {
      // On the disk before HEAD moves: from here on there is no way back, and the next mount ends what is not ended.
      let unended = SwitchRecord(old: SwitchRecord.End(step.old), new: SwitchRecord.End(step.new))
      if difference.old == difference.new {
        try shown.rename(step.new, time: ViewServer.now, unended: unended)
      } else {
        let obstacles = try fileSystem.move(by: difference, .showing, at: step.time) { [self] history in
          if difference.isWhole { return try shown.save(history, at: step.new, time: ViewServer.now, unended: unended) }
          let unnoted = UnnotedMove(
            old: step.old.treeID, new: step.new.treeID, seconds: step.time.seconds,
            nanoseconds: step.time.nanoseconds, renewal: history.lastRenewal)
          try shown.save(unnoted: unnoted, at: step.new, time: ViewServer.now, unended: unended)
        }
        guard obstacles.isEmpty else {
          if let newBranch = step.newBranch { head.delete(newBranch) }
          return false
        }
        session.finishNotifications()
      }
    } catch {
      if let newBranch = step.newBranch { head.delete(newBranch) }
      throw error
    }
    try head.move(to: step.new, from: step.old, named: step.name, identity: git.identity.value)
    return true
  }

  /// Compares what was not compared when the projection moved, and notes it. Throws where that is not possible.
  func completeMove() throws {
    guard let unnoted = shown.unnoted else { return }
    do {
      let difference = try blocking { [provider] in
        guard let old = provider.root(ofTree: unnoted.old), let new = provider.root(ofTree: unnoted.new) else {
          throw ProviderError.damaged("the record of a switch names no trees")
        }
        return try await TreeDifference(from: old, to: new, of: provider)
      }
      let time = TimeStamp(seconds: unnoted.seconds, nanoseconds: unnoted.nanoseconds)
      try fileSystem.finishMove(by: difference, at: time, renewal: unnoted.renewal) { [shown] history in
        try shown.finish(history)
      }
    } catch {
      // Nobody waits for what may never come.
      fileSystem.abandonMove()
      throw error
    }
  }

  private func completeMoveOrReport() {
    do {
      try completeMove()
    } catch {
      logger.error("the times of what a switch has changed are not known: \(error)")
      worktree.report("times of files are not known since a switch; another one, or a mount, tries again: \(error)")
    }
  }

  /// Ends the switch in the history, and lets the index follow.
  private func finish(from old: GitRevision, to new: GitRevision, _ time: TimeStamp) {
    completeMoveOrReport()
    do {
      do {
        // Once: from then on the lock may be git's.
        defer { head.unlock() }
        try worktree.rewriteIndex(from: old, to: new, time: time.seconds, provider)
        try head.sync()
      }
      try shown.end()
    } catch {
      logger.error("the git index does not follow the switch: \(error)")
      worktree.report("the git index is of another revision; 'git reset' in the view makes it anew: \(error)")
    }
  }

  /// Ends, before the view serves, what an earlier server has begun.
  func recover() {
    turn.wait()
    defer { turn.signal() }
    completeMoveOrReport()
    guard let unended = shown.unended else { return }
    do {
      if let new = unended.new.commit, let old = unended.old.commit {
        if try !head.isAt(new) { try head.move(to: new, from: old) }
        try worktree.rewriteIndex(from: old, to: new, time: (shown.epoch?.time ?? 0) / 1_000_000_000, provider)
      }
      try shown.end()
    } catch {
      logger.error("a switch that was interrupted cannot be ended: \(error)")
      worktree.report("an interrupted switch is not ended; 'git reset' in the view ends it: \(error)")
    }
  }
}

extension SwitchRecord.End {
  fileprivate init(_ revision: GitRevision) {
    self.init(revision: revision.id, tree: revision.treeID, reference: revision.reference)
  }

  fileprivate var commit: GitRevision? {
    GitRevision(commit: revision, reference: reference, commitTime: 0, treeID: tree)
  }
}
