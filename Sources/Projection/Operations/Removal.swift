internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

extension ProjectionCore {
  /// Removes a name that is no directory's.
  func unlink(_ spelled: [UInt8], in parent: NodeID, for witness: Witness?) async throws(ProjectionError) {
    let directory = try await prepare(spelled, in: parent)
    defer { release(spelled, of: directory) }
    let garbage = try namespace.shared { () throws(ProjectionError) in
      try witness?.confirm()
      try directory.withState { state throws(ProjectionError) -> Void in
        switch state.find(spelled) {
        case .unknown: throw .stale
        case .absent, .tombstone: throw .notFound
        case .provided(let key):
          let index = key.providedIndex ?? 0
          if state.listing?.kind(at: index) == .directory { throw .isADirectory }
        case .local(_, let entry):
          if entry.kind == .directory { throw .isADirectory }
        }
      }
      let handle = try materialize(directory)
      let (garbage, name) = try directory.withState { state throws(ProjectionError) -> ([any Sendable], [UInt8]) in
        let key: NameKey
        var file: FileState
        let name = state.spelling(of: spelled)
        switch state.find(name) {
        case .unknown: throw .stale
        case .absent, .tombstone: throw .notFound
        case .provided(let place):
          (key, file) = (place, .placeholder)
          noteRemoval(of: place, in: directory)
        case .local(let place, _):
          (key, file) = (place, .full)
          try hold(key, of: directory, name, handle)
        }
        let actions = key.providedIndex == nil ? [.uncover] : file.remove()
        try ProjectionError.local { () throws(Errno) in
          for action in actions {
            switch action {
            case .linkWhiteout: try local.hide(name, in: handle.rawValue)
            case .replaceByWhiteout: try local.replaceByWhiteout(name, in: handle.rawValue)
            default: try EntryCalls.remove(at: handle.rawValue, name)
            }
          }
        }
        state.names?.remove(key)
        witness?.tell()
        return (inodes.detach(key, of: directory), name)
      }
      noteGone(directory, name)
      return garbage
    }
    // Closed here, with no lock held: the last one to close a large file waits for the disk.
    _ = garbage
  }

  /// Notes when one of the provider's files loses its name, for who has it open.
  func noteRemoval(of key: NameKey, in directory: DirectoryNode) {
    guard let node = inodes.child(key, of: directory) else { return }
    inodes.changeDetails(of: node) { $0.removed = .now }
  }

  /// Keeps a way to a local file that is about to lose a name by which it is known. It may have others; but those may go
  /// at the same moment, and its local number must not be given out again while its node is known by it.
  func hold(
    _ key: NameKey, of directory: DirectoryNode, _ name: [UInt8], _ handle: DirectoryHandle
  ) throws(ProjectionError) {
    guard let node = inodes.child(key, of: directory) else { return }
    guard try inodes.location(of: node).details?.held == nil else { return }
    let held = HeldFile(
      try ProjectionError.local { () throws(Errno) in
        try EntryCalls.open(at: handle.rawValue, name, EntryCalls.pathOnly)
      })
    inodes.changeDetails(of: node) { $0.held = held }
  }

  /// Removes an empty directory.
  func removeDirectory(
    _ spelled: [UInt8], in parent: NodeID, for witness: Witness?
  ) async throws(ProjectionError) {
    let directory = try await prepare(spelled, in: parent)
    defer { release(spelled, of: directory) }
    while true {
      // Kept until the end, so that what is loaded here is still known below.
      let loaded = try await loadChild(spelled, of: directory, onlyFirst: true)
      defer { release(loaded) }
      let garbage = try namespace.exclusive { () throws(ProjectionError) -> [any Sendable]? in
        try witness?.confirm()
        return try removeDirectory(spelled, of: directory, for: witness)
      }
      if garbage != nil { return }
    }
  }

  /// The same with the namespace alone. nil where it is not known any more whether the directory is empty.
  private func removeDirectory(
    _ spelled: [UInt8], of directory: DirectoryNode, for witness: Witness?
  ) throws(ProjectionError) -> [any Sendable]? {
    let target = try child(spelled, of: directory)
    defer { release(target) }
    guard let isEmpty = target.directory.withState({ $0.isEmpty }) else { return nil }
    guard isEmpty else { throw .notEmpty }
    let handle = target.needsWhiteout ? try materialize(directory) : try handle(of: directory)
    // Who is in it still asks for its attributes.
    let own = try existingHandle(of: target.directory)
    try directory.withState { state throws(ProjectionError) in
      try ProjectionError.local { () throws(Errno) in
        if own == nil {
          try local.hide(target.name, in: handle.rawValue)
        } else {
          try local.removeDirectory(target.name, in: handle.rawValue, leavingWhiteout: target.needsWhiteout)
        }
      }
      state.names?.remove(target.key)
    }
    target.directory.noteRemoved(keeping: own)
    witness?.tell()
    noteGone(directory, target.name, isDirectory: true)
    return inodes.detach(target.key, of: directory)
  }

  /// A directory that is about to be removed or replaced, with a lookup of its own while that lasts.
  struct Target {
    let directory: DirectoryNode
    let key: NameKey
    /// Its name as it is shown.
    let name: [UInt8]
    /// Whether the provider has something of the name, which must not show.
    var needsWhiteout: Bool { key.providedIndex != nil }
  }

  /// Reads what the directory `name` has in it, or only whether it has anything, so that nothing has to be waited for
  /// later. The caller releases it.
  func loadChild(
    _ name: [UInt8], of directory: DirectoryNode, onlyFirst: Bool = false
  ) async throws(ProjectionError) -> Target {
    let target = try namespace.shared { () throws(ProjectionError) in try child(name, of: directory) }
    do throws(ProjectionError) {
      if onlyFirst { try await loadFirst(of: target.directory) } else { try await load(target.directory) }
    } catch {
      release(target)
      throw error
    }
    return target
  }

  /// The directory `name`. The caller shares the namespace, and releases it.
  func child(_ name: [UInt8], of directory: DirectoryNode) throws(ProjectionError) -> Target {
    let handle = try existingHandle(of: directory)
    return try directory.withState { state throws(ProjectionError) in
      let found = state.find(name)
      let key: NameKey
      switch found {
      case .unknown: throw .stale
      case .absent, .tombstone: throw .notFound
      case .provided(let place), .local(let place, _): key = place
      }
      let entry = try acquire(found, of: directory, &state, handle)
      guard let target = try inodes.location(of: entry.node).directory else {
        _ = inodes.forget(entry.node, count: 1)
        throw .notADirectory
      }
      return Target(directory: target, key: key, name: state.name(key) ?? name)
    }
  }

  /// Takes the lookup of `child` back.
  func release(_ target: Target) {
    _ = inodes.forget(target.directory.node, count: 1)
  }
}
