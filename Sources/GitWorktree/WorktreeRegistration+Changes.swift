package import GitProvider
internal import Glibc
package import Posix
internal import SystemPackage

/// Making and removing worktrees.
extension WorktreeRegistration {
  /// Makes a worktree for a view, with HEAD at `revision`, which is a commit.
  ///
  /// HEAD is the branch that the revision was named by, where git allows it: it may be checked out in another worktree,
  /// or have moved on. Then, and for everything that is no branch, it is detached. `draftDirectory` is made and removed.
  /// Returns the worktree and what is unusual about it. Blocks for some ten milliseconds.
  package static func make(
    of commonDirectory: String, revision: GitRevision, mountpoint: String, draftDirectory: String, owner: FileOwner?
  ) throws(GitWorktreeError) -> (registration: WorktreeRegistration, remark: String?) {
    let git = GitProgram(commonDirectory: commonDirectory)
    removeDrafts(in: commonDirectory, draftDirectory)
    defer { removeDrafts(in: commonDirectory, nil, draftDirectory) }
    // git names a worktree by the last part of its path, and makes that a name that is free.
    let draft = "\(draftDirectory)/\(mountpoint.split(separator: "/").last ?? "view")"
    do throws(Errno) {
      _ = try Directories.make(draftDirectory, owner: owner)
    } catch {
      throw .system(error, path: draftDirectory)
    }

    var remark: String?
    var isMade = false
    if let branch = revision.branch {
      let tip = try git.attempt(["rev-parse", "--verify", "--quiet", "refs/heads/\(branch)^{commit}"])
      if tip.output.hasPrefix(revision.id) {
        // git knows best whether a branch is in use, in the middle of a rebase for instance.
        isMade = try git.attempt(add + [draft, branch], settings: settings).exitCode == 0
        if !isMade { remark = "branch '\(branch)' is checked out in another worktree, so HEAD is detached" }
      } else {
        remark = "branch '\(branch)' is not at \(revision.id.prefix(12)) any more, so HEAD is detached"
      }
    }
    if !isMade { try git.run(add + ["--detach", draft, revision.id], settings: settings) }

    let prefix = "gitdir: \(commonDirectory)/worktrees/"
    guard let line = line(draft + "/.git"), line.hasPrefix(prefix) else {
      throw .refused("the new worktree is not where it was expected")
    }
    let made = WorktreeRegistration(
      commonDirectory: commonDirectory, name: String(line.dropFirst(prefix.count)), mountpoint: mountpoint)
    try made.mend(owner: owner)
    try made.forgetSparseness(git)
    if let owner { try made.give(to: owner) }
    return (made, remark)
  }

  private static let add = ["worktree", "add", "--quiet", "--no-checkout", "--no-guess-remote", "--lock"]
  private static let settings = ["worktree.useRelativePaths=false", "checkout.defaultRemote="]

  /// A commit that would be lost with the worktree: HEAD is detached, and no ref has it.
  package func unreachableCommit() throws(GitWorktreeError) -> String? {
    let git = GitProgram(commonDirectory: commonDirectory)
    let head = try git.attempt(["rev-parse", "--verify", "--quiet", "HEAD"], on: directory)
    guard head.exitCode == 0, let commit = head.output.split(separator: "\n").first.map(String.init),
      try git.attempt(["symbolic-ref", "--quiet", "HEAD"], on: directory).exitCode != 0
    else { return nil }
    // Asked in the common directory, whose HEAD and refs are not this worktree's.
    let found = try git.run(["rev-list", "--max-count=1", commit, "--not", "--single-worktree", "--all"])
    return found.isEmpty ? nil : commit
  }

  /// The git directories of submodules that were checked out in the view, which go with the worktree.
  package func submodules() -> [String] {
    ((try? FileCalls.names(directory + "/modules")) ?? []).sorted()
  }

  /// Removes the worktree: HEAD, index, logs, and the git directories of submodules. Not an error where it is gone.
  package func remove() throws(GitWorktreeError) {
    guard case .lost = condition(), access(directory, F_OK) == 0, Self.line(directory + "/gitdir") != nil,
      Self.line(directory + "/gitdir") != mountpoint + "/.git"
    else {
      do throws(Errno) {
        try WholeDirectory.remove(directory)
      } catch {
        throw .system(error, path: directory)
      }
      // As git does it, whose tests of a repository without worktrees are quicker for it.
      try? FileCalls.removeDirectory(commonDirectory + "/worktrees")
      return
    }
    // Somebody else's by now.
  }

  /// git copies the settings of the main worktree, by which it shows a part of the tree only. A view shows all of it.
  private func forgetSparseness(_ git: GitProgram) throws(GitWorktreeError) {
    let file = directory + "/config.worktree"
    guard access(file, F_OK) == 0 else { return }
    for key in ["core.sparseCheckout", "core.sparseCheckoutCone", "index.sparse"] {
      _ = try git.attempt(["config", "--file", file, "--unset-all", key])
    }
    try? FileCalls.remove(directory + "/info/sparse-checkout")
  }

  private func give(to owner: FileOwner) throws(GitWorktreeError) {
    do throws(Errno) {
      let worktrees = try FileCalls.open(commonDirectory + "/worktrees", O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      try FileCalls.changeOwner(worktrees.rawValue, user: owner.user, group: owner.group)
      try WholeDirectory.give(directory, to: owner)
    } catch {
      throw .system(error, path: directory)
    }
  }

  /// Removes what a mount left that was killed while it made a worktree, and drafts.
  private static func removeDrafts(in commonDirectory: String, _ registered: String?, _ directory: String? = nil) {
    if let registered {
      for name in (try? FileCalls.names(commonDirectory + "/worktrees")) ?? [] {
        let path = "\(commonDirectory)/worktrees/\(name)"
        if line(path + "/gitdir")?.hasPrefix(registered + "/") == true { try? WholeDirectory.remove(path) }
      }
    }
    if let draft = directory ?? registered { try? WholeDirectory.remove(draft) }
  }
}

extension GitRevision {
  /// The name of the branch that the revision was named by.
  fileprivate var branch: String? {
    guard let reference, reference.hasPrefix("refs/heads/") else { return nil }
    return String(reference.dropFirst("refs/heads/".count))
  }
}
