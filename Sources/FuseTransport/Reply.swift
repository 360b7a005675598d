internal import CFuse
internal import Glibc
internal import Posix
internal import Projection
internal import SystemPackage

/// The answer to a request. Each operation returns one, so each request is answered exactly once.
enum Reply: ~Copyable {
  /// An error number.
  case failure(Errno)
  /// An error number that is the answer, and no failure.
  case absent(Errno)
  /// LOOKUP: a node.
  case entry(ProjectionCore.LookedUp)
  /// LOOKUP: there is no such name, and the kernel may remember that.
  case noEntry
  /// GETATTR and SETATTR.
  case attributes(NodeID, NodeAttributes)
  /// READLINK.
  case target([UInt8])
  /// OPEN, with the file that the kernel reads and writes by itself, if there is one.
  case opened(NodeID, ProjectionCore.Opened, OpenMode)
  /// CREATE.
  case created(ProjectionCore.Created, OpenMode)
  /// READ: a piece of a file.
  case data(ProjectionCore.Readable, offset: Int64, count: Int)
  /// WRITE and COPY_FILE_RANGE: how many bytes.
  case written(Int)
  /// LSEEK.
  case offset(Int64)
  /// GETXATTR and LISTXATTR: as many bytes as fit, or how many there are where none are wanted.
  case value([UInt8], capacity: Int)
  /// READDIR and READDIRPLUS.
  case directory(DirentBuffer)
  /// STATFS.
  case space(statvfs)
  /// Nothing to say but that it is done.
  case done
}

/// For how long the kernel may keep what it was told. The server is the only one to change its tree, so what changes is
/// taken back explicitly, and this is only a bound for the case of a mistake.
let cacheTimeout: Double = 86_400

/// The largest target of a symbolic link and the NUL behind it fit in a page.
private let fopenKeepCache: UInt32 = 1 << 1

extension Reply {
  /// What became of a reply.
  struct Outcome {
    /// Whether the reply is an error that statistics count.
    var isFailure = false
    /// The error number that it is, counted or not.
    var error: Errno?
    /// Whether it reached the kernel. If not, the caller was interrupted, and what the reply gave out is taken back.
    var isDelivered = true
  }

  /// Sends the reply.
  consuming func send(to request: fuse_req_t, from server: RequestServer) -> Outcome {
    switch consume self {
    case .failure(let error):
      return Outcome(isFailure: true, error: error, isDelivered: fuse_reply_err(request, error.rawValue) == 0)
    case .absent(let error):
      return Outcome(error: error, isDelivered: fuse_reply_err(request, error.rawValue) == 0)
    case .entry(let found):
      var entry = fuse_entry_param(found, from: server)
      return Outcome(isDelivered: fuse_reply_entry(request, &entry) == 0)
    case .noEntry:
      var entry = fuse_entry_param()
      entry.entry_timeout = server.nameTimeout
      return Outcome(error: .noSuchFileOrDirectory, isDelivered: fuse_reply_entry(request, &entry) == 0)
    case .attributes(let node, let attributes):
      var status = stat(attributes)
      return Outcome(isDelivered: fuse_reply_attr(request, &status, server.timeout(of: node)) == 0)
    case .target(let target):
      // Not fuse_reply_readlink: it takes a C string, and a target is any bytes.
      return Outcome(isDelivered: target.withUnsafeBytes { Self.send($0, to: request) })
    case .opened(_, let file, _):
      // An ordinary open keeps what the kernel has cached of the file: nobody changes it but by the kernel.
      let flags = file.backing == nil ? fopenKeepCache : 0
      return Outcome(
        isDelivered: projfs_reply_open(request, file.handle, flags, file.backing?.rawValue ?? 0) == 0)
    case .created(let created, _):
      var entry = fuse_entry_param(created.entry, from: server)
      let flags = created.backing == nil ? fopenKeepCache : 0
      return Outcome(
        isDelivered: projfs_reply_create(
          request, &entry, created.handle, flags, created.backing?.rawValue ?? 0) == 0)
    case .data(let piece, let offset, let count):
      return Self.send(piece, offset, count, to: request)
    case .written(let count):
      return Outcome(isDelivered: fuse_reply_write(request, count) == 0)
    case .offset(let offset):
      return Outcome(isDelivered: fuse_reply_lseek(request, off_t(offset)) == 0)
    case .value(let value, let capacity):
      if capacity == 0 { return Outcome(isDelivered: fuse_reply_xattr(request, value.count) == 0) }
      guard value.count <= capacity else {
        return Outcome(error: .outOfRange, isDelivered: fuse_reply_err(request, Errno.outOfRange.rawValue) == 0)
      }
      return Outcome(isDelivered: value.withUnsafeBytes { Self.send($0, to: request) })
    case .directory(let entries):
      return Outcome(isDelivered: entries.withBytes { Self.send($0, to: request) })
    case .space(let space):
      var space = space
      return Outcome(isDelivered: fuse_reply_statfs(request, &space) == 0)
    case .done:
      return Outcome(isDelivered: fuse_reply_err(request, 0) == 0)
    }
  }

  private static func send(_ bytes: UnsafeRawBufferPointer, to request: fuse_req_t) -> Bool {
    fuse_reply_buf(request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == 0
  }

  private static func send(
    _ piece: ProjectionCore.Readable, _ offset: Int64, _ count: Int, to request: fuse_req_t
  ) -> Outcome {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
    defer { buffer.deallocate() }
    do throws(Errno) {
      let filled = try FileCalls.read(piece.file.descriptor.rawValue, at: offset, into: buffer)
      // The kernel would take a short answer for the end of the file, and show zeros up to what it knows as that.
      if let wanted = piece.count, filled < wanted { throw .ioError }
      return Outcome(isDelivered: send(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), to: request))
    } catch {
      return Outcome(
        isFailure: true, error: .ioError, isDelivered: fuse_reply_err(request, Errno.ioError.rawValue) == 0)
    }
  }
}

extension fuse_entry_param {
  /// What the kernel is told of a node, and for how long it may keep that.
  init(_ found: ProjectionCore.LookedUp, from server: RequestServer) {
    self.init()
    ino = found.node.rawValue
    attr = stat(found.attributes)
    attr_timeout = server.timeout(of: found.node)
    entry_timeout = server.nameTimeout
  }
}

extension stat {
  /// What stat(2) shows of a node.
  init(_ attributes: NodeAttributes) {
    self.init()
    st_ino = ino_t(attributes.inode)
    st_mode = attributes.kind.typeBits | mode_t(attributes.permissions)
    st_nlink = nlink_t(attributes.links)
    st_uid = attributes.owner.user
    st_gid = attributes.owner.group
    st_rdev = dev_t(attributes.device)
    st_size = off_t(attributes.size)
    st_blksize = 4096
    st_blocks = blkcnt_t(attributes.blocks)
    st_atim = attributes.accessed.timespec
    st_mtim = attributes.modified.timespec
    st_ctim = attributes.changed.timespec
  }
}
