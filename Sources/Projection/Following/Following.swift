internal import Glibc
internal import Logging
internal import Posix
package import Provider
internal import Synchronization
internal import SystemPackage

/// Showing what has changed in the source, below what users have changed.
extension ProjectionCore {
  /// Follows a provider that says what changes, from now on and until `stopFollowing`.
  ///
  /// `saving` gets, before anything new is seen, the history of paths and the root from then on, and makes them last; what
  /// it throws keeps everything as it is, and is tried again.
  package func startFollowing(saving: @escaping @Sendable (PathHistory, DirectoryID) throws -> Void = { _, _ in }) {
    followingSaver.withLock { $0 = FollowingSaver(save: saving) }
    guard let provider = provider as? any ChangingProvider else { return }
    follower.start(provider, of: self)
    // What has changed since the root was asked for, and the first directories were listed, nobody has said.
    follower.add(of: self) { changes in
      changes.root = .unknown
      changes.everything = true
    }
  }

  /// Ends following. What waits for a change to be shown fails.
  package func stopFollowing() { follower.stop() }

  /// Shows a change of the source, below what users have changed; returns when it is seen.
  ///
  /// Throws what the provider failed with; then it is tried again by itself. Any provider's projection can be moved so.
  package func show(_ change: ProviderChange) async throws(ProjectionError) {
    try await follow { $0.add(change) }
  }

  /// Asks the provider for its root, and shows it.
  package func showRoot() async throws(ProjectionError) {
    try await follow { $0.root = .unknown }
  }

  /// Lists a known directory anew, and shows what is different.
  func renew(_ directory: DirectoryNode) async throws(ProjectionError) {
    let node = directory.node
    try await follow { $0.nodes.insert(node) }
  }

  private func follow(_ change: @Sendable (inout PendingChanges) -> Void) async throws(ProjectionError) {
    do {
      try await follower.show(of: self, change)
    } catch {
      throw ProjectionError(error)
    }
  }

  // MARK: - One set of changes

  /// Shows changes. Returns what could not be shown for now.
  func show(_ changes: PendingChanges) async -> UnshownChanges? {
    var unshown: UnshownChanges?
    func fail(_ error: any Error, _ part: (inout PendingChanges) -> Void) {
      if unshown == nil {
        unshown = UnshownChanges(error: error)
        if !(error is CancellationError) { logger.warning("the source has changed and cannot be read: \(error)") }
      }
      if var changed = unshown {
        part(&changed.changes)
        unshown = changed
      }
    }
    if changes.root != .same {
      do {
        try await showRoot(changes.root)
      } catch {
        fail(error) { unshown in
          unshown.root = changes.root
          // In the middle of it: what is shown by now is anybody's guess.
          if case ProjectionError.local = error { unshown.everything = true }
        }
      }
    }
    let known = inodes.knownDirectories().filter { $0.withState { $0.origin != nil && !$0.isRemoved } }
    let wanted = wanted(by: changes, among: known)
    doubtUnlisted(wanted)
    do {
      for (node, error) in try await renew(wanted) { fail(error) { $0.nodes.insert(node) } }
    } catch {
      fail(error) { $0.nodes.formUnion(wanted.map(\.node)) }
    }
    return unshown
  }

  /// What is being listed may be from before the change.
  private func doubtUnlisted(_ directories: [DirectoryNode]) {
    for directory in directories {
      directory.withState { state in
        if state.listing?.isWhole != true { state.doubts &+= 1 }
      }
    }
  }

  private func wanted(by changes: PendingChanges, among known: [DirectoryNode]) -> [DirectoryNode] {
    if changes.everything { return known }
    let byID = Dictionary(grouping: known) { $0.withState { $0.origin } ?? DirectoryID([]) }
    var ids = changes.directories
    for path in changes.paths {
      if let id = directory(at: path, byID) { ids.insert(id) }
    }
    return known.filter { directory in
      changes.nodes.contains(directory.node) || directory.withState { $0.origin.map(ids.contains) } == true
    }
  }

  /// What the provider had at a path, as far as it was listed: users may have renamed or removed it since.
  private func directory(at path: [UInt8], _ byID: [DirectoryID: [DirectoryNode]]) -> DirectoryID? {
    var id = root
    for name in path.split(separator: UInt8(ascii: "/")) {
      let listings = byID[id]?.lazy.compactMap { $0.withState { $0.listing } }
      guard let listing = listings?.first, let index = listing.place(of: Array(name)),
        listing.kind(at: index) == .directory
      else { return nil }
      id = listing.directory(at: index)
    }
    return id
  }

  /// Lists directories anew, upper ones first, and shows what is different. Returns those that could not be listed.
  ///
  /// One that its source does not have any more is above all a change of the directory that it is in.
  private func renew(_ directories: [DirectoryNode]) async throws -> [(NodeID, any Error)] {
    var failed: [(NodeID, any Error)] = []
    var wanted = directories
    var tried: Set<NodeID> = []
    while !wanted.isEmpty {
      var gone: [DirectoryNode] = []
      let levels = Dictionary(grouping: wanted) { depth(of: $0) }
      for depth in levels.keys.sorted() {
        let level = (levels[depth] ?? []).filter { tried.insert($0.node).inserted }
        let results = try await concurrently(level) { [self] in await compare($0) }
        var found: [KnownDifference] = []
        for (directory, result) in zip(level, results) {
          switch result {
          case .success(let compared):
            guard let compared else { continue }
            found.append(compared.difference)
            // What is below and has another ID was listed with it.
            tried.formUnion(compared.seen)
          case .failure(ProviderError.outdated), .failure(ProviderError.missing): gone.append(directory)
          case .failure(let error): failed.append((directory.node, error))
          }
        }
        try apply(found)
      }
      wanted = try await above(gone)
    }
    return failed
  }

  private func compare(
    _ directory: DirectoryNode
  ) async -> Result<(difference: KnownDifference, seen: [NodeID])?, any Error> {
    guard let origin = directory.withState({ $0.isRemoved ? nil : $0.origin }) else { return .success(nil) }
    do {
      guard let (found, seen) = try await knownDifference(of: directory, to: origin) else { return .success(nil) }
      return .success(
        (KnownDifference(directory: directory, old: origin, new: origin, difference: found), seen))
    } catch {
      return .failure(error)
    }
  }

  /// The directories that those are in which the source does not have any more.
  private func above(_ gone: [DirectoryNode]) async throws -> [DirectoryNode] {
    var parents: [DirectoryNode] = []
    for directory in gone {
      if directory === inodes.rootDirectory {
        try await showRoot(.unknown)
      } else if !directory.withState({ $0.isMoved }), let (parent, _) = try? inodes.location(of: directory.node).parent
      {
        parents.append(parent)
      }
    }
    return parents
  }

  private func depth(of directory: DirectoryNode) -> Int {
    var (depth, current) = (0, directory)
    while let (parent, _) = try? inodes.location(of: current.node).parent {
      depth += 1
      current = parent
    }
    return depth
  }

  /// Moves the projection to another root.
  private func showRoot(_ wanted: PendingChanges.Root) async throws {
    let new: DirectoryID
    switch wanted {
    case .same: return
    case .unknown: new = try await timed.root()
    case .id(let id): new = id
    }
    let old = root
    guard new != old else { return }
    let top = inodes.rootDirectory
    var difference: DirectoryDifference?
    do {
      // Everything that is different gets its time, looked at or not.
      difference = try await TreeDifference(from: old, to: new, of: timed).top
    } catch ProviderError.outdated, ProviderError.missing {
      // The old tree is no more; what was listed of it is known.
      difference = try await knownDifference(of: top, to: new)?.difference
    }
    // Nobody has listed it yet.
    if difference == nil { difference = DirectoryDifference(listing: try await provided(new), changes: []) }
    guard let difference else { return }
    try apply([KnownDifference(directory: top, old: old, new: new, difference: difference)])
  }

  /// Shows what is different, at once: no operation runs meanwhile. What is not as it was compared stays.
  private func apply(_ found: [KnownDifference]) throws {
    guard !found.isEmpty else { return }
    var outdated = Outdated()
    var changed: [(path: [UInt8], scope: ChangeJournal.Scope)] = []
    // Also where a disk fails in the middle: what was shown by then is shown.
    defer {
      tell(outdated)
      journal?.record(changed)
    }
    try namespace.exclusive {
      let valid = found.filter { isCurrent($0) }
      guard valid.contains(where: { !$0.difference.changes.isEmpty || $0.old != $0.new }) else { return }
      let top = valid.first { $0.directory === inodes.rootDirectory }?.new ?? root
      let saver = followingSaver.withLock { $0 }
      let time = shownTimes.withLock { $0.next() }
      try changeHistory(saving: { try saver.save($0, top) }) { history in
        let renewal = history.beginRenewal()
        for one in valid {
          one.difference.note(
            time, renewal, in: &history, inode: one.directory.inode, numbers: numbers,
            over: try existingHandle(of: one.directory))
        }
      }
      forgetCatalog()
      for one in valid {
        if let path = path(of: one.directory) {
          one.difference.forEachPath(below: path) { changed.append(($0, $1 ? .subtree : .entry)) }
        }
        try relist(one.directory, as: one.new, one.difference.listing, below: one.difference, &outdated)
        if let handle = try existingHandle(of: one.directory) {
          try touchLocalDirectories(one.difference, in: handle, time)
        }
      }
    }
  }

  /// Whether a directory is what it was when it was compared. With the namespace alone.
  private func isCurrent(_ found: KnownDifference) -> Bool {
    guard (try? inodes.location(of: found.directory.node))?.directory === found.directory else { return false }
    return found.directory.withState { !$0.isRemoved && $0.origin == found.old }
  }
}

/// What makes it last that the source has changed.
///
/// A closure that stands in a generic type as it is would be wrapped once more each time it is read.
struct FollowingSaver: Sendable {
  var save: @Sendable (PathHistory, DirectoryID) throws -> Void = { _, _ in }
}

/// When changes were shown: never twice at the same time, since the kernel tells listings of a directory by its time.
struct ShownTimes: Sendable {
  private var last = TimeStamp(seconds: 0)

  /// The present, and later than any before.
  mutating func next() -> TimeStamp {
    let following =
      last.nanoseconds < 999_999_999
      ? TimeStamp(seconds: last.seconds, nanoseconds: last.nanoseconds + 1) : TimeStamp(seconds: last.seconds + 1)
    last = max(.now, following)
    return last
  }
}
