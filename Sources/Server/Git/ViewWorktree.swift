internal import Control
internal import GitProvider
internal import GitWorktree
internal import Glibc
internal import Logging
internal import Posix
internal import Projection
internal import Synchronization
internal import SystemPackage

/// Makes a view a worktree of its git repository, so that git works in it.
///
/// Before the view serves it is registered, and has its gitfile; the index is made while it serves, and whoever opens the
/// gitfile waits for it.
final class ViewWorktree: Sendable {
  /// The worktree; nil where the view is none, for a reason that is one of the remarks.
  let registration: WorktreeRegistration?
  /// What is unusual.
  let remarks: [String]

  private let tree: String
  private let owner: FileOwner?
  private let mask: UInt16
  private let gate = Gate()
  private let isSeeded = Atomic<Bool>(false)
  // Leaf locks.
  private let problem = Mutex<String?>(nil)
  private let prefetching = Mutex<Task<Void, Never>?>(nil)

  /// Where a worktree is made ready, in the state directory.
  static let draftName = "worktree.new"
  private static let hookProgram = "projfs-fsmonitor"
  private static let gitfileName = ".git"

  /// Registers the view, or finds it registered, and notes that in the plan's record.
  ///
  /// A view never fails for want of a worktree. `earlier` is what an earlier mount noted.
  init(_ source: GitSource, _ plan: inout MountPlan, earlier: ViewRecord?, state: borrowing StateDirectory) {
    tree = source.revision.treeID
    owner = plan.owner
    mask = plan.umask
    var remarks: [String] = []
    do throws(GitWorktreeError) {
      if source.revision.commitTime == nil {
        throw .refused("a worktree needs a commit, and '\(plan.record.requestedRevision)' is a tree")
      }
      if access(source.repository.commonDirectory, W_OK) != 0 { throw .refused("the repository cannot be written to") }
      let found = try Self.register(source, plan, earlier, in: state.path)
      remarks += found.remark.map { [$0] } ?? []
      let hook = Self.linkHook(in: state, owner: plan.owner)
      if hook == nil {
        remarks.append("git is slow here: the program \(Self.hookProgram) is not beside projfs; install it as well")
      }
      try WorktreeSettings(found.registration).apply(hook: hook, owner: plan.owner)
      try Self.writeGitfile(of: found.registration, in: state.path, owner: plan.owner)
      registration = found.registration
    } catch {
      registration = nil
      let reason = if case .refused(let reason) = error { reason } else { "\(error)" }
      remarks.append("git does not work in the view: \(reason)")
    }
    self.remarks = remarks
    plan.record.worktree = registration?.name
  }

  // MARK: - Registration

  private static func register(
    _ source: GitSource, _ plan: MountPlan, _ earlier: ViewRecord?, in state: String
  ) throws(GitWorktreeError) -> (registration: WorktreeRegistration, remark: String?) {
    let common = source.repository.commonDirectory
    if let earlier, let known = WorktreeRegistration(of: earlier, in: common) {
      if earlier.epochs.last?.revision == source.revision.id {
        switch known.condition() {
        case .intact: return (known, nil)
        case .damaged:
          try known.mend(owner: plan.owner)
          return (known, nil)
        case .lost: break
        }
      } else {
        // Another revision: the view has no changes, or it would not have come to this, and begins anew.
        try known.remove()
      }
    } else if let unnoted = WorktreeRegistration.unnoted(in: common, mountpoint: plan.record.mountpoint),
      try unnoted.unreachableCommit() == nil
    {
      // Of a mount that was killed before it noted it, or of a view whose state is gone.
      try unnoted.remove()
    }
    return try WorktreeRegistration.make(
      of: common, revision: source.revision, mountpoint: plan.record.mountpoint,
      draftDirectory: "\(state)/\(draftName)", owner: plan.owner)
  }

  /// Takes the view out of the repository again: one that never served.
  func discard() {
    guard let registration else { return }
    try? WorktreeSettings(registration).remove()
    try? registration.remove()
  }

  /// The link by which git finds its hook, and the hook finds the view. Made anew, because projfs may have moved.
  private static func linkHook(in state: borrowing StateDirectory, owner: FileOwner?) -> String? {
    guard let program = try? FileCalls.linkTarget("/proc/self/exe"), let slash = program.lastIndex(of: "/") else {
      return nil
    }
    let hook = "\(program[..<slash])/\(hookProgram)"
    guard access(hook, X_OK) == 0 else { return nil }
    let name = StateDirectory.hookName
    if (try? FileCalls.linkTarget(at: state.descriptor.rawValue, name)) != hook {
      let draft = Array("\(name).new".utf8)
      do throws(Errno) {
        try? EntryCalls.remove(at: state.descriptor.rawValue, draft)
        try EntryCalls.makeSymbolicLink(at: state.descriptor.rawValue, draft, target: Array(hook.utf8))
        if let owner {
          try EntryCalls.changeOwner(
            at: state.descriptor.rawValue, draft, user: owner.user, group: owner.group)
        }
        try FileCalls.rename(at: state.descriptor.rawValue, "\(name).new", to: name)
      } catch {
        return nil
      }
    }
    return "\(state.path)/\(name)"
  }

  /// Writes the gitfile into the local tree, before that is opened. The times of the root stay.
  private static func writeGitfile(
    of registration: WorktreeRegistration, in state: String, owner: FileOwner?
  ) throws(GitWorktreeError) {
    let path = "\(state)/\(LocalTree.name)"
    do throws(Errno) {
      let local = try Directories.make(path, owner: owner)
      if (try? FileCalls.contents(at: local.rawValue, gitfileName)) == registration.gitfile { return }
      let before = try FileCalls.status(local.rawValue)
      try FileCalls.replace(
        at: local.rawValue, gitfileName, with: registration.gitfile, owner: owner, isLasting: false)
      try EntryCalls.setTimes(at: local.rawValue, [], accessed: before.st_atim, modified: before.st_mtim)
    } catch {
      throw .system(error, path: "\(path)/\(gitfileName)")
    }
  }

  // MARK: - Serving

  /// What is wrong, as far as it is known by now.
  var problems: [String] { problem.withLock { $0.map { [$0] } ?? [] } }

  /// Makes the index, if there is none, while the view serves. Whoever opens the gitfile waits.
  func start(_ fileSystem: ProjectionCore, _ content: GitContent, logger: Logger) {
    guard let registration else { return }
    let seed = IndexSeed(registration, tree: tree, time: fileSystem.options.time.seconds, owner: owner, mask: mask)
    if seed.isThere { return isSeeded.store(true, ordering: .releasing) }
    fileSystem.hold(Array(Self.gitfileName.utf8), until: gate)
    // Before the view serves: what is changed from then on has another time.
    let isDistinct = Self.isDistinct(fileSystem)
    Threads.start("git index") { [self] in
      let made = prepare(seed, isDistinct ? content : nil, logger)
      isSeeded.store(true, ordering: .releasing)
      gate.open()
      guard let made else { return }
      // The first status reads all of them; here they come several at a time.
      let task = Task { await fileSystem.prefetch(made.ignoreFiles) }
      prefetching.withLock { $0 = task }
      keep(made, of: seed, logger)
    }
  }

  private func keep(_ made: IndexSeed.Result, of seed: IndexSeed, _ logger: Logger) {
    do throws(GitWorktreeError) {
      try seed.store(made)
    } catch {
      logger.warning("the git index of the tree is not kept for other views: \(error)")
    }
  }

  // MARK: - Moving

  /// HEAD of the worktree, if there is one.
  var head: WorktreeHead? { registration.map { WorktreeHead($0, owner: owner, mask: mask) } }

  /// Whether the index is there and may be moved.
  var isReady: Bool { registration != nil && isSeeded.load(ordering: .acquiring) }

  /// Waits until the index is there, if it is being made. Returns whether it may be moved.
  func waitUntilReady() -> Bool {
    guard registration != nil else { return false }
    if !isReady { try? blocking { [gate] in try await gate.pass() } }
    return isReady
  }

  /// Lets whoever opens the gitfile wait until what is returned is called.
  func hold(_ fileSystem: ProjectionCore) -> @Sendable () -> Void {
    let gate = Gate()
    fileSystem.hold(Array(Self.gitfileName.utf8), until: gate)
    return { gate.open() }
  }

  /// The gitfile, if the kernel knows it.
  func gitfile(_ fileSystem: ProjectionCore) -> NodeID? { fileSystem.knownNode(Array(Self.gitfileName.utf8)) }

  /// Moves the index, which has nothing staged, from one tree to another, whose files got the time `time` where they
  /// differ.
  func rewriteIndex(
    from old: GitRevision, to new: GitRevision, time: Int64, _ content: GitContent
  ) throws(GitWorktreeError) {
    guard let registration else { return }
    let seed = IndexSeed(registration, tree: new.treeID, time: time, owner: owner, mask: mask)
    try seed.rewrite(from: old.treeID) { hasAttributesFiles in
      try blocking {
        let before = try await content.convertedFiles(
          below: content.root(of: old), hasAttributesFiles: hasAttributesFiles)
        let now = try await content.convertedFiles(
          below: content.root(of: new), hasAttributesFiles: hasAttributesFiles)
        // What was converted and is not any more has a size that git has noted otherwise.
        return before.mapValues { _ in nil }.merging(now) { $1 }
      }
    }
  }

  /// Notes what is wrong, for people to see.
  func report(_ text: String) {
    problem.withLock { $0 = text }
  }

  /// Writes the index, or one that does without what failed; nil then.
  ///
  /// Without `content` git has to compare the contents of what it looks at.
  private func prepare(_ seed: IndexSeed, _ content: GitContent?, _ logger: Logger) -> IndexSeed.Result? {
    do throws(GitWorktreeError) {
      return try seed.write { hasAttributesFiles in
        guard let content else { return nil }
        return try blocking {
          try await content.convertedFiles(
            below: content.root(), hasAttributesFiles: hasAttributesFiles)
        }
      }
    } catch {
      logger.error("the git index cannot be prepared: \(error)")
      problem.withLock { $0 = "the git index is not prepared, so the first 'git status' reads every file: \(error)" }
    }
    do throws(GitWorktreeError) {
      try seed.writePlain()
    } catch {
      logger.error("the git index cannot be written: \(error)")
      problem.withLock { $0 = "git has no index; 'git reset' in the view makes one: \(error)" }
    }
    return nil
  }

  /// Whether no change has the time that the view shows of what nobody changed, to the second: git would not see it.
  private static func isDistinct(_ fileSystem: ProjectionCore) -> Bool {
    fileSystem.options.time.seconds < ViewServer.now / 1_000_000_000 - 1
      && (try? fileSystem.localDifferences())?.isEmpty == true
  }

  /// Stops what goes on in the background, as far as it can be stopped.
  func stop() {
    gate.open()
    prefetching.withLock { $0 }?.cancel()
  }
}

extension WorktreeRegistration {
  /// The worktree that a view's record names.
  init?(of record: ViewRecord, in commonDirectory: String) {
    guard let name = record.worktree else { return nil }
    self.init(commonDirectory: commonDirectory, name: name, mountpoint: record.mountpoint)
  }
}
