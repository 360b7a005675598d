internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// What is done to the bytes of a file where the kernel does not do it by itself.
extension ProjectionCore {
  /// Writes `bytes` at `offset`. The file becomes full first.
  package func write(
    _ bytes: [UInt8], to node: NodeID, at offset: Int64, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) {
    let file = try await openFull(node, with: backing, by: caller)
    try ProjectionError.local { () throws(Errno) in
      let outcome: Result<Void, Errno> = bytes.withUnsafeBytes { bytes in
        Result { () throws(Errno) in try DataCalls.write(file.rawValue, bytes, at: offset) }
      }
      try outcome.get()
    }
    try clearPrivileges(file.rawValue, [], for: caller)
    namespace.shared { note(node) }
  }

  /// fallocate(2) with the given mode. The file becomes full first.
  package func allocate(
    _ node: NodeID, mode: CInt, offset: Int64, length: Int64, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) {
    let file = try await openFull(node, with: backing, by: caller)
    try ProjectionError.local { () throws(Errno) in
      try DataCalls.allocate(file.rawValue, mode: mode, offset: offset, length: length)
    }
    try clearPrivileges(file.rawValue, [], for: caller)
    namespace.shared { note(node) }
  }

  /// How many bytes of the provider's are copied at once, at most.
  private static let largestCopy = 8 << 20

  /// copy_file_range(2) between two files of the view; returns how many bytes were copied.
  package func copy(
    _ source: NodeID, from sourceOffset: Int64, to target: NodeID, at targetOffset: Int64, count: Int,
    with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) -> Int {
    let to = HeldFile(try await openFull(target, with: backing, by: caller))
    // Fewer bytes than asked for are an answer, and a caller that is interrupted does not wait for a whole large file.
    let from = try await read(source, at: sourceOffset, count: min(count, Self.largestCopy), by: caller)
    let count = from.count ?? count
    let copied = try ProjectionError.local { () throws(Errno) in
      try DataCalls.copy(
        from.file.descriptor.rawValue, from: sourceOffset, to: to.descriptor.rawValue, at: targetOffset, count: count)
    }
    try clearPrivileges(to.descriptor.rawValue, [], for: caller)
    namespace.shared { note(target) }
    return copied
  }

  /// lseek(2) to the next data (or hole) from `offset` on. Throws `noSuchOffset` behind the end.
  package func seek(
    _ node: NodeID, from offset: Int64, toHole: Bool
  ) async throws(ProjectionError) -> Int64 {
    try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) in
        if let (_, size) = spot.providedContent(state) {
          // The provider's files are data from end to end.
          guard offset >= 0, offset < size else { throw .noSuchOffset }
          return toHole ? size : offset
        }
        let file = try openLocal(spot, O_RDONLY)
        return try ProjectionError.local { () throws(Errno) in
          try toHole
            ? DataCalls.seekHole(file.rawValue, from: offset) : DataCalls.seekData(file.rawValue, from: offset)
        }
      }
    }
  }

  /// fsync(2) of a file or directory: what the user wrote is on the disk when it returns.
  package func sync(_ node: NodeID, dataOnly: Bool) async throws(ProjectionError) {
    willWait()
    let (file, above) = try namespace.shared { () throws(ProjectionError) in
      let location = try inodes.location(of: node)
      if let directory = location.directory {
        let handle = try existingHandle(of: directory)
        return (handle.map(Synced.directory) ?? .nothing, try unsynced(above: directory))
      }
      let file = try withFile(node) { state, spot throws(ProjectionError) -> Synced in
        guard case .local = spot.branch else { return .nothing }
        return .file(HeldFile(try openLocal(spot, O_RDONLY)))
      }
      guard let (parent, _) = location.parent else { return (file, []) }
      return (file, try unsynced(above: parent))
    }
    try ProjectionError.local { () throws(Errno) in
      switch file {
      case .nothing: break
      case .directory(let handle): try DataCalls.sync(handle.rawValue, dataOnly: dataOnly)
      case .file(let file): try DataCalls.sync(file.descriptor.rawValue, dataOnly: dataOnly)
      }
      // A file is only as durable as the local directories that were made for it.
      for (_, handle) in above { try DataCalls.sync(handle.rawValue, dataOnly: false) }
    }
    for (directory, _) in above { directory.withState { $0.isUnsynced = false } }
  }

  private enum Synced {
    case nothing
    case directory(DirectoryHandle)
    case file(HeldFile)
  }

  /// The local directories on the way to `directory` that this server made and nobody has synced, each once for itself and
  /// once with what it is an entry of.
  private func unsynced(
    above directory: DirectoryNode
  ) throws(ProjectionError) -> [(DirectoryNode, DirectoryHandle)] {
    var handles: [(DirectoryNode, DirectoryHandle)] = []
    var current = directory
    while current.withState({ $0.isUnsynced }), let (parent, _) = try inodes.location(of: current.node).parent {
      handles.append((current, try handle(of: current)))
      handles.append((current, try handle(of: parent)))
      current = parent
    }
    return handles
  }

  /// A file that is full when this returns, open for reading and writing.
  private func openFull(
    _ node: NodeID, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) -> OwnedDescriptor {
    opens.noteWriting(to: node)
    while true {
      let size: Int64
      switch try fullFile(node) {
      case .open(let file): return file
      case .provided(let full): size = full
      }
      try await makeFull(node, keeping: size, with: backing, by: caller)
    }
  }

  private enum FullFile: ~Copyable {
    case open(OwnedDescriptor)
    case provided(size: Int64)
  }

  private func fullFile(_ node: NodeID) throws(ProjectionError) -> FullFile {
    try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) -> FullFile in
        if case .frozen = spot.branch { throw .stale }
        if let (_, size) = spot.providedContent(state) { return .provided(size: size) }
        return .open(try openLocal(spot, O_RDWR))
      }
    }
  }
}
