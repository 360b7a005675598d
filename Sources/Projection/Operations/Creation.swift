internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// What is to be made.
package enum NewEntry: Sendable {
  /// A directory.
  case directory
  /// A symbolic link.
  case symbolicLink(target: [UInt8])
  /// Anything else: a regular file, a FIFO, a socket or a device.
  case node(FileKind, device: UInt64)

  /// What it will be.
  var kind: FileKind {
    switch self {
    case .directory: .directory
    case .symbolicLink: .symbolicLink
    case .node(let kind, _): kind
    }
  }
}

extension ProjectionCore {
  /// A file that was made and opened.
  package struct Created: Sendable {
    /// The file, whose lookup is counted.
    package let entry: LookedUp
    /// The file that the kernel reads and writes by itself, if it does.
    package let backing: BackingID?
    /// What `release` is to be told of this open; 0 where it does not matter.
    package internal(set) var handle: UInt64 = 0
  }

  func create(
    _ name: [UInt8], in parent: NodeID, permissions: UInt16, for mode: OpenMode, with backing: BackingFiles?,
    by caller: Caller, for witness: Witness?
  ) async throws(ProjectionError) -> Created {
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    let created = try namespace.shared { () throws(ProjectionError) in
      try witness?.confirm()
      let handle = try materialize(directory)
      let created = try directory.withState { state throws(ProjectionError) in
        let found = try Self.free(state.find(name))
        try respell(state.find(name), as: name, in: handle, &state)
        let file = try makeFile(name, found, permissions: permissions, in: handle, by: caller)
        let entry = try registerNew(name, file.rawValue, .file, in: directory, &state)
        witness?.tell()
        return opened(entry, file, for: mode, with: backing)
      }
      note(directory, name)
      return created
    }
    if backing != nil, mode.contains(.writing) { beginWriting(created.entry.node) }
    return created
  }

  func makeUnnamed(
    in parent: NodeID, permissions: UInt16, for mode: OpenMode, with backing: BackingFiles?, by caller: Caller
  ) throws(ProjectionError) -> Created {
    let created = try namespace.shared { () throws(ProjectionError) in
      let directory = try inodes.directory(parent)
      let above = try attributes(of: directory)
      let file = HeldFile(
        try ProjectionError.local { () throws(Errno) in
          let draft = try local.staging.openDraft(mode: mode_t(permissions))
          try own(
            draft.rawValue, [], inheriting: mode_t(above.permissions) & S_ISGID == 0 ? nil : above.owner.group,
            by: caller, permissions: permissions)
          return draft
        })
      let status = try ProjectionError.local { () throws(Errno) in
        try FileCalls.status(file.descriptor.rawValue)
      }
      var details = NodeDetails()
      details.held = file
      let shown = try attributes(of: status, details)
      let entry = LookedUp(node: try inodes.addNameless(in: directory, details), attributes: shown)
      return opened(entry, file.descriptor, for: mode, with: backing)
    }
    if backing != nil, mode.contains(.writing) { beginWriting(created.entry.node) }
    return created
  }

  /// Counts the open of a file that was made.
  private func opened(
    _ entry: LookedUp, _ file: borrowing OwnedDescriptor, for mode: OpenMode, with backing: BackingFiles?
  ) -> Created {
    let outcome = backing?.open(entry.node, backedBy: file, from: .local, mapping: mode.contains(.mapping))
    guard case .opened(.passthrough(let id)) = outcome else { return Created(entry: entry, backing: nil) }
    counters.passthrough.add(1, ordering: .relaxed)
    return Created(entry: entry, backing: id)
  }

  func make(
    _ name: [UInt8], in parent: NodeID, _ new: NewEntry, permissions: UInt16, by caller: Caller,
    for witness: Witness?
  ) async throws(ProjectionError) -> LookedUp {
    if case .node(.characterDevice, device: 0) = new {
      // On disk it stands for a name that is gone, here as in overlayfs.
      throw .notPermitted
    }
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    return try namespace.shared { () throws(ProjectionError) in
      try witness?.confirm()
      let handle = try materialize(directory)
      let made = try directory.withState { state throws(ProjectionError) in
        let found = try Self.free(state.find(name))
        try respell(state.find(name), as: name, in: handle, &state)
        try ProjectionError.local { () throws(Errno) in
          try place(new, name, over: found, permissions: permissions, in: handle, by: caller)
        }
        let status = try ProjectionError.local { () throws(Errno) in
          try EntryCalls.status(at: handle.rawValue, name)
        }
        let made = try register(name, status, new.kind, in: directory, &state)
        witness?.tell()
        return made
      }
      note(directory, name)
      return made
    }
  }

  /// Finds out what a name stands for, before it is made or changed. The caller ends by `release`: until then it is known.
  func prepare(_ name: [UInt8], in parent: NodeID) async throws(ProjectionError) -> DirectoryNode {
    guard name.count <= 255 else { throw .nameTooLong }
    let directory = try inodes.directory(parent)
    while !directory.withState({ $0.keep(name) }) { try await learn(name, in: directory) }
    return directory
  }

  /// Ends a `prepare`.
  func release(_ name: [UInt8], of directory: DirectoryNode) {
    // Otherwise everything is known for good.
    if lookups != nil { directory.withState { $0.release(name) } }
  }

  /// Whether a whiteout is in the way of a new name. Throws `exists` where anything else is.
  private static func free(_ found: DirectoryState.Found) throws(ProjectionError) -> FileState? {
    switch found {
    case .unknown: throw .stale
    case .absent: return nil
    case .tombstone: return .tombstone
    case .provided, .local: throw .exists
    }
  }

  // MARK: - On disk

  private func makeFile(
    _ name: [UInt8], _ state: FileState?, permissions: UInt16, in handle: DirectoryHandle, by caller: Caller
  ) throws(ProjectionError) -> OwnedDescriptor {
    try ProjectionError.local { () throws(Errno) in
      if state == nil, caller.owner == processOwner, !options.mayHaveUmask {
        return try local.atFreeName(name, in: handle.rawValue) { () throws(Errno) in
          try EntryCalls.open(at: handle.rawValue, name, O_CREAT | O_EXCL | O_RDWR, mode: mode_t(permissions))
        }
      }
      guard state != nil else {
        let file = HeldFile(try local.staging.openDraft(mode: mode_t(permissions)))
        try own(file.descriptor.rawValue, [], in: handle, by: caller, permissions: permissions)
        try local.atFreeName(name, in: handle.rawValue) { () throws(Errno) in
          try FileCalls.link(file.descriptor, at: handle.rawValue, name)
        }
        return try FileCalls.open("/proc/self/fd/\(file.descriptor.rawValue)", O_RDWR)
      }
      // A whiteout gives way to a rename, which spares the file the time without a name.
      let staged = try local.staging.nextName()
      let file = try EntryCalls.open(
        at: local.staging.rawValue, staged, O_CREAT | O_EXCL | O_RDWR, mode: mode_t(permissions))
      do throws(Errno) {
        try own(file.rawValue, [], in: handle, by: caller, permissions: permissions)
        try EntryCalls.rename(at: local.staging.rawValue, staged, to: handle.rawValue, name)
      } catch {
        try? EntryCalls.remove(at: local.staging.rawValue, staged)
        throw error
      }
      return file
    }
  }

  private func place(
    _ new: NewEntry, _ name: [UInt8], over state: FileState?, permissions: UInt16, in handle: DirectoryHandle,
    by caller: Caller
  ) throws(Errno) {
    if state == nil, caller.owner == processOwner, !options.mayHaveUmask {
      return try local.atFreeName(name, in: handle.rawValue) { () throws(Errno) in
        try make(new, at: handle.rawValue, name, permissions)
      }
    }
    let staged = try local.staging.nextName()
    let staging = local.staging.rawValue
    try make(new, at: staging, staged, permissions)
    var isDirectory = false
    if case .directory = new { isDirectory = true }
    do throws(Errno) {
      try own(staging, staged, in: handle, by: caller, permissions: permissions, isDirectory: isDirectory)
      // A directory cannot be renamed over anything else, so the whiteout changes places with it.
      let flags: EntryCalls.RenameFlags = state == nil ? .keepExisting : isDirectory ? .exchange : []
      try local.atFreeName(name, in: handle.rawValue) { () throws(Errno) in
        try EntryCalls.rename(at: staging, staged, to: handle.rawValue, name, flags)
      }
    } catch {
      try? EntryCalls.remove(at: staging, staged, isDirectory: isDirectory)
      throw error
    }
    if state != nil, isDirectory { try? EntryCalls.remove(at: staging, staged) }
  }

  private func make(
    _ new: NewEntry, at directory: CInt, _ name: [UInt8], _ permissions: UInt16
  ) throws(Errno) {
    switch new {
    case .directory: try EntryCalls.makeDirectory(at: directory, name, mode: mode_t(permissions))
    case .symbolicLink(let target): try EntryCalls.makeSymbolicLink(at: directory, name, target: target)
    case .node(let kind, let device):
      try EntryCalls.makeNode(
        at: directory, name, mode: kind.typeBits | mode_t(permissions), device: device)
    }
  }

  /// Gives what was made outside of its directory the owner that it would have got inside.
  private func own(
    _ directory: CInt, _ name: [UInt8], in parent: DirectoryHandle, by caller: Caller, permissions: UInt16,
    isDirectory: Bool = false
  ) throws(Errno) {
    let status = try FileCalls.status(parent.rawValue)
    try own(
      directory, name, inheriting: status.st_mode & S_ISGID == 0 ? nil : status.st_gid, by: caller,
      permissions: permissions, isDirectory: isDirectory)
  }

  /// The same, where `group` is what a directory with the set-group-ID bit hands on.
  func own(
    _ directory: CInt, _ name: [UInt8], inheriting group: UInt32?, by caller: Caller, permissions: UInt16,
    isDirectory: Bool = false
  ) throws(Errno) {
    let owner = FileOwner(user: caller.owner.user, group: group ?? caller.owner.group)
    if owner != processOwner {
      try EntryCalls.changeOwner(at: directory, name, user: owner.user, group: owner.group)
    }
    // Changing the owner has taken special bits away; a new directory inherits that of its parent.
    let mode = mode_t(permissions) | (group != nil && isDirectory ? S_ISGID : 0)
    let now = try EntryCalls.status(at: directory, name).st_mode
    if now & S_IFMT != S_IFLNK, now & 0o7777 != mode & 0o7777 {
      try EntryCalls.changeMode(at: directory, name, mode & 0o7777)
    }
  }

  // MARK: - In memory

  private func registerNew(
    _ name: [UInt8], _ descriptor: CInt, _ kind: FileKind, in directory: DirectoryNode,
    _ state: inout DirectoryState
  ) throws(ProjectionError) -> LookedUp {
    let status = try ProjectionError.local { () throws(Errno) in try FileCalls.status(descriptor) }
    return try register(name, status, kind, in: directory, &state)
  }

  /// Notes a new local entry, and counts a lookup of it.
  private func register(
    _ name: [UInt8], _ status: stat, _ kind: FileKind, in directory: DirectoryNode, _ state: inout DirectoryState
  ) throws(ProjectionError) -> LookedUp {
    let inode = Self.number(ofLocal: UInt64(status.st_ino))
    let key = state.put(name, LocalNames.Entry(kind: kind, inode: inode))
    let node = try inodes.acquire(key, of: directory, provided: state.listing?.count ?? 0) { node in
      guard kind == .directory else { return (nil, nil) }
      return (
        DirectoryNode(
          node: node, inode: inode, origin: nil, permissions: UInt16(status.st_mode & 0o7777), isLocal: true,
          folding: folding), nil
      )
    }
    inodes.setBare(true, node)
    return LookedUp(node: node, attributes: NodeAttributes(status, kind: kind, inode: inode))
  }
}
