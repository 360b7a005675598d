internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

extension ProjectionCore {
  /// A node and what is shown of it. The kernel's count of lookups on the node went up by one.
  package struct LookedUp: Sendable {
    /// The node.
    package let node: NodeID
    /// What is shown of it.
    package let attributes: NodeAttributes

    /// A node and what is shown of it.
    package init(node: NodeID, attributes: NodeAttributes) {
      self.node = node
      self.attributes = attributes
    }
  }

  /// Finds `name` in a directory and counts a lookup of it.
  package func lookup(
    _ name: [UInt8], in parent: NodeID, by caller: Caller
  ) async throws(ProjectionError) -> LookedUp {
    guard name.count <= 255 else { throw .nameTooLong }
    let directory = try inodes.directory(parent)
    var isRenewed = false
    while true {
      let step = try namespace.shared { () throws(ProjectionError) in
        let handle = try existingHandle(of: directory)
        return try directory.withState { state throws(ProjectionError) -> Step in
          let found = state.find(name)
          if case .unknown = found { return .needsAnswer }
          if case .provided(let key) = found, let index = key.providedIndex, let listing = state.listing,
            listing.kind(at: index) != .directory, listing.size(at: index) == nil
          {
            return .needsSize(index)
          }
          if isUnfinished(found, of: directory, state) { return .waits }
          return .found(try acquire(found, of: directory, &state, handle))
        }
      }
      switch step {
      case .found(let entry):
        if entry.attributes.kind != .directory { habits.noteLookup(in: directory, by: caller) }
        return entry
      case .needsAnswer:
        try await learn(name, in: directory)
      case .needsSize(let index):
        try await findSizesOrRenew(of: index..<index + 1, in: directory, renewed: &isRenewed)
      case .waits:
        willWait()
        try await unfinished.pass()
      }
    }
  }

  private enum Step {
    case found(LookedUp)
    case needsAnswer
    case needsSize(Int)
    case waits
  }

  /// What is shown of a node.
  package func attributes(of node: NodeID) async throws(ProjectionError) -> NodeAttributes {
    try namespace.shared { () throws(ProjectionError) in
      if let directory = try inodes.location(of: node).directory { return try attributes(of: directory) }
      return try withFile(node) { state, spot throws(ProjectionError) in try attributes(of: spot, state) }
    }
  }

  /// The kernel drops `count` lookups of a node. Returns the nodes that are gone.
  package func forget(_ node: NodeID, count: UInt64) -> [NodeID] {
    // Who has the namespace alone relies on what is known. What the nodes held is closed without the lock.
    let forgotten = namespace.shared { inodes.forget(node, count: count) }
    return forgotten.nodes
  }

  // MARK: - Nodes for names

  /// Counts a lookup of what a name stands for. The caller shares the namespace and holds the directory's lock.
  func acquire(
    _ found: DirectoryState.Found, of directory: DirectoryNode, _ state: inout DirectoryState,
    _ handle: DirectoryHandle?
  ) throws(ProjectionError) -> LookedUp {
    switch found {
    case .absent, .tombstone:
      throw .notFound
    case .unknown:
      throw .stale
    case .provided(let key):
      guard let index = key.providedIndex, let listing = state.listing else { throw .stale }
      let shown = attributes(ofProvided: index, in: directory, listing)
      let node = try inodes.acquire(key, of: directory, provided: listing.count) { node in
        guard shown.kind == .directory else { return (nil, nil) }
        let made = DirectoryNode(
          node: node, inode: shown.inode, origin: listing.directory(at: index),
          permissions: listing.permissions(at: index), isLocal: false, folding: folding)
        return (made, nil)
      }
      return LookedUp(node: node, attributes: shown)
    case .local(let key, let entry):
      guard let handle, let name = state.name(key) else { throw .stale }
      let status: stat
      do {
        status = try EntryCalls.status(at: handle.rawValue, name)
      } catch {
        throw .local(error)
      }
      return try acquireLocal(key, entry, name, status, of: directory, &state, handle)
    }
  }

  /// Counts a lookup of a local entry with the given status.
  private func acquireLocal(
    _ key: NameKey, _ entry: LocalNames.Entry, _ name: [UInt8], _ status: stat, of directory: DirectoryNode,
    _ state: inout DirectoryState, _ handle: DirectoryHandle
  ) throws(ProjectionError) -> LookedUp {
    if let node = inodes.acquireKnown(key, of: directory) { return try lookedUp(node, status) }
    let provided = state.listing?.count ?? 0
    var marks = try ProjectionError.local { () throws(Errno) in try Marks(at: handle.rawValue, name) }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    // A symbolic link has no place to note its number, which stays as long as the directory is known.
    let isLink = status.st_mode & S_IFMT == S_IFLNK
    if isLink, entry.inode != Self.number(ofLocal: UInt64(status.st_ino)) { marks.inode = entry.inode }
    // Whatever the disk counts: the name may be the last of a file that somebody has open by another, which is gone.
    if !isDirectory,
      let node = inodes.acquireAlias(
        UInt64(status.st_ino), showing: marks.inode, at: key, of: directory, provided: provided)
    {
      return try lookedUp(node, status)
    }
    let details = Self.details(status, marks)
    let inode = marks.inode ?? Self.number(ofLocal: UInt64(status.st_ino))
    let origin = Self.origin(marks, key, state)
    // Nobody else makes a node here while the directory's lock is held.
    let node = try inodes.acquire(key, of: directory, provided: provided) { node in
      guard isDirectory else { return (nil, details) }
      let made = DirectoryNode(
        node: node, inode: inode, origin: origin, permissions: UInt16(status.st_mode & 0o7777), isLocal: true,
        folding: folding)
      made.withState { $0.isMoved = marks.isPinned }
      return (made, nil)
    }
    if entry.inode != inode { state.names?.set(key, LocalNames.Entry(kind: entry.kind, inode: inode)) }
    return try lookedUp(node, status)
  }

  /// What is shown of a known node whose local file or directory has the given status.
  private func lookedUp(_ node: NodeID, _ status: stat) throws(ProjectionError) -> LookedUp {
    let location = try inodes.location(of: node)
    if let directory = location.directory {
      return LookedUp(node: node, attributes: attributes(of: directory, status))
    }
    return LookedUp(node: node, attributes: try attributes(of: status, location.details))
  }

  /// What is kept of a local file beside its record; nil where there is nothing.
  private static func details(_ status: stat, _ marks: Marks) -> NodeDetails? {
    let isFile = status.st_mode & S_IFMT == S_IFREG
    let isShared = status.st_nlink > 1 && status.st_mode & S_IFMT != S_IFDIR
    guard marks.inode != nil || isShared || (isFile && marks.content != nil) else { return nil }
    var details = NodeDetails(inode: marks.inode)
    if isShared { details.localInode = UInt64(status.st_ino) }
    if isFile, let content = marks.content {
      details.placeholder = marks.placeholder(status, for: content)
    }
    return details
  }

  /// What of the provider's shows through a local directory.
  private static func origin(_ marks: Marks, _ key: NameKey, _ state: DirectoryState) -> DirectoryID? {
    switch marks.origin {
    case .nothing: return nil
    case .pinned(let directory): return directory
    case .place: break
    }
    guard let index = key.providedIndex, let listing = state.listing, listing.kind(at: index) == .directory else {
      return nil
    }
    return listing.directory(at: index)
  }
}
