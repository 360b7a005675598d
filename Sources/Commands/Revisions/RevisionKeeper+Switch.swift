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
    guard let target = try head.find(name) else { return SwitchReport(.unknown) }
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
    guard worktree.waitUntilReady(), !head.isSpecial, try isFree(new, isMade: newBranch != nil) else {
      return report(.left)
    }
    let time: TimeStamp = shown.showsCommitTimes ? TimeStamp(seconds: new.commitTime ?? 0) : .now
    // Below what is seen first, where git has moved HEAD just now.
    if shown.tree != target.old.treeID { try follow(target.old) }
    var hasMoved = try attempt(from: target.old, to: new, time, named: name, newBranch)
    if !hasMoved {
      _ = settleInTurn()
      hasMoved = try attempt(from: target.old, to: new, time, named: name, newBranch)
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

  /// Moves with git's lock, which is kept where that is done.
  private func attempt(
    from old: GitRevision, to new: GitRevision, _ time: TimeStamp, named name: String, _ newBranch: String?
  ) throws -> Bool {
    guard try head.lock() else { return false }
    do {
      // What is staged is git's to carry over.
      let isIndexClean = beside { [head] in try head.isIndexClean(at: old) }
      let difference = try blocking { [self] in try await fileSystem.difference(to: provider.root(of: new)) }
      if try isIndexClean(), try move(by: difference, from: old, to: new, time, named: name, newBranch) { return true }
      head.unlock()
      return false
    } catch {
      head.unlock()
      throw error
    }
  }

  /// Whether no other worktree has the branch.
  private func isFree(_ revision: GitRevision, isMade: Bool) throws -> Bool {
    guard !isMade, let reference = revision.reference else { return true }
    return try !head.isCheckedOutElsewhere(String(reference.dropFirst("refs/heads/".count)))
  }

  /// Moves the projection and HEAD. False where a local change is in the way: then nothing has moved.
  private func move(
    by difference: TreeDifference, from old: GitRevision, to new: GitRevision, _ time: TimeStamp, named name: String,
    _ newBranch: String?
  ) throws -> Bool {
    // Where there can be no such branch git says so.
    if let newBranch, (try? head.create(newBranch, at: name)) == nil { return false }
    do {
      try shown.note(SwitchRecord(old: SwitchRecord.End(old), new: SwitchRecord.End(new)))
      if difference.old == difference.new {
        try shown.rename(new, time: ViewServer.now)
      } else {
        let obstacles = try fileSystem.move(by: difference, .showing, at: time) { [self] history in
          try shown.save(history, at: new, time: ViewServer.now)
        }
        guard obstacles.isEmpty else {
          if let newBranch { head.delete(newBranch) }
          try shown.note(nil)
          return false
        }
        session.finishNotifications()
      }
    } catch {
      if let newBranch { head.delete(newBranch) }
      try? shown.note(nil)
      throw error
    }
    // From here on there is no way back; where this fails, the next mount does it.
    try head.move(to: new, from: old, named: name)
    return true
  }

  /// Lets the index follow.
  private func finish(from old: GitRevision, to new: GitRevision, _ time: TimeStamp) {
    do {
      try worktree.rewriteIndex(from: old, to: new, time: time.seconds, provider)
      head.unlock()
      try shown.note(nil)
    } catch {
      head.unlock()
      logger.error("the git index does not follow the switch: \(error)")
      worktree.report("the git index is of another revision; 'git reset' in the view makes it anew: \(error)")
    }
  }

  /// Ends, before the view serves, a switch that an earlier server has begun; what it had not yet shown is undone.
  func recover(_ unended: SwitchRecord) {
    turn.wait()
    defer { turn.signal() }
    do {
      if shown.epoch?.revision == unended.new.revision, shown.epoch?.reference == unended.new.reference,
        let new = unended.new.commit, let old = unended.old.commit
      {
        if try !head.isAt(new) { try head.move(to: new, from: old) }
        try worktree.rewriteIndex(from: old, to: new, time: (shown.epoch?.time ?? 0) / 1_000_000_000, provider)
      }
      try shown.note(nil)
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
