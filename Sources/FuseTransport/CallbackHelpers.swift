internal import CFuse
internal import Glibc
internal import Posix
internal import Projection
internal import SystemPackage

// Callbacks are C functions, which capture nothing, not even the type they stand in: their helpers are global.

/// The server that a request is for.
func server(of request: fuse_req_t) -> RequestServer? {
  server(of: fuse_req_userdata(request)?.assumingMemoryBound(to: projfs_negotiation.self))
}

/// The server of a session.
func server(of negotiation: UnsafeMutablePointer<projfs_negotiation>?) -> RequestServer? {
  guard let context = negotiation?.pointee.context else { return nil }
  // FuseSession keeps the server alive for longer than libfuse's session.
  return Unmanaged<RequestServer>.fromOpaque(context).takeUnretainedValue()
}

/// A C string's bytes.
func bytes(_ string: UnsafePointer<CChar>) -> [UInt8] {
  Array(UnsafeRawBufferPointer(start: string, count: strlen(string)))
}

/// READDIR and READDIRPLUS.
func list(
  _ request: fuse_req_t, _ kind: RequestKind, node: fuse_ino_t, capacity: Int, cookie: UInt64, attributes: Bool
) {
  server(of: request)?.serve(request, kind, .node(node)) { server, caller throws(ProjectionError) in
    var entries = DirentBuffer(
      capacity: capacity, withAttributes: attributes, nameTimeout: server.nameTimeout)
    try await server.fileSystem.list(
      NodeID(rawValue: node), after: cookie, attributes: attributes, by: caller, into: &entries)
    return .directory(entries)
  }
}

/// MKNOD, MKDIR and SYMLINK.
func makeEntry(
  _ request: fuse_req_t?, _ kind: RequestKind, _ new: NewEntry, _ name: UnsafePointer<CChar>?, in parent: fuse_ino_t,
  mode: mode_t
) {
  guard let request, let name else { return }
  let entry = bytes(name)
  server(of: request)?.serve(request, kind, .entry(entry, in: parent)) { server, caller throws(ProjectionError) in
    .entry(
      try await server.fileSystem.make(
        entry, in: NodeID(rawValue: parent), new, permissions: UInt16(mode & 0o7777), by: caller))
  }
}

/// FSYNC and FSYNCDIR.
func sync(_ request: fuse_req_t?, _ kind: RequestKind, _ node: fuse_ino_t, dataOnly: Bool) {
  guard let request else { return }
  server(of: request)?.serve(request, kind, .node(node)) { server, _ throws(ProjectionError) in
    try await server.fileSystem.sync(NodeID(rawValue: node), dataOnly: dataOnly)
    return .done
  }
}

/// Refuses a request once and for all: the kernel does not send it again.
func refuse(_ request: fuse_req_t?, _ kind: RequestKind, _ node: fuse_ino_t) {
  guard let request else { return }
  server(of: request)?.serve(request, kind, .node(node)) { _, _ in .failure(.noFunction) }
}

extension OpenMode {
  /// What open(2)'s flags say.
  init(flags: CInt) {
    switch flags & O_ACCMODE {
    case O_RDONLY: self = []
    // mmap(2): a shared mapping for writing wants the file open for both.
    case O_RDWR: self = [.writing, .mapping]
    default: self = .writing
    }
    if flags & O_TRUNC != 0 { formUnion(.truncating) }
  }
}

extension AttributeChange {
  /// What a SETATTR request says: `set` are libfuse's FUSE_SET_ATTR_* bits.
  init(_ status: stat, set: CInt) {
    self.init()
    if set & FUSE_SET_ATTR_MODE != 0 { permissions = UInt16(status.st_mode & 0o7777) }
    if set & FUSE_SET_ATTR_UID != 0 { user = status.st_uid }
    if set & FUSE_SET_ATTR_GID != 0 { group = status.st_gid }
    if set & FUSE_SET_ATTR_SIZE != 0 { size = Int64(status.st_size) }
    if set & FUSE_SET_ATTR_ATIME_NOW != 0 {
      accessed = .now
    } else if set & FUSE_SET_ATTR_ATIME != 0 {
      accessed = .at(TimeStamp(status.st_atim))
    }
    if set & FUSE_SET_ATTR_MTIME_NOW != 0 {
      modified = .now
    } else if set & FUSE_SET_ATTR_MTIME != 0 {
      modified = .at(TimeStamp(status.st_mtim))
    }
  }
}
