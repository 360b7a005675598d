internal import Provider

/// Operations on names as a transport calls them: observers are asked, then it is done, and they are told.
extension ProjectionCore {
  /// Makes a regular file and opens it for writing. `permissions` are what the caller's umask has left.
  ///
  /// With `backing` the open is counted and must be released. Throws `exists` where the name is taken.
  package func create(
    _ name: [UInt8], in parent: NodeID, permissions: UInt16, for mode: OpenMode, with backing: BackingFiles?,
    by caller: Caller
  ) async throws(ProjectionError) -> Created {
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    var created = try await observing(.create, by: caller) { [self] _ in
      describeNew(name, in: directory, .file, .create)
    } perform: { witness throws(ProjectionError) in
      try await create(
        name, in: parent, permissions: permissions, for: mode, with: backing, by: caller, for: witness)
    }
    if backing != nil { created.handle = noteOpen(of: created.entry.node, for: mode, by: caller) }
    return created
  }

  /// Makes a regular file without a name and opens it, as open(2) does with `O_TMPFILE`. `link` can give it a name.
  ///
  /// It is gone when the kernel forgets it. With `backing` the open is counted and must be released.
  package func createUnnamed(
    in parent: NodeID, permissions: UInt16, for mode: OpenMode, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) -> Created {
    let directory = try inodes.directory(parent)
    var created = try await observing(.create, by: caller) { [self] _ in
      path(of: directory).map { [ObservedOperation(.create, .file, at: [$0], isUnnamed: true)] } ?? []
    } perform: { witness throws(ProjectionError) in
      let created = try makeUnnamed(in: parent, permissions: permissions, for: mode, with: backing, by: caller)
      namespace.shared { witness?.tellAnew() }
      return created
    }
    if backing != nil { created.handle = noteOpen(of: created.entry.node, for: mode, by: caller) }
    return created
  }

  /// Makes anything but an open file.
  package func make(
    _ name: [UInt8], in parent: NodeID, _ new: NewEntry, permissions: UInt16, by caller: Caller
  ) async throws(ProjectionError) -> LookedUp {
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    let action: ObservedAction =
      switch new {
      case .directory: .makeDirectory
      case .symbolicLink(let target): .makeSymbolicLink(target: target)
      case .node: .create
      }
    return try await observing(action.mask, by: caller) { [self] _ in
      describeNew(name, in: directory, new.kind, action)
    } perform: { witness throws(ProjectionError) in
      try await make(name, in: parent, new, permissions: permissions, by: caller, for: witness)
    }
  }

  /// Removes a name that is no directory's.
  package func unlink(_ name: [UInt8], in parent: NodeID, by caller: Caller) async throws(ProjectionError) {
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    try await observing(.unlink, by: caller) { [self] _ in
      describeRemoval(of: name, in: directory, .unlink)
    } perform: { witness throws(ProjectionError) in
      try await unlink(name, in: parent, for: witness)
    }
  }

  /// Removes an empty directory.
  package func removeDirectory(
    _ name: [UInt8], in parent: NodeID, by caller: Caller
  ) async throws(ProjectionError) {
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    try await observing(.removeDirectory, by: caller) { [self] _ in
      describeRemoval(of: name, in: directory, .removeDirectory)
    } perform: { witness throws(ProjectionError) in
      try await removeDirectory(name, in: parent, for: witness)
    }
  }

  /// Renames a file or directory. Nothing is fetched for it, and a directory takes as long as a file, whatever is in it.
  package func rename(
    _ oldName: [UInt8], in oldParent: NodeID, to newName: [UInt8], in newParent: NodeID, _ mode: RenameMode,
    by caller: Caller
  ) async throws(ProjectionError) {
    let old = try await prepare(oldName, in: oldParent)
    defer { release(oldName, of: old) }
    let new = try await prepare(newName, in: newParent)
    defer { release(newName, of: new) }
    try await observing(.rename, by: caller) { [self] _ in
      describeRename((oldName, old), (newName, new), mode)
    } perform: { witness throws(ProjectionError) in
      try await rename(oldName, in: oldParent, to: newName, in: newParent, mode, by: caller, for: witness)
    }
  }

  /// Gives a file another name, and counts a lookup of it. The provider's files become the user's in their metadata;
  /// nothing is fetched.
  package func link(
    _ node: NodeID, to newName: [UInt8], in newParent: NodeID, by caller: Caller
  ) async throws(ProjectionError) -> LookedUp {
    let directory = try await prepare(newName, in: newParent)
    defer { release(newName, of: directory) }
    return try await observing(.link, by: caller) { [self] _ in
      describeLink(of: node, to: newName, in: directory)
    } perform: { witness throws(ProjectionError) in
      try await link(node, to: newName, in: newParent, by: caller, for: witness)
    }
  }
}
