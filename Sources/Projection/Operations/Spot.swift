internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Where a file's content and attributes are, while the lock of its directory is held.
struct Spot {
  /// One of the two branches that a file can be on, or what is left of it.
  enum Branch {
    /// The provider's, by its place in the listing.
    case provided(Int)
    /// A local entry, or with an empty name the file of a descriptor.
    case local(CInt, [UInt8])
    /// A version that only those see who have it open.
    case frozen(NodeAttributes)
  }

  let node: NodeID
  let parent: DirectoryNode
  let key: NameKey
  let details: NodeDetails?
  let isDetached: Bool
  let branch: Branch

  /// The content, where it is the provider's, with its size; `listing` is the parent's.
  func providedContent(_ state: DirectoryState) -> (content: ContentID, size: Int64)? {
    switch branch {
    case .provided(let index):
      guard let listing = state.listing, listing.kind(at: index) != .directory else { return nil }
      return (listing.content(at: index), listing.size(at: index) ?? 0)
    case .local: return details?.placeholder.map { ($0.content, $0.size) }
    case .frozen(let shown): return details?.placeholder.map { ($0.content, shown.size) }
    }
  }

  /// What the file is, as far as its content goes.
  var state: FileState {
    switch branch {
    case .provided: .placeholder
    case .local: details?.placeholder == nil ? .full : .dirtyPlaceholder
    case .frozen: .placeholder
    }
  }
}

extension ProjectionCore {
  /// Runs `body` on a node that is no directory, with its directory's lock held. The caller shares the namespace.
  func withFile<Result: ~Copyable>(
    _ node: NodeID, _ body: (inout DirectoryState, Spot) throws(ProjectionError) -> Result
  ) throws(ProjectionError) -> Result {
    while true {
      let location = try inodes.location(of: node)
      guard location.directory == nil, let (parent, _) = location.parent else { throw .isADirectory }
      let handle = location.isDetached ? nil : try existingHandle(of: parent)
      let outcome = try parent.withState { state throws(ProjectionError) -> Result? in
        // Whether it is still where it was, now that nothing can change.
        let now = try inodes.location(of: node)
        guard let (nowParent, key) = now.parent, nowParent === parent, now.isDetached == location.isDetached,
          handle != nil || now.isDetached || !state.isLocal
        else { return nil }
        let branch = try branch(of: key, now, in: state, handle)
        return try body(
          &state,
          Spot(
            node: node, parent: parent, key: key, details: now.details, isDetached: now.isDetached, branch: branch))
      }
      if let outcome { return outcome }
    }
  }

  private func branch(
    of key: NameKey, _ location: InodeTable.Location, in state: DirectoryState, _ handle: DirectoryHandle?
  ) throws(ProjectionError) -> Spot.Branch {
    if let frozen = location.details?.frozen { return .frozen(frozen) }
    if let held = location.details?.held { return .local(held.descriptor.rawValue, []) }
    if location.isDetached {
      // Only what is the provider's can do without a name and without a file of its own.
      guard let index = key.providedIndex else { throw .stale }
      return .provided(index)
    }
    switch state.found(key) {
    case .local:
      guard let handle, let name = state.name(key) else { throw .stale }
      return .local(handle.rawValue, name)
    case .provided(let key):
      guard let index = key.providedIndex else { throw .stale }
      return .provided(index)
    case .unknown, .absent, .tombstone:
      throw .stale
    }
  }

  // MARK: - Attributes

  /// What is shown of a node that is no directory.
  func attributes(of spot: Spot, _ state: DirectoryState) throws(ProjectionError) -> NodeAttributes {
    switch spot.branch {
    case .provided(let index):
      guard let listing = state.listing else { throw .stale }
      var shown = attributes(ofProvided: index, in: spot.parent, listing)
      shown.links = spot.isDetached ? 0 : 1
      if let removed = spot.details?.removed { shown.changed = removed }
      return shown
    case .local(let directory, let name):
      let status = try ProjectionError.local { () throws(Errno) in
        try EntryCalls.status(at: directory, name)
      }
      return try attributes(of: status, spot.details)
    case .frozen(let shown): return shown
    }
  }

  /// What is shown of a local file.
  func attributes(of status: stat, _ details: NodeDetails?) throws(ProjectionError) -> NodeAttributes {
    guard let kind = FileKind(mode: status.st_mode) else { throw .local(.ioError) }
    var shown = NodeAttributes(
      status, kind: kind, inode: details?.inode ?? Self.number(ofLocal: UInt64(status.st_ino)))
    shown.changed = Self.shownChange(shown.changed, details?.hiddenChange)
    if let placeholder = details?.placeholder {
      shown.size = placeholder.size
      shown.blocks = NodeAttributes.blocks(holding: placeholder.size)
      shown.accessed = placeholder.accessed
      shown.modified = placeholder.modified
    }
    return shown
  }

  /// What is shown of a directory. The caller shares the namespace.
  func attributes(of directory: DirectoryNode) throws(ProjectionError) -> NodeAttributes {
    guard let handle = try existingHandle(of: directory) else {
      var shown = attributes(ofProvided: directory)
      if directory.withState({ $0.isRemoved }) { shown.links = 0 }
      return shown
    }
    let status = try ProjectionError.local { () throws(Errno) in try FileCalls.status(handle.rawValue) }
    return attributes(of: directory, status)
  }

  /// What is shown of a directory whose local one has the given status. May be called with the lock of its parent held.
  func attributes(of directory: DirectoryNode, _ status: stat) -> NodeAttributes {
    directory.withState { state in
      var shown = NodeAttributes(status, kind: .directory, inode: directory.inode)
      shown.changed = Self.shownChange(shown.changed, state.hiddenChange)
      // The disk counts its own subdirectories only, which is right where nothing else shows through.
      if state.origin != nil, !state.isRemoved { shown.links = 1 }
      if state.isRemoved { shown.links = 0 }
      if directory === inodes.rootDirectory { shown.permissions &= options.rootMask }
      return shown
    }
  }

  /// What is shown of a directory that the local tree does not have.
  func attributes(ofProvided directory: DirectoryNode) -> NodeAttributes {
    NodeAttributes(
      kind: .directory, permissions: directory.permissions & ~options.umask, inode: directory.inode,
      size: Self.directorySize, owner: options.owner,
      time: history.withLock { $0.time(ofDirectory: directory.inode) } ?? options.time)
  }

  /// What ext4 shows for a directory of ordinary size.
  static var directorySize: Int64 { 4096 }

  /// The number that stat(2) shows for the provider's `name` in `directory`.
  func inode(of name: UnsafeRawBufferPointer, in directory: DirectoryNode) -> UInt64 {
    let first = numbers.number(of: name, in: directory.inode)
    return history.withLock { $0.number(first) }
  }

  /// What is shown of the provider's entry at `index`; a size that is not known yet is 0.
  func attributes(
    ofProvided index: Int, in directory: DirectoryNode, _ listing: ProvidedEntries
  ) -> NodeAttributes {
    let kind = listing.kind(at: index)
    let inode = listing.withName(at: index) { self.inode(of: $0, in: directory) }
    let time = history.withLock { history in
      kind == .directory
        ? history.time(ofDirectory: inode) : history.time(of: inode, showing: listing.content(at: index).bytes)
    }
    return NodeAttributes(
      kind: FileKind(kind),
      permissions: kind == .symbolicLink ? 0o777 : listing.permissions(at: index) & ~options.umask,
      inode: inode, size: kind == .directory ? Self.directorySize : listing.size(at: index) ?? 0,
      owner: options.owner, time: time ?? options.time)
  }
}
