internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Local directories by their paths, and merging those of the user's with the provider's.
extension ProjectionCore {
  /// The directory at a path, if it and everything above it is known and loaded.
  func knownDirectory(_ path: [[UInt8]]) -> DirectoryNode? {
    var directory = inodes.rootDirectory
    for name in path {
      guard let key = directory.withState({ $0.key(of: name) }), let node = inodes.child(key, of: directory),
        let child = try? inodes.location(of: node).directory
      else { return nil }
      directory = child
    }
    return directory
  }

  /// The local directory at a path, opened anew; nil where there is none.
  func openLocal(_ path: [[UInt8]]) throws(ProjectionError) -> DirectoryHandle? {
    try ProjectionError.local { () throws(Errno) in
      var handle = local.root
      for name in path {
        guard case .directory(let child, _) = try LocalEntry.at(name, in: handle) else { return nil }
        handle = child
      }
      return handle
    }
  }

  /// Whether the local directory at a path is the one that is open.
  func isStillThere(_ path: [[UInt8]], _ handle: DirectoryHandle) throws(ProjectionError) -> Bool {
    guard let now = try openLocal(path) else { return false }
    return try ProjectionError.local { () throws(Errno) in
      try FileCalls.status(now.rawValue).st_ino == FileCalls.status(handle.rawValue).st_ino
    }
  }

  /// The number that stat(2) shows for a local directory that lies at its place.
  func inode(of handle: DirectoryHandle, _ path: [[UInt8]]) throws(ProjectionError) -> UInt64 {
    if path.isEmpty { return inodes.rootInode }
    return try ProjectionError.local { () throws(Errno) in
      if let noted = try Marks(at: handle.rawValue, []).inode { return noted }
      return Self.number(ofLocal: UInt64(try FileCalls.status(handle.rawValue).st_ino))
    }
  }

  /// The number that is shown for the provider's `name` in the directory that has the number `parent`.
  func inode(of name: [UInt8], in parent: UInt64) -> UInt64 {
    let first = name.withUnsafeBytes { numbers.number(of: $0, in: parent) }
    return history.withLock { $0.number(first) }
  }

  /// Changes what has happened to paths: `saving` makes it last, and then it is shown. With the namespace alone, or where
  /// nothing else changes it.
  func changeHistory<Result>(
    saving: (PathHistory) throws -> Void, _ change: (inout PathHistory) throws -> Result
  ) throws -> Result {
    var changed = history.withLock { $0 }
    let result = try change(&changed)
    try saving(changed)
    history.withLock { [changed] in $0 = changed }
    return result
  }

  /// Changes a local directory that nobody has looked into, without changing its times.
  func keepingTimes(of handle: DirectoryHandle, _ change: () throws(Errno) -> Void) throws(Errno) {
    let before = try FileCalls.status(handle.rawValue)
    try change()
    try EntryCalls.setTimes(at: handle.rawValue, [], accessed: before.st_atim, modified: before.st_mtim)
  }

  /// Lets the provider's directory show through one of the user's that has its name. What is not in it gets a whiteout
  /// first, so that nothing else is seen. False where it has changed.
  ///
  /// `saving` gets the history with the directory's new number, and makes it last.
  func merge(
    _ path: [[UInt8]], _ handle: DirectoryHandle, saving: (PathHistory) throws -> Void
  ) async throws -> Bool {
    guard let name = path.last else { return false }
    let above = Array(path.dropLast())
    guard let origin = try await origin(at: path) else { return false }
    let listing = try await timed.entries(of: origin).sorted
    var outdated = Outdated()
    let isMerged = try namespace.exclusive { () throws -> Bool in
      guard try isStillThere(path, handle), let parent = try openLocal(above) else { return false }
      let parentInode = try inode(of: parent, above)
      let first = name.withUnsafeBytes { numbers.number(of: $0, in: parentInode) }
      let number = try changeHistory(saving: saving) { $0.renew(first) }
      try ProjectionError.local { () throws(Errno) in
        try keepingTimes(of: handle) { () throws(Errno) in
          try hideMissing(listing, in: handle)
          try ExtendedAttributes.set(handle.rawValue, Marks.inodeName, to: Marks.bytes(number))
          // From here on it is merged.
          try ExtendedAttributes.set(handle.rawValue, Marks.contentName, to: [])
        }
      }
      if let node = knownDirectory(path) {
        node.setInode(number)
        outdated.nodes.append(node.node)
        try relist(node, as: origin, listing, below: nil, &outdated)
      }
      if let node = knownDirectory(above) {
        node.withState { state in
          guard case .local(let key, var entry) = state.find(name) else { return }
          entry.inode = number
          state.names?.set(key, entry)
        }
        outdated.listings.append(node.node)
      }
      return true
    }
    tell(outdated)
    return isMerged
  }

  /// Lets a renamed directory show what is at its place, where that looks the same with what lies over it. False where it
  /// does not, or something has changed.
  func unpin(
    _ directory: SettlingSurvey.Pinned, saving: (PathHistory) throws -> Void
  ) async throws -> Bool {
    guard let name = directory.path.last else { return false }
    let above = Array(directory.path.dropLast())
    let difference = try await DirectoryDifference.between(directory.shows, and: directory.has, of: timed)
    var outdated = Outdated()
    let isDone = try namespace.exclusive { () throws -> Bool in
      guard try isStillThere(directory.path, directory.handle), let parent = try openLocal(above) else { return false }
      var obstacles: [Obstacle] = []
      try ProjectionError.local { () throws(Errno) in
        try findObstacles(to: .keeping, difference, in: directory.handle, below: [], &obstacles)
      }
      guard obstacles.isEmpty else { return false }
      // It keeps the number that it brought.
      let parentInode = try inode(of: parent, above)
      let first = name.withUnsafeBytes { numbers.number(of: $0, in: parentInode) }
      let number = try inode(of: directory.handle, directory.path)
      try changeHistory(saving: saving) { $0.assign(number, to: first) }
      try ProjectionError.local { () throws(Errno) in
        try keepingTimes(of: directory.handle) { () throws(Errno) in
          try ExtendedAttributes.set(directory.handle.rawValue, Marks.inodeName, to: Marks.bytes(number))
          try ExtendedAttributes.set(directory.handle.rawValue, Marks.contentName, to: [])
        }
      }
      if let node = knownDirectory(directory.path) {
        node.withState { $0.isMoved = false }
        try relist(node, as: directory.has, difference.listing, below: difference, &outdated)
      }
      return true
    }
    tell(outdated)
    return isDone
  }

  private func hideMissing(_ listing: DirectoryListing, in handle: DirectoryHandle) throws(Errno) {
    for index in 0..<listing.count {
      let name = listing.name(at: index)
      let spelled = try folding.spelling(of: name, in: handle)
      if try LocalEntry.at(spelled, in: handle) == nil { try local.hide(name, in: handle.rawValue) }
    }
  }

  /// The provider's directory at a path of the projection.
  private func origin(at path: [[UInt8]]) async throws -> DirectoryID? {
    var directory = root
    for name in path {
      guard let entry = try await timed.entry(of: name, in: directory), entry.kind == .directory else { return nil }
      directory = DirectoryID(entry.id)
    }
    return directory
  }
}
