package import GitProvider
internal import Glibc
package import Posix
internal import Provider
internal import SystemPackage

/// HEAD of a view's worktree: what it is, and moving it as `git switch` does. git is asked on the worktree's directory and
/// never in the view, which may be waiting for the answer.
package struct WorktreeHead: Sendable {
  private let git: GitProgram
  private let registration: WorktreeRegistration
  private let owner: FileOwner?

  /// HEAD of a worktree; what is written belongs to `owner`, or to the process where that is nil.
  package init(_ registration: WorktreeRegistration, owner: FileOwner?, mask: UInt16) {
    git = GitProgram(commonDirectory: registration.commonDirectory, mask: mask)
    self.registration = registration
    self.owner = owner
  }

  private var directory: String { registration.directory }

  // MARK: - What is

  /// The commit that is checked out; nil where there is none, as on a branch without commits.
  package func current() throws(GitWorktreeError) -> GitRevision? {
    let outcome = try git.asking.attempt(
      ["log", "--no-walk", "--no-show-signature", "--no-decorate", "--format=%H %T %ct", "HEAD", "--"], on: directory)
    let fields = outcome.output.split(whereSeparator: \.isWhitespace).map(String.init)
    guard outcome.exitCode == 0, fields.count == 3, let time = Int64(fields[2]) else { return nil }
    return GitRevision(
      commit: fields[0], reference: branch.map { "refs/heads/\($0)" }, commitTime: time, treeID: fields[1])
  }

  /// The branch that is checked out; nil where HEAD is detached.
  package var branch: String? {
    guard let line = WorktreeRegistration.line(directory + "/HEAD"), line.hasPrefix(Self.branchPrefix) else {
      return nil
    }
    return String(line.dropFirst(Self.branchPrefix.count))
  }

  private static let branchPrefix = "ref: refs/heads/"

  /// Whether git is writing the index at this moment, or was killed while it did.
  package var isLocked: Bool { access(lockPath, F_OK) == 0 }

  private var lockPath: String { directory + "/index.lock" }

  /// Whether a merge, rebase or the like waits to be ended, or git shows a part of the tree only: `git switch` has more to
  /// look at then.
  package var isSpecial: Bool {
    let signs = [
      "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply", "sequencer",
      "info/sparse-checkout", "config.worktree",
    ]
    return signs.contains { access("\(directory)/\($0)", F_OK) == 0 }
  }

  /// What a switch would go to.
  package struct Target: Sendable {
    /// Where HEAD is.
    package let old: GitRevision
    /// The commit; its reference is the branch to be checked out, or nil for a detached HEAD.
    package let new: GitRevision
    /// The commit's subject.
    package let subject: String
    /// Whether the repository has a hook that runs after a checkout.
    package let hasHook: Bool
  }

  /// Looks a revision up, as `git switch` does with `-` for what was checked out before; nil where it names no commit.
  /// The commits are read from `content`, of the same repository.
  package func find(_ name: String, in content: GitContent) throws(GitWorktreeError) -> Target? {
    let wanted = name == "-" ? "@{-1}" : name
    guard !wanted.hasPrefix("-") else { return nil }
    let outcome = try git.asking.attempt(
      [
        "rev-parse", "--git-path", "hooks/post-checkout", "HEAD", wanted + "^{commit}", "--symbolic-full-name",
        wanted,
      ], on: directory, knowingHooks: true)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // What names several commits, or leaves some out, is more lines or others.
    guard outcome.exitCode == 0, lines.count >= 3, let old = content.commit(lines[1]),
      let new = content.commit(lines[2])
    else { return nil }
    let reference = lines[3...].first.flatMap { $0.hasPrefix("refs/heads/") ? $0 : nil }
    let hook = lines[0]
    let hookPath = hook.hasPrefix("/") ? hook : "\(registration.commonDirectory)/\(hook)"
    return Target(
      old: old.revision.with(reference: branch.map { "refs/heads/\($0)" }),
      new: new.revision.with(reference: reference),
      subject: new.subject, hasHook: access(hookPath, X_OK) == 0)
  }

  /// Whether another worktree has a branch checked out.
  package func isCheckedOutElsewhere(_ branch: String) throws(GitWorktreeError) -> Bool {
    let list = try git.asking.run(["worktree", "list", "--porcelain"])
    let ours = "worktree \(registration.mountpoint)"
    return list.split(separator: "\n\n").contains { block in
      let lines = block.split(separator: "\n")
      return lines.contains("branch refs/heads/\(branch)") && lines.first.map(String.init) != ours
    }
  }

  /// What tree the index was at some moment, as git has noted it.
  package struct IndexTree: Sendable {
    fileprivate let file: FileIdentity
    fileprivate let tree: [UInt8]
  }

  /// What tells whether a file is as it was.
  fileprivate struct FileIdentity: Sendable, Equatable {
    private let numbers: [Int]

    init(_ status: stat) {
      numbers = [
        Int(bitPattern: UInt(status.st_dev)), Int(bitPattern: UInt(status.st_ino)), Int(status.st_size),
        status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
      ]
    }
  }

  /// Reads what tree the index is; nil where git has not noted that. Reads as much as there are files.
  package func indexTree() -> IndexTree? {
    let path = directory + "/index"
    guard let before = try? FileCalls.status(path), let bytes = try? IndexSeed.read(path),
      let tree = try? IndexReader.read(bytes, { reader throws(GitWorktreeError) in try reader.wholeTree() }),
      let after = try? FileCalls.status(path), FileIdentity(before) == FileIdentity(after)
    else { return nil }
    return IndexTree(file: FileIdentity(after), tree: tree)
  }

  /// Whether the index is that of `head`, with nothing staged. `known` is what it was a moment ago: good if it is still
  /// the same file.
  package func isIndexClean(at head: GitRevision, known: IndexTree? = nil) throws(GitWorktreeError) -> Bool {
    // git notes what tree an index is; where it has not, it has to compare.
    if let known, hexadecimal(known.tree) == head.treeID,
      let now = try? FileCalls.status(directory + "/index"), FileIdentity(now) == known.file
    {
      return true
    }
    if known == nil, let now = indexTree(), hexadecimal(now.tree) == head.treeID { return true }
    return try git.asking.attempt(["diff-index", "--cached", "--quiet", "HEAD", "--"], on: directory).exitCode == 0
  }

  // MARK: - Moving

  /// Takes git's lock on the index; false where somebody has it.
  package func lock() throws(GitWorktreeError) -> Bool {
    // With its mark from the first moment on: whoever finds it knows whose it is.
    let draft = "\(directory)/projfs-index.\(getpid()).lock"
    do throws(Errno) {
      defer { try? FileCalls.remove(draft) }
      let file = try FileCalls.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
      try FileCalls.writeAll(file.rawValue, Self.lockMark)
      try FileCalls.retrying { link(draft, lockPath) }
      return true
    } catch {
      if error == .fileExists { return false }
      throw .system(error, path: lockPath)
    }
  }

  /// Gives git's lock on the index back.
  package func unlock() {
    try? FileCalls.remove(lockPath)
  }

  /// Takes away the locks that an earlier server has left, and no lock of git's.
  package func removeLeftLocks() {
    HeadFile(directory: directory).removeLeftLock()
    if (try? FileCalls.contents(lockPath)) == Self.lockMark { unlock() }
  }

  private static let lockMark = Array("projfs switches\n".utf8)

  /// Makes a branch at a commit.
  package func create(_ branch: String, at name: String) throws(GitWorktreeError) {
    try git.run(["branch", branch, name], on: directory)
    try give()
  }

  /// Removes a branch that was made in vain.
  package func delete(_ branch: String) {
    _ = try? git.attempt(["branch", "--quiet", "-D", branch], on: directory)
  }

  /// Points HEAD to a branch, or to a commit, with the note that `git switch` leaves, where a commit is `named` as it was
  /// asked for.
  ///
  /// `identity` is what `identity()` gave, where that is known already.
  package func move(
    to new: GitRevision, from old: GitRevision, named name: String? = nil, identity: String? = nil
  ) throws(GitWorktreeError) {
    var target = Self.name(new)
    if new.reference == nil, let name, name != "-" { target = name }
    let note = "checkout: moving from \(Self.name(old)) to \(target)"
    let file = HeadFile(directory: directory)
    if let identity, file.move(to: new, from: old, note: note, identity: identity) { return try give() }
    if let reference = new.reference {
      try git.run(["symbolic-ref", "-m", note, "HEAD", reference], on: directory)
    } else {
      try git.run(["update-ref", "-m", note, "--no-deref", "HEAD", new.id], on: directory)
    }
    try give()
  }

  /// Has on the disk what `move` wrote.
  package func sync() throws(GitWorktreeError) {
    do throws(Errno) {
      try HeadFile(directory: directory).sync()
    } catch {
      throw .system(error, path: directory + "/HEAD")
    }
  }

  /// Who moves HEAD, and when, as its log has it; nil where git does not know who.
  package func identity() throws(GitWorktreeError) -> String? {
    let outcome = try git.asking.attempt(["var", "GIT_COMMITTER_IDENT"], on: directory)
    guard outcome.exitCode == 0, outcome.output.hasSuffix("\n") else { return nil }
    return String(outcome.output.dropLast())
  }

  /// Whether HEAD is where `move` would put it.
  package func isAt(_ revision: GitRevision) throws(GitWorktreeError) -> Bool {
    guard let now = try current() else { return false }
    return now.id == revision.id && now.reference == revision.reference
  }

  private static func name(_ revision: GitRevision) -> String {
    revision.reference.map { String($0.dropFirst("refs/heads/".count)) } ?? revision.id
  }

  private func give() throws(GitWorktreeError) {
    guard let owner else { return }
    do throws(Errno) {
      try WholeDirectory.give(directory, to: owner)
    } catch {
      throw .system(error, path: directory)
    }
  }
}

extension GitRevision {
  /// The same commit under another name.
  fileprivate func with(reference: String?) -> GitRevision {
    var result = self
    result.reference = reference
    return result
  }
}
