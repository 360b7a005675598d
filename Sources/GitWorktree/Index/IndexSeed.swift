internal import Glibc
package import Posix
internal import SystemPackage

/// Makes the index of a view's worktree: that of a tree, with every file marked as unchanged and every directory as free
/// of untracked files. So the first `git status` looks at no file and into no directory.
///
/// git writes it. What git has no command for, the two extensions that say so, is added in between.
package struct IndexSeed: Sendable {
  /// The index of a tree as git reads it is kept here for further views: `TREE` in `projfs/index`.
  private static let storeName = "projfs/index"
  private static let mostStored = 8

  private let git: GitProgram
  private let registration: WorktreeRegistration
  private let tree: String
  private let owner: FileOwner?

  /// What a seed has found out.
  package struct Result: Sendable {
    /// The paths of the tree's `.gitignore` files, which git reads at its first status.
    package let ignoreFiles: [[UInt8]]
  }

  /// The index of `registration` for the tree with this id. What is made lacks the permission bits of `mask`.
  package init(_ registration: WorktreeRegistration, tree: String, owner: FileOwner?, mask: UInt16 = 0o022) {
    git = GitProgram(commonDirectory: registration.commonDirectory, mask: mask)
    self.registration = registration
    self.tree = tree
    self.owner = owner
  }

  /// Whether the worktree has an index.
  package var isThere: Bool { access(path, F_OK) == 0 }

  private var path: String { registration.directory + "/index" }

  private static let draftPrefix = "projfs-index."
  /// Nobody else's: a git that a killed server started may still be at work.
  private func draft(_ kind: String) -> String { "\(registration.directory)/\(Self.draftPrefix)\(getpid()).\(kind)" }

  /// Removes what earlier servers left half-made.
  private func removeDrafts() {
    for name in (try? FileCalls.names(registration.directory)) ?? [] where name.hasPrefix(Self.draftPrefix) {
      try? FileCalls.remove("\(registration.directory)/\(name)")
    }
  }

  /// What an fsmonitor hook answers from: everything is as in this tree.
  package static func token(tree: String) -> String { "projfs:tree:\(tree)" }

  /// Writes the index. Blocks: half a second for 100,000 files.
  package func write() throws(GitWorktreeError) -> Result {
    removeDrafts()
    let (bytes, directories) = try plainIndex()
    return try finish(bytes, directories)
  }

  private func finish(_ bytes: [UInt8], _ directories: DirectoryTree) throws(GitWorktreeError) -> Result {
    let excludes = try ExcludeFiles(git, worktree: registration.directory, home: HomeDirectory(of: owner))
    let untracked = UntrackedCacheWriter(
      worktree: registration.mountpoint, infoExclude: excludes.info, excludesFile: excludes.global,
      listsEveryFile: excludes.listsEveryFile)
    let token = Self.token(tree: tree)
    try finish(IndexSplice.adding(token: token, untracked, of: directories, to: bytes))
    return Result(ignoreFiles: directories.ignoreFiles)
  }

  /// Moves the index that is there, which has nothing of the user's but marks, from the tree `old` to this one. What both
  /// trees have keeps its marks. Blocks: a third of a second for 100,000 files.
  package func rewrite(from old: String) throws(GitWorktreeError) -> Result {
    let draft = path + ".new"
    do throws(Errno) {
      try? FileCalls.remove(draft)
      let copy = try FileCalls.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
      let source = try FileCalls.open(path, O_RDONLY)
      _ = try DataCalls.fill(
        copy.rawValue, from: source.rawValue, count: Int64(FileCalls.status(source.rawValue).st_size))
    } catch {
      throw .system(error, path: draft)
    }
    // Both extensions are left out by git, which is told that it has no use for them, and put in again.
    try git.run(
      ["read-tree", "-i", "-m", old, tree], on: registration.directory,
      settings: Self.settings + ["core.untrackedCache=false"], variables: ["GIT_INDEX_FILE": draft])
    let bytes: [UInt8]
    do {
      bytes = try Self.read(draft)
    } catch {
      throw .system(error, path: draft)
    }
    return try finish(bytes, DirectoryTree(of: bytes))
  }

  /// Writes an index in which git has to look at every file: where `write` failed.
  package func writePlain() throws(GitWorktreeError) {
    let draft = draft("slow")
    try git.run(["read-tree", tree], settings: Self.settings, variables: ["GIT_INDEX_FILE": draft])
    try publish(draft)
  }

  /// Keeps the tree's plain index for the next view. What it costs nobody waits for.
  package func store() throws(GitWorktreeError) {
    let draft = draft("plain")
    do throws(Errno) {
      let directory = try Directories.make(git.commonDirectory + "/" + Self.storeName, owner: owner)
      // Used last: the modification time.
      if let stored = try? FileCalls.open(at: directory.rawValue, tree, O_RDONLY) {
        try FileCalls.touch(stored.rawValue)
      }
      if let file = try? FileCalls.open(draft, O_RDONLY) {
        // After a power cut the next view must not find a name without a content.
        try FileCalls.sync(file.rawValue)
        if let owner { try FileCalls.changeOwner(file.rawValue, user: owner.user, group: owner.group) }
        try FileCalls.rename(draft, to: stored)
      }
      try dropOldest(directory.rawValue)
    } catch {
      throw .system(error, path: stored)
    }
  }

  // MARK: - Steps

  /// No command here is to be split, sparse or written with offsets for threads, which would be wrong after the splice.
  private static let settings = [
    "core.splitIndex=false", "core.sparseCheckout=false", "index.sparse=false", "index.threads=1",
  ]

  private var stored: String { "\(git.commonDirectory)/\(Self.storeName)/\(tree)" }

  /// The tree's index as git writes it, from the store or new.
  private func plainIndex() throws(GitWorktreeError) -> ([UInt8], DirectoryTree) {
    if let bytes = try? Self.read(stored) {
      if let directories = try? DirectoryTree(of: bytes) { return (bytes, directories) }
      // Damaged: another one can be made.
      try? FileCalls.remove(stored)
    }
    let draft = draft("plain")
    try git.run(["read-tree", tree], settings: Self.settings, variables: ["GIT_INDEX_FILE": draft])
    let bytes: [UInt8]
    do {
      bytes = try Self.read(draft)
    } catch {
      throw .system(error, path: draft)
    }
    return (bytes, try DirectoryTree(of: bytes))
  }

  private static func read(_ path: String) throws(Errno) -> [UInt8] {
    let file = try FileCalls.open(path, O_RDONLY)
    return try FileCalls.read(file.rawValue, at: 0, count: Int(FileCalls.status(file.rawValue).st_size))
  }

  /// Has git read what was put together, and write it as it writes every index: with a checksum, in the user's format.
  private func finish(_ bytes: [UInt8]) throws(GitWorktreeError) {
    let draft = draft("new")
    do throws(Errno) {
      let file = try FileCalls.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
      try FileCalls.writeAll(file.rawValue, bytes)
    } catch {
      throw .system(error, path: draft)
    }
    let hook = "printf '\(Self.token(tree: tree))\\0'; :"
    try git.run(
      ["update-index", "--force-write-index"], on: registration.directory,
      settings: [
        "core.fsmonitor=\(hook)", "core.fsmonitorHookVersion=2", "fsmonitor.allowRemote=true",
        // The cache is another worktree's as far as this command can see.
        "core.untrackedCache=keep", "core.splitIndex=false", "core.sparseCheckout=false", "index.sparse=false",
      ], variables: ["GIT_INDEX_FILE": draft])
    try publish(draft)
  }

  private func publish(_ draft: String) throws(GitWorktreeError) {
    do throws(Errno) {
      if let owner {
        let file = try FileCalls.open(draft, O_RDONLY)
        try FileCalls.changeOwner(file.rawValue, user: owner.user, group: owner.group)
      }
      try FileCalls.rename(draft, to: path)
    } catch {
      throw .system(error, path: draft)
    }
  }

  private func dropOldest(_ directory: CInt) throws(Errno) {
    var files: [(name: String, used: Int)] = []
    for name in try FileCalls.names(at: directory, ".") {
      guard let status = try? FileCalls.status(at: directory, name) else { continue }
      files.append((name, status.st_mtim.tv_sec))
    }
    for file in files.sorted(by: { $0.used > $1.used }).dropFirst(Self.mostStored) {
      try? FileCalls.remove(at: directory, file.name)
    }
  }
}

extension DirectoryTree {
  /// The directories of an index file.
  init(of bytes: [UInt8]) throws(GitWorktreeError) {
    let outcome: Result<DirectoryTree, GitWorktreeError> = bytes.withUnsafeBytes { buffer in
      Result { () throws(GitWorktreeError) in try DirectoryTree(of: IndexReader(buffer)) }
    }
    self = try outcome.get()
  }
}
