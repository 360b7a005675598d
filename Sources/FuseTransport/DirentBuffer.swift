internal import CFuse
internal import Glibc
internal import Projection

/// A READDIR or READDIRPLUS reply being filled, in the kernel's format.
struct DirentBuffer: DirectoryReply {
  private var bytes: [UInt8] = []
  private let capacity: Int
  private let withAttributes: Bool
  private let nameTimeout: Double

  /// The nodes whose lookups this reply counts.
  private(set) var nodes: [NodeID] = []

  /// A reply of at most `capacity` bytes, whose names the kernel may keep for as many seconds.
  init(capacity: Int, withAttributes: Bool, nameTimeout: Double) {
    self.nameTimeout = nameTimeout
    self.capacity = capacity
    self.withAttributes = withAttributes
    bytes.reserveCapacity(capacity)
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes(body)
  }

  func fits(nameLength: Int) -> Bool {
    bytes.count + size(nameLength: nameLength) <= capacity
  }

  mutating func append(
    name: UnsafeRawBufferPointer, cookie: UInt64, kind: FileKind, inode: UInt64,
    found: ProjectionCore.LookedUp?
  ) {
    if withAttributes {
      append(entryOut(found))
      if let found { nodes.append(found.node) }
    }
    // struct fuse_dirent: ino, off, namelen, type, then the name, padded to eight bytes.
    append(inode)
    append(cookie)
    append(UInt32(name.count))
    append(UInt32(kind.typeBits >> 12))
    bytes.append(contentsOf: name)
    bytes.append(contentsOf: repeatElement(0, count: Self.padded(name.count) - name.count))
  }

  private mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  private func size(nameLength: Int) -> Int {
    (withAttributes ? MemoryLayout<EntryOut>.size : 0) + 24 + Self.padded(nameLength)
  }

  private static func padded(_ length: Int) -> Int { (length + 7) & ~7 }

  /// struct fuse_entry_out with its struct fuse_attr, whose fields all have their natural alignment.
  private struct EntryOut: BitwiseCopyable {
    var node: UInt64 = 0
    var generation: UInt64 = 0
    var entrySeconds: UInt64 = 0
    var attributeSeconds: UInt64 = 0
    var entryNanoseconds: UInt32 = 0
    var attributeNanoseconds: UInt32 = 0
    var inode: UInt64 = 0
    var size: UInt64 = 0
    var blocks: UInt64 = 0
    var accessSeconds: UInt64 = 0
    var modificationSeconds: UInt64 = 0
    var changeSeconds: UInt64 = 0
    var accessNanoseconds: UInt32 = 0
    var modificationNanoseconds: UInt32 = 0
    var changeNanoseconds: UInt32 = 0
    var mode: UInt32 = 0
    var links: UInt32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    var device: UInt32 = 0
    var blockSize: UInt32 = 0
    var flags: UInt32 = 0
  }

  /// Node 0 is "no attributes given", not "no such name" as in LOOKUP.
  private func entryOut(_ found: ProjectionCore.LookedUp?) -> EntryOut {
    assert(MemoryLayout<EntryOut>.size == 128, "struct fuse_entry_out")
    var out = EntryOut()
    guard let found else { return out }
    let status = stat(found.attributes)
    out.node = found.node.rawValue
    out.entrySeconds = UInt64(nameTimeout)
    out.attributeSeconds = UInt64(cacheTimeout)
    out.inode = UInt64(status.st_ino)
    out.size = UInt64(status.st_size)
    out.blocks = UInt64(status.st_blocks)
    out.accessSeconds = UInt64(bitPattern: Int64(status.st_atim.tv_sec))
    out.modificationSeconds = UInt64(bitPattern: Int64(status.st_mtim.tv_sec))
    out.changeSeconds = UInt64(bitPattern: Int64(status.st_ctim.tv_sec))
    out.accessNanoseconds = UInt32(status.st_atim.tv_nsec)
    out.modificationNanoseconds = UInt32(status.st_mtim.tv_nsec)
    out.changeNanoseconds = UInt32(status.st_ctim.tv_nsec)
    out.mode = status.st_mode
    out.links = UInt32(status.st_nlink)
    out.user = status.st_uid
    out.group = status.st_gid
    out.device = UInt32(truncatingIfNeeded: status.st_rdev)
    out.blockSize = UInt32(status.st_blksize)
    return out
  }
}
