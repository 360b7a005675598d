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
  private let time: Int64

  /// What a seed has found out.
  package struct Result: Sendable {
    /// The paths of the tree's `.gitignore` files, which git reads at its first status.
    package let ignoreFiles: [[UInt8]]
    /// The index, as it can be kept for other views; nil where it is kept already.
    let plain: [UInt8]?
  }

  /// The index of `registration` for the tree with this id.
  ///
  /// - Parameters:
  ///   - registration: The worktree, which exists.
  ///   - tree: The id of the tree that its view shows.
  ///   - time: The modification time of the tree's files there, in seconds since 1970; earlier than any change.
  ///   - owner: Who gets what is made; this process's user where it is nil.
  ///   - mask: The permission bits that what is made lacks.
  package init(
    _ registration: WorktreeRegistration, tree: String, time: Int64, owner: FileOwner?, mask: UInt16 = 0o022
  ) {
    self.time = time
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

  /// Writes the index. Blocks: 0.3 seconds for 100,000 files.
  ///
  /// `converted` gives the paths of the files whose size in the view is not their blob's, told whether the tree has a
  /// `.gitattributes`. Where it throws, or gives nil, no file has stat data.
  package func write(converted: (Bool) throws -> [[UInt8]: Int64?]?) throws(GitWorktreeError) -> Result {
    removeDrafts()
    let (plain, directories, isNew) = try plainIndex()
    var bytes = plain
    try IndexStatus.set(time: time, except: (try? converted(directories.hasAttributesFiles)) ?? nil, in: &bytes)
    try finish(bytes, directories)
    return Result(ignoreFiles: directories.ignoreFiles, plain: isNew ? plain : nil)
  }

  /// Adds what says that nothing has changed, and puts the index into its place.
  private func finish(_ bytes: [UInt8], _ directories: DirectoryTree) throws(GitWorktreeError) {
    let excludes = try ExcludeFiles(git, worktree: registration.directory, home: HomeDirectory(of: owner))
    let untracked = UntrackedCacheWriter(
      worktree: registration.mountpoint, infoExclude: excludes.info, excludesFile: excludes.global,
      listsEveryFile: excludes.listsEveryFile)
    try finish(IndexSplice.adding(token: Self.token(tree: tree), untracked, of: directories, to: bytes))
  }

  /// Moves the index that is there, which has nothing of the user's but marks, from the tree `old` to this one. What both
  /// trees have keeps its marks and its stat data; what is new gets the seed's time. Blocks: a third of a second for
  /// 100,000 files. `converted` is what it is for `write`, of both trees.
  package func rewrite(
    from old: String, converted: (Bool) throws -> [[UInt8]: Int64?]?
  ) throws(GitWorktreeError) {
    let draft = draft("moved")
    do throws(Errno) {
      try? FileCalls.remove(draft)
      let copy = try FileCalls.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
      let source = try FileCalls.open(path, O_RDONLY)
      _ = try DataCalls.fill(
        copy.rawValue, from: source.rawValue, count: Int64(FileCalls.status(source.rawValue).st_size))
    } catch {
      throw .system(error, path: draft)
    }
    let hadAttributesFiles = (try? DirectoryTree(of: Self.read(draft)))?.hasAttributesFiles ?? true
    // Both extensions are left out by git, which is told that it has no use for them, and put in again.
    try git.run(
      ["read-tree", "-i", "-m", old, tree], on: registration.directory,
      settings: Self.settings + ["core.untrackedCache=false"], variables: ["GIT_INDEX_FILE": draft])
    var bytes: [UInt8]
    do {
      bytes = try Self.read(draft)
      try FileCalls.remove(draft)
    } catch {
      throw .system(error, path: draft)
    }
    let directories = try DirectoryTree(of: bytes)
    // Those that have none are new; where the user has marks of other files, git finds the sizes by itself.
    if let sizes = try sizes() { _ = try IndexStatus.set(sizes: sizes, in: &bytes, onlyMissing: true) }
    // In any case: git has noted the size of what was converted otherwise.
    let hasAttributesFiles = directories.hasAttributesFiles || hadAttributesFiles
    try IndexStatus.set(time: time, except: (try? converted(hasAttributesFiles)) ?? nil, in: &bytes)
    try finish(bytes, directories)
  }

  /// Writes an index in which git has to look at every file: where `write` failed.
  package func writePlain() throws(GitWorktreeError) {
    let draft = draft("slow")
    try git.run(["read-tree", tree], settings: Self.settings, variables: ["GIT_INDEX_FILE": draft])
    try publish(draft)
  }

  /// Keeps the tree's index for the next view. What it costs nobody waits for.
  package func store(_ result: Result) throws(GitWorktreeError) {
    do throws(Errno) {
      let directory = try Directories.make(git.commonDirectory + "/" + Self.storeName, owner: owner)
      if let plain = result.plain {
        // Lasting: after a power cut the next view must not find a name without a content.
        try FileCalls.replace(
          at: directory.rawValue, tree, with: plain, mode: 0o666 & ~mode_t(git.mask ?? 0o022), owner: owner)
      } else {
        // Used last: the time by which the oldest is found.
        let stored = try FileCalls.open(at: directory.rawValue, tree, O_RDONLY)
        try FileCalls.touch(stored.rawValue)
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

  /// The tree's index as git writes it, with sizes and without a time; from the store or new.
  private func plainIndex() throws(GitWorktreeError) -> ([UInt8], DirectoryTree, isNew: Bool) {
    if let bytes = try? Self.read(stored) {
      if let directories = try? DirectoryTree(of: bytes) { return (bytes, directories, false) }
      // Damaged: another one can be made.
      try? FileCalls.remove(stored)
    }
    let draft = draft("plain")
    try git.run(["read-tree", tree], settings: Self.settings, variables: ["GIT_INDEX_FILE": draft])
    var bytes: [UInt8]
    do {
      bytes = try Self.read(draft)
      try FileCalls.remove(draft)
    } catch {
      throw .system(error, path: draft)
    }
    if let sizes = try sizes() { _ = try IndexStatus.set(sizes: sizes, in: &bytes) }
    return (bytes, try DirectoryTree(of: bytes), true)
  }

  /// The sizes of all blobs, in the order of the index; nil where git cannot say (before version 2.36), or would have to
  /// fetch what it lacks.
  private func sizes() throws(GitWorktreeError) -> [Int64?]? {
    let promises = try git.attempt(["config", "--get-regexp", #"^(extensions\.partialclone|remote\..*\.promisor)$"#])
    guard promises.output.isEmpty else { return nil }
    let listed = try git.attempt(
      ["ls-tree", "-r", "-z", "--format=%(objectsize)", tree], variables: ["GIT_NO_LAZY_FETCH": "1"])
    guard listed.exitCode == 0 else { return nil }
    return listed.output.utf8.split(separator: 0).map { Int64(Substring($0)) }
  }

  /// A whole index file.
  static func read(_ path: String) throws(Errno) -> [UInt8] {
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
