internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

extension ProjectionCore {
  /// What settling has done.
  package struct Settled: Sendable, Equatable {
    /// How many local entries have gone because the provider's are the same.
    package var count = 0
    /// Whether something stayed that may go later: somebody has it open.
    package var isBusy = false
  }

  /// Takes away what of the local tree equals the projection: nothing that users see changes but inode numbers of files
  /// that they made, and times of change.
  ///
  /// `saving` gets the history with it, and makes it last, before anything goes. Throws what it throws, and
  /// what the provider and the disk say; what was done until then stays.
  package func settle(
    with backing: BackingFiles?, saving: (PathHistory) throws -> Void
  ) async throws -> Settled {
    var settled = Settled()
    var survey = try await survey()
    // What was merged may be merged further down.
    while !survey.mergeable.isEmpty || !survey.pinned.isEmpty {
      var merged = 0
      for directory in survey.pinned where try await unpin(directory, saving: saving) { merged += 1 }
      for (path, handle) in survey.mergeable where try await merge(path, handle, saving: saving) { merged += 1 }
      guard merged > 0 else { break }
      survey = try await self.survey()
    }
    if survey.directories.contains(where: { !$0.entries.isEmpty || !$0.path.isEmpty }) {
      try changeHistory(saving: saving) { try note(survey.directories, in: &$0) }
    }
    for directory in survey.directories { try uncover(directory, with: backing, &settled) }
    return settled
  }

  private func survey() async throws -> SettlingSurvey {
    var survey = SettlingSurvey(self)
    try await survey.look(into: local.root, [], inode: inodes.rootInode, origin: root)
    return survey
  }

  /// Notes the times of what may go. What has another number than its path gets a new one when it goes: that of the path
  /// may belong to what was renamed away.
  private func note(_ directories: [SettlingDirectory], in history: inout PathHistory) throws(ProjectionError) {
    for directory in directories {
      if !directory.path.isEmpty, let status = try? FileCalls.status(directory.handle.rawValue) {
        history.set(TimeStamp(status.st_mtim), ofDirectory: directory.inode)
      }
      for entry in directory.entries {
        guard let content = entry.content else { continue }
        let first = entry.name.withUnsafeBytes { numbers.number(of: $0, in: directory.inode) }
        let marks = try? Marks(at: directory.handle.rawValue, entry.name)
        let keepsNumber = marks?.inode == history.number(first)
        let inode = keepsNumber ? history.number(first) : history.renew(first)
        history.set(entry.modified, of: inode, showing: content.bytes)
      }
    }
  }

  /// How many entries go while everything else waits.
  private static var entriesAtOnce: Int { 32 }

  private func uncover(
    _ directory: SettlingDirectory, with backing: BackingFiles?, _ settled: inout Settled
  ) throws(ProjectionError) {
    var rest = directory.entries[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.entriesAtOnce)
      rest = rest.dropFirst(part.count)
      var outdated = Outdated()
      try namespace.exclusive { () throws(ProjectionError) in
        guard try isStillThere(directory.path, directory.handle) else { return }
        let node = knownDirectory(directory.path)
        for entry in part {
          if try uncover(entry, in: directory.handle, node, backing, &outdated) {
            settled.count += 1
          } else {
            settled.isBusy = true
          }
        }
      }
      tell(outdated)
    }
    try uncoverItself(directory, &settled)
  }

  /// Removes one local entry. False where it has changed, or somebody uses it.
  private func uncover(
    _ entry: SettlingEntry, in handle: DirectoryHandle, _ directory: DirectoryNode?, _ backing: BackingFiles?,
    _ outdated: inout Outdated
  ) throws(ProjectionError) -> Bool {
    guard try isAsSurveyed(entry, in: handle) else { return false }
    var node: NodeID?
    if let directory,
      let key = directory.withState({ state -> NameKey? in
        guard case .local(let key, _) = state.find(entry.name) else { return nil }
        return key
      })
    {
      node = inodes.child(key, of: directory)
    }
    if let node {
      let details = try inodes.location(of: node).details
      guard details?.held == nil, details?.aliases.isEmpty ?? true, details?.frozen == nil,
        writers.withLock({ $0[node] == nil }), backing?.leaveBranch(node) ?? true
      else { return false }
    }
    guard let directory else {
      try ProjectionError.local { () throws(Errno) in
        try keepingTimes(of: handle) { () throws(Errno) in try EntryCalls.remove(at: handle.rawValue, entry.name) }
      }
      return true
    }
    let listed = try directory.withState { state throws(ProjectionError) -> UInt64? in
      try ProjectionError.local { () throws(Errno) in
        try withHiddenChange(of: handle, &state) { () throws(Errno) in
          try EntryCalls.remove(at: handle.rawValue, entry.name)
        }
      }
      guard case .local(let key, let local) = state.find(entry.name) else { return nil }
      state.names?.uncover(key)
      // Nobody looks up what is known.
      if let index = key.providedIndex { state.listing?.setSize(entry.size, at: index) }
      return local.inode
    }
    // The directory's time stays, by which the kernel would see that its listing is another.
    if let listed, listed != inode(of: entry.name, in: directory.inode), outdated.listings.last != directory.node {
      outdated.listings.append(directory.node)
    }
    if let node {
      inodes.changeDetails(of: node) { $0 = NodeDetails() }
      inodes.setBare(false, node)
      outdated.nodes.append(node)
    }
    return true
  }

  private func isAsSurveyed(
    _ entry: SettlingEntry, in handle: DirectoryHandle
  ) throws(ProjectionError) -> Bool {
    try ProjectionError.local { () throws(Errno) in
      do throws(Errno) {
        let status = try EntryCalls.status(at: handle.rawValue, entry.name)
        // All whiteouts are one inode, which changes with each of its names.
        return entry.content == nil ? LocalTree.isWhiteout(status) : LocalStatus(status) == entry.status
      } catch {
        guard error == .noSuchFileOrDirectory else { throw error }
        return false
      }
    }
  }

  /// Removes a local directory that has nothing in it any more and looks like the provider's.
  private func uncoverItself(_ directory: SettlingDirectory, _ settled: inout Settled) throws(ProjectionError) {
    guard let name = directory.path.last else { return }
    var outdated = Outdated()
    let isGone = try namespace.exclusive { () throws(ProjectionError) -> Bool in
      let above = Array(directory.path.dropLast())
      guard try isStillThere(directory.path, directory.handle), let parent = try openLocal(above) else { return false }
      let parentNode = knownDirectory(above)
      let parentInode = try inode(of: parent, above)
      guard directory.inode == inode(of: name, in: parentInode), try looksProvided(directory.handle) else {
        return false
      }
      let node = knownDirectory(directory.path)
      do throws(Errno) {
        try keepingTimes(of: parent) { () throws(Errno) in
          try EntryCalls.remove(at: parent.rawValue, name, isDirectory: true)
        }
      } catch {
        if error == .directoryNotEmpty { return false }
        throw .local(error)
      }
      parentNode?.withState { state in
        if case .local(let key, _) = state.find(name) { state.names?.uncover(key) }
      }
      node?.withState { $0.becomeVirtual() }
      if let node { outdated.nodes.append(node.node) }
      return true
    }
    if isGone { settled.count += 1 }
    tell(outdated)
  }

  /// Whether a local directory has the owner and permissions that the provider's would have.
  private func looksProvided(_ handle: DirectoryHandle) throws(ProjectionError) -> Bool {
    try ProjectionError.local { () throws(Errno) in
      let status = try FileCalls.status(handle.rawValue)
      guard FileOwner(user: status.st_uid, group: status.st_gid) == options.owner,
        UInt16(truncatingIfNeeded: status.st_mode & 0o7777) == 0o777 & ~options.umask
      else { return false }
      return try SettlingSurvey.isBare([], in: handle)
    }
  }
}

extension DirectoryState {
  /// Nothing of it is local any more.
  fileprivate mutating func becomeVirtual() {
    isLocal = false
    isUnsynced = false
    handle = nil
    hiddenChange = nil
    names = LocalNames(folding)
  }
}
