internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

extension ProjectionCore {
  /// What a rename is to do beside renaming.
  package enum RenameMode: Sendable {
    /// What has the new name goes.
    case replacing
    /// Fail where the new name is taken.
    case keepingExisting
    /// The two names change places.
    case exchanging
  }

  /// One name of a rename.
  private struct End {
    let directory: DirectoryNode
    var name: [UInt8]
  }

  func rename(
    _ oldName: [UInt8], in oldParent: NodeID, to newName: [UInt8], in newParent: NodeID, _ mode: RenameMode,
    by caller: Caller, for witness: Witness?
  ) async throws(ProjectionError) {
    let old = End(directory: try await prepare(oldName, in: oldParent), name: oldName)
    defer { release(oldName, of: old.directory) }
    let new = End(directory: try await prepare(newName, in: newParent), name: newName)
    defer { release(newName, of: new.directory) }
    while true {
      let source = try await lookup(oldName, in: oldParent, by: caller)
      defer { _ = inodes.forget(source.node, count: 1) }
      if source.attributes.kind != .directory { try await makeDirty(source.node, by: caller) }
      let target = try? await lookup(newName, in: newParent, by: caller)
      defer { if let target { _ = inodes.forget(target.node, count: 1) } }
      if let target {
        if target.attributes.kind == .directory {
          try await loadFirst(of: inodes.directory(target.node))
        } else if mode == .exchanging {
          try await makeDirty(target.node, by: caller)
        }
      }
      let garbage = try namespace.exclusive { () throws(ProjectionError) -> [any Sendable]? in
        // Whether everything is still as it was made ready for.
        guard try node(at: old) == source.node, try node(at: new) == target?.node else { return nil }
        if mode == .keepingExisting, target != nil { throw .exists }
        if source.node == target?.node {
          if mode == .replacing { try respell(old, as: new, source, for: witness) }
          return []
        }
        // Nobody knows any more whether it may be replaced.
        if let directory = try target.flatMap({ target throws(ProjectionError) in
          try inodes.location(of: target.node).directory
        }), directory.withState({ $0.isEmpty == nil }) {
          return nil
        }
        try witness?.confirm()
        let garbage: [any Sendable]
        switch mode {
        case .exchanging:
          guard let target else { throw .notFound }
          garbage = try exchange(old, source, new, target)
        case .replacing, .keepingExisting:
          garbage = try move(old, source, to: new, over: target)
        }
        witness?.tell()
        return garbage
      }
      if garbage != nil { return }
    }
  }

  /// The node that a name leads to.
  private func node(at end: End) throws(ProjectionError) -> NodeID? {
    let key = end.directory.withState { $0.key(of: end.name) }
    return key.flatMap { inodes.child($0, of: end.directory) }
  }

  // MARK: - With the namespace alone

  private func move(
    _ old: End, _ source: LookedUp, to new: End, over target: LookedUp?
  ) throws(ProjectionError) -> [any Sendable] {
    let isDirectory = source.attributes.kind == .directory
    if let target {
      let isOverDirectory = target.attributes.kind == .directory
      if isDirectory, !isOverDirectory { throw .notADirectory }
      if !isDirectory, isOverDirectory { throw .isADirectory }
    }
    if isDirectory { try refuseCycle(source.node, above: new.directory) }
    if isDirectory, let target {
      // Before anything has changed.
      guard try inodes.directory(target.node).withState({ $0.isEmpty }) == true else { throw .notEmpty }
    }
    let oldHandle = try materialize(old.directory)
    let newHandle = try materialize(new.directory)
    if isDirectory { try pin(try inodes.directory(source.node)) }
    var old = old
    old.name = old.directory.withState { $0.spelling(of: old.name) }
    let (oldKey, entry) = try local(old)
    let newFound = new.directory.withState { $0.find(new.name) }
    try new.directory.withState { state throws(ProjectionError) in
      try respell(newFound, as: new.name, in: newHandle, &state)
    }

    var garbage: [any Sendable] = []
    var replaced: [UInt8]?
    var replacedHandle: DirectoryHandle?
    if let target {
      if isDirectory {
        let directory = try inodes.directory(target.node)
        // Who is in it still asks for its attributes.
        replacedHandle = try existingHandle(of: directory)
        replaced = try clear(directory, new, newHandle)
      } else if case .local(let key, _) = newFound {
        try hold(key, of: new.directory, new.name, newHandle)
      }
    }
    let needsWhiteout = oldKey.providedIndex != nil
    try ProjectionError.local { () throws(Errno) in
      if case .tombstone = newFound, isDirectory {
        // A directory cannot be renamed over a whiteout, but it can change places with one.
        try EntryCalls.rename(at: oldHandle.rawValue, old.name, to: newHandle.rawValue, new.name, .exchange)
        // Over nothing, a whiteout hides nothing.
        if !needsWhiteout { try? EntryCalls.remove(at: oldHandle.rawValue, old.name) }
      } else {
        try local.atFreeName(new.name, in: newHandle.rawValue) { () throws(Errno) in
          try EntryCalls.rename(
            at: oldHandle.rawValue, old.name, to: newHandle.rawValue, new.name, needsWhiteout ? .leaveWhiteout : [])
        }
      }
    }
    if isDirectory, let target { try inodes.directory(target.node).noteRemoved(keeping: replacedHandle) }
    if let replaced { local.discard(replaced) }
    if case .local(let key, _) = newFound { garbage += inodes.detach(key, of: new.directory) }
    if case .provided(let key) = newFound {
      noteRemoval(of: key, in: new.directory)
      garbage += inodes.detach(key, of: new.directory)
    }
    old.directory.withState { $0.names?.remove(oldKey) }
    let (newKey, provided) = new.directory.withState { ($0.put(new.name, entry), $0.listing?.count ?? 0) }
    inodes.move(oldKey, of: old.directory, to: newKey, of: new.directory, provided: provided)
    noteRename(
      (old.directory, old.name), (new.directory, new.name), isDirectory: isDirectory, exchanging: false)
    return garbage
  }

  private func exchange(
    _ first: End, _ one: LookedUp, _ second: End, _ other: LookedUp
  ) throws(ProjectionError) -> [any Sendable] {
    var (first, second) = (first, second)
    first.name = first.directory.withState { $0.spelling(of: first.name) }
    second.name = second.directory.withState { $0.spelling(of: second.name) }
    for (node, end) in [(one, second), (other, first)] where node.attributes.kind == .directory {
      try refuseCycle(node.node, above: end.directory)
    }
    let firstHandle = try materialize(first.directory)
    let secondHandle = try materialize(second.directory)
    for node in [one, other] where node.attributes.kind == .directory { try pin(try inodes.directory(node.node)) }
    let (firstKey, firstEntry) = try local(first)
    let (secondKey, secondEntry) = try local(second)
    try ProjectionError.local { () throws(Errno) in
      try EntryCalls.rename(
        at: firstHandle.rawValue, first.name, to: secondHandle.rawValue, second.name, .exchange)
    }
    let firstCount = first.directory.withState { state in
      state.names?.set(firstKey, secondEntry)
      return state.listing?.count ?? 0
    }
    let secondCount = second.directory.withState { state in
      state.names?.set(secondKey, firstEntry)
      return state.listing?.count ?? 0
    }
    inodes.exchange(
      firstKey, of: first.directory, provided: firstCount, secondKey, of: second.directory, provided: secondCount)
    let isTree = one.attributes.kind == .directory || other.attributes.kind == .directory
    noteRename(
      (first.directory, first.name), (second.directory, second.name), isDirectory: isTree, exchanging: true)
    return []
  }

  /// Gives a name another spelling, where the two are one name. Otherwise they are two names of one file, and stay.
  private func respell(
    _ old: End, as new: End, _ source: LookedUp, for witness: Witness?
  ) throws(ProjectionError) {
    guard old.directory === new.directory, folding != nil, folding.folded(old.name) == folding.folded(new.name) else {
      return
    }
    let shown = old.directory.withState { $0.spelling(of: old.name) }
    guard shown != new.name else { return }
    try witness?.confirm()
    if source.attributes.kind == .directory { _ = try materialize(try inodes.directory(source.node)) }
    let handle = try materialize(old.directory)
    try old.directory.withState { state throws(ProjectionError) in
      try respell(state.find(new.name), as: new.name, in: handle, &state)
    }
    witness?.tell()
    noteRename(
      (old.directory, shown), (new.directory, new.name), isDirectory: source.attributes.kind == .directory,
      exchanging: false)
  }

  /// The local entry at a name, which has one.
  private func local(_ end: End) throws(ProjectionError) -> (NameKey, LocalNames.Entry) {
    guard case .local(let key, let entry) = end.directory.withState({ $0.find(end.name) }) else { throw .stale }
    return (key, entry)
  }

  /// A directory must not come to lie inside itself.
  private func refuseCycle(_ node: NodeID, above directory: DirectoryNode) throws(ProjectionError) {
    var ancestor = directory
    while true {
      if ancestor.node == node { throw .invalid }
      guard let (parent, _) = try inodes.location(of: ancestor.node).parent else { return }
      ancestor = parent
    }
  }

  /// Makes a directory carry the provider's ID for what shows through it, so that it can leave its place.
  func pin(_ directory: DirectoryNode) throws(ProjectionError) {
    let handle = try materialize(directory)
    let origin = directory.withState { state in
      state.isMoved = true
      return state.origin
    }
    guard let origin else { return }
    try ProjectionError.local { () throws(Errno) in
      try ExtendedAttributes.set(handle.rawValue, Marks.contentName, to: origin.bytes)
    }
  }

  /// Makes room for a directory where an empty one is, with nothing but whiteouts in it at most. Returns what the old one is
  /// called in `staging`, if it is there.
  private func clear(
    _ target: DirectoryNode, _ end: End, _ parent: DirectoryHandle
  ) throws(ProjectionError) -> [UInt8]? {
    // A directory without whiteouts is simply replaced.
    guard target.withState({ $0.isLocal }), target.withState({ !($0.names?.tombstones.isEmpty ?? true) }) else {
      return nil
    }
    let shown = try attributes(of: target)
    return try ProjectionError.local { () throws(Errno) in
      let staged = try local.staging.nextName()
      try EntryCalls.makeDirectory(at: local.staging.rawValue, staged, mode: 0o700)
      let empty = try EntryCalls.open(at: local.staging.rawValue, staged, O_RDONLY | O_DIRECTORY)
      // For a moment it is what users see.
      try ExtendedAttributes.set(empty.rawValue, Marks.inodeName, to: Marks.bytes(target.inode))
      try dress(empty.rawValue, as: shown)
      try EntryCalls.rename(at: local.staging.rawValue, staged, to: parent.rawValue, end.name, .exchange)
      return staged
    }
  }

  // MARK: - Links

  func link(
    _ node: NodeID, to newName: [UInt8], in newParent: NodeID, by caller: Caller, for witness: Witness?
  ) async throws(ProjectionError) -> LookedUp {
    let directory = try await prepare(newName, in: newParent)
    defer { release(newName, of: directory) }
    // link(2): no further names for directories.
    guard try inodes.location(of: node).directory == nil else { throw .notPermitted }
    try await makeDirty(node, by: caller)
    return try namespace.exclusive { () throws(ProjectionError) in
      try witness?.confirm()
      let handle = try materialize(directory)
      let found = directory.withState { $0.find(newName) }
      switch found {
      case .unknown: throw .stale
      case .provided, .local: throw .exists
      case .absent, .tombstone: break
      }
      try directory.withState { state throws(ProjectionError) in
        try respell(found, as: newName, in: handle, &state)
      }
      let status = try withFile(node) { state, spot throws(ProjectionError) in
        guard case .local(let source, let name) = spot.branch else { throw .stale }
        return try ProjectionError.local { () throws(Errno) in
          if found == .absent {
            try local.atFreeName(newName, in: handle.rawValue) { () throws(Errno) in
              try EntryCalls.link(at: source, name, to: handle.rawValue, newName)
            }
          } else {
            let staged = try local.staging.nextName()
            try EntryCalls.link(at: source, name, to: local.staging.rawValue, staged)
            try EntryCalls.rename(at: local.staging.rawValue, staged, to: handle.rawValue, newName)
          }
          return try EntryCalls.status(at: source, name)
        }
      }
      let kind = FileKind(mode: status.st_mode) ?? .file
      let shown = try attributes(of: status, inodes.location(of: node).details)
      let (key, provided) = directory.withState { state in
        (state.put(newName, LocalNames.Entry(kind: kind, inode: shown.inode)), state.listing?.count ?? 0)
      }
      try inodes.addName(
        of: node, localInode: UInt64(status.st_ino), at: key, of: directory, provided: provided)
      witness?.tell()
      noteLink(node, directory, newName)
      return LookedUp(node: node, attributes: shown)
    }
  }
}
