internal import CFuse
internal import Glibc
internal import Posix
internal import Projection
internal import Provider
internal import SystemPackage

/// The answer to a request. Each operation returns one, so each request is answered exactly once.
enum Reply: ~Copyable {
  /// An error number.
  case failure(Errno)
  /// LOOKUP: a node.
  case entry(ProjectedFileSystem.LookedUp)
  /// LOOKUP: there is no such name, and the kernel may remember that.
  case noEntry
  /// GETATTR.
  case attributes(NodeAttributes)
  /// READLINK.
  case target([UInt8])
  /// OPEN, with the file that the kernel reads by itself, if there is one.
  case opened(NodeID, BackingID?)
  /// READ: a piece of a file.
  case data(OwnedDescriptor, offset: Int64, count: Int)
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
    /// Whether it reached the kernel. If not, the caller was interrupted, and what the reply gave out is taken back.
    var isDelivered = true
  }

  /// Sends the reply. `owner` goes with every node's attributes.
  consuming func send(to request: fuse_req_t, owner: FileOwner) -> Outcome {
    switch consume self {
    case .failure(let error):
      return Outcome(isFailure: true, isDelivered: fuse_reply_err(request, error.rawValue) == 0)
    case .entry(let found):
      var entry = fuse_entry_param(found, owner: owner)
      return Outcome(isDelivered: fuse_reply_entry(request, &entry) == 0)
    case .noEntry:
      var entry = fuse_entry_param()
      entry.entry_timeout = cacheTimeout
      return Outcome(isDelivered: fuse_reply_entry(request, &entry) == 0)
    case .attributes(let attributes):
      var status = stat(attributes, owner: owner)
      return Outcome(isDelivered: fuse_reply_attr(request, &status, cacheTimeout) == 0)
    case .target(let target):
      // Not fuse_reply_readlink: it takes a C string, and a target is any bytes.
      return Outcome(isDelivered: target.withUnsafeBytes { Self.send($0, to: request) })
    case .opened(_, let backing):
      // An ordinary open keeps what the kernel has cached of the file: it cannot change.
      let flags = backing == nil ? fopenKeepCache : 0
      return Outcome(isDelivered: projfs_reply_open(request, 0, flags, backing?.rawValue ?? 0) == 0)
    case .data(let file, let offset, let count):
      return Self.send(file, offset, count, to: request)
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
    _ file: borrowing OwnedDescriptor, _ offset: Int64, _ count: Int, to request: fuse_req_t
  ) -> Outcome {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
    defer { buffer.deallocate() }
    do throws(Errno) {
      let filled = try FileCalls.read(file.rawValue, at: offset, into: buffer)
      return Outcome(isDelivered: send(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), to: request))
    } catch {
      return Outcome(isFailure: true, isDelivered: fuse_reply_err(request, Errno.ioError.rawValue) == 0)
    }
  }
}

extension fuse_entry_param {
  /// What the kernel is told of a node.
  init(_ found: ProjectedFileSystem.LookedUp, owner: FileOwner) {
    self.init()
    ino = found.node.rawValue
    attr = stat(found.attributes, owner: owner)
    attr_timeout = cacheTimeout
    entry_timeout = cacheTimeout
  }
}

extension stat {
  /// What stat(2) shows of a node.
  init(_ attributes: NodeAttributes, owner: FileOwner) {
    self.init()
    st_ino = ino_t(attributes.inode)
    st_mode = attributes.kind.fileType | mode_t(attributes.permissions)
    // 1 for directories is what btrfs says, too: nobody may conclude the number of subdirectories from it.
    st_nlink = 1
    st_uid = owner.user
    st_gid = owner.group
    st_size = off_t(attributes.size)
    st_blksize = 4096
    // As if it lay on the disk: programs take a file with fewer blocks than bytes for a sparse one, and skip it.
    st_blocks = blkcnt_t((attributes.size + 4095) / 4096 * 8)
    let time = timespec(tv_sec: time_t(attributes.time.seconds), tv_nsec: Int(attributes.time.nanoseconds))
    st_atim = time
    st_mtim = time
    st_ctim = time
  }
}

extension EntryKind {
  /// The file type bits of a mode.
  var fileType: mode_t {
    switch self {
    case .file: S_IFREG
    case .directory: S_IFDIR
    case .symbolicLink: S_IFLNK
    }
  }
}
