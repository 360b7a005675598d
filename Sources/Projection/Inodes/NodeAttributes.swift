package import Glibc
package import Posix
package import Provider

/// What a file is, by the file type bits of its mode. A provider has three of them, users have them all.
package enum FileKind: UInt8, Hashable, Sendable, CaseIterable {
  case file
  case directory
  case symbolicLink
  case fifo
  case socket
  case characterDevice
  case blockDevice

  /// What a provider's entry is.
  package init(_ kind: EntryKind) {
    switch kind {
    case .file: self = .file
    case .directory: self = .directory
    case .symbolicLink: self = .symbolicLink
    }
  }

  /// What a mode says, or nil where it says nothing.
  package init?(mode: mode_t) {
    guard let kind = Self.allCases.first(where: { $0.typeBits == mode & S_IFMT }) else { return nil }
    self = kind
  }

  /// The file type bits of a mode.
  package var typeBits: mode_t {
    switch self {
    case .file: S_IFREG
    case .directory: S_IFDIR
    case .symbolicLink: S_IFLNK
    case .fifo: S_IFIFO
    case .socket: S_IFSOCK
    case .characterDevice: S_IFCHR
    case .blockDevice: S_IFBLK
    }
  }
}

/// What the kernel and users see of an inode.
package struct NodeAttributes: Hashable, Sendable {
  /// What it is.
  package var kind: FileKind
  /// The permission bits.
  package var permissions: UInt16
  /// The number shown by stat(2), stable over remounts.
  package var inode: UInt64
  /// Bytes.
  package var size: Int64
  /// Blocks of 512 bytes.
  package var blocks: Int64
  /// How many names it has; 1 for directories whose subdirectories nobody has counted, as on btrfs.
  package var links: UInt32 = 1
  /// Whom it belongs to.
  package var owner: FileOwner
  /// The device that it stands for, where it is a device.
  package var device: UInt64 = 0
  /// When it was last read.
  package var accessed: TimeStamp
  /// When its contents last changed.
  package var modified: TimeStamp
  /// When it last changed in any way.
  package var changed: TimeStamp

  /// Attributes of something that is the provider's: one time for all three, and the blocks it would take on a disk.
  package init(
    kind: FileKind, permissions: UInt16, inode: UInt64, size: Int64, owner: FileOwner, time: TimeStamp
  ) {
    self.kind = kind
    self.permissions = permissions
    self.inode = inode
    self.size = size
    self.owner = owner
    // Programs take a file with fewer blocks than bytes for a sparse one, and skip it.
    blocks = Self.blocks(holding: size)
    accessed = time
    modified = time
    changed = time
  }

  /// Attributes of a local file, which is shown with the number `inode`.
  package init(_ status: stat, kind: FileKind, inode: UInt64) {
    self.kind = kind
    permissions = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
    self.inode = inode
    size = Int64(status.st_size)
    blocks = Int64(status.st_blocks)
    links = UInt32(clamping: status.st_nlink)
    owner = FileOwner(user: status.st_uid, group: status.st_gid)
    device = UInt64(status.st_rdev)
    accessed = TimeStamp(status.st_atim)
    modified = TimeStamp(status.st_mtim)
    changed = TimeStamp(status.st_ctim)
  }

  /// How many blocks of 512 bytes `size` bytes take on a disk with pages of 4096.
  static func blocks(holding size: Int64) -> Int64 {
    let (sum, overflows) = max(0, size).addingReportingOverflow(4095)
    return overflows ? .max / 512 : sum / 4096 * 8
  }
}

/// A point in time as file systems keep it.
package struct TimeStamp: Hashable, Sendable {
  /// Whole seconds since 1970.
  package var seconds: Int64
  /// 0 ..< 1,000,000,000.
  package var nanoseconds: UInt32

  /// A point in time.
  package init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// The present, as the kernel stamps files.
  package static var now: TimeStamp {
    var time = Glibc.timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return TimeStamp(time)
  }

  /// The same moment as a C structure's.
  package init(_ time: timespec) {
    self.init(seconds: Int64(time.tv_sec), nanoseconds: UInt32(truncatingIfNeeded: time.tv_nsec))
  }

  /// The same moment as a C structure.
  package var timespec: timespec {
    Glibc.timespec(tv_sec: time_t(seconds), tv_nsec: Int(nanoseconds))
  }
}

extension TimeStamp: Comparable {
  /// Earlier than.
  package static func < (left: TimeStamp, right: TimeStamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}
