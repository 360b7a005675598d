internal import CLinux
package import Glibc
package import SystemPackage

/// One version of one file: what changes with every change of its content.
///
/// The time of change (ctime) cannot be set, and the kernel sets it with each write; but its clock ticks in steps. So a
/// version tells contents apart only once it is *settled*: when the tick in which the file last changed is over. From
/// then on any change gives another version. Until then, two contents may have had it, and the last of them keeps it.
/// What a program writes into a mapping is seen by no file system before it writes it back.
package struct FileVersion: Hashable, Sendable {
  /// The file system's own number, which outlives a restart where a device number may not.
  package let fileSystem: UInt64
  /// The inode number.
  package let inode: UInt64
  /// The size in bytes.
  package let size: Int64
  /// Nanoseconds since 1970, wrapped: the times of modification, change and birth. The last is 0 where nobody knows it.
  package let modified: UInt64
  package let changed: UInt64
  package let born: UInt64

  /// How long the ticks of file systems are at most: where times have nanoseconds, the kernel's (10 ms at 100 Hz), and
  /// elsewhere two seconds (FAT), with a margin.
  private static let fineTick: UInt64 = 25_000_000
  private static let coarseTick: UInt64 = 2_100_000_000

  /// In how many nanoseconds from now this version is settled; 0 where it is.
  ///
  /// A time in the future has been there since the clock was set back: a change would get another one.
  package func nanosecondsToSettle() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let present = UInt64(bitPattern: Int64(now.tv_sec)) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    let tick = changed.isMultiple(of: 1_000_000_000) ? Self.coarseTick : Self.fineTick
    let age = Int64(bitPattern: present &- changed)
    guard age > -Int64(tick), age < Int64(tick) else { return 0 }
    return tick - UInt64(max(0, age))
  }

  /// The version as bytes, at most 52.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for number in [fileSystem, modified, changed, born] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    Self.append(inode, to: &bytes)
    Self.append(UInt64(bitPattern: size), to: &bytes)
    return bytes
  }

  /// Takes a version off the front of `bytes`; nil where none is there.
  package init?(takingFrom bytes: inout ArraySlice<UInt8>) {
    guard bytes.count >= 32 else { return nil }
    let numbers = bytes.prefix(32).withUnsafeBytes { memory in
      (0..<4).map { UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
    }
    bytes = bytes.dropFirst(32)
    guard let inode = Self.takeNumber(from: &bytes), let size = Self.takeNumber(from: &bytes),
      Int64(bitPattern: size) >= 0
    else { return nil }
    (fileSystem, modified, changed, born) = (numbers[0], numbers[1], numbers[2], numbers[3])
    self.inode = inode
    self.size = Int64(bitPattern: size)
  }

  /// Appends a number in as few bytes as it needs (LEB128).
  package static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Takes off the front what `append` wrote; nil where it is not that.
  package static func takeNumber(from bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = bytes.popFirst(), shift < 63 || byte < 2 else { return nil }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    return nil
  }

  fileprivate init(_ facts: projfs_file_facts, fileSystem: UInt64) {
    self.fileSystem = fileSystem
    inode = facts.inode
    size = Int64(clamping: facts.size)
    modified = facts.modified
    changed = facts.changed
    born = facts.born
  }
}

/// What a file is at a moment.
package struct FileFacts: Sendable {
  /// Its version.
  package let version: FileVersion
  /// Its type and permissions.
  package let mode: mode_t
  /// How many names it has.
  package let links: UInt32
  /// Whether another file system, or another part of one, is mounted here.
  package let isMountRoot: Bool

  /// The facts of an entry of an open directory, or with an empty name of the open file itself. Follows no symbolic link.
  ///
  /// `fileSystem` is the number of its file system, as `fileSystem(of:)` gives it.
  package init(at directory: CInt, _ name: [UInt8], fileSystem: UInt64) throws(Errno) {
    var facts = projfs_file_facts()
    try EntryCalls.withCString(name) { name throws(Errno) in
      _ = try FileCalls.retrying { projfs_file_facts(directory, name, &facts) }
    }
    version = FileVersion(facts, fileSystem: fileSystem)
    mode = mode_t(facts.mode)
    links = facts.links
    isMountRoot = facts.is_mount_root
  }

  /// The facts of an open file, which may be an `O_PATH` one.
  package init(_ descriptor: CInt) throws(Errno) {
    try self.init(at: descriptor, [], fileSystem: try Self.fileSystem(of: descriptor))
  }

  /// The number of the file system that an open file is on.
  package static func fileSystem(of descriptor: CInt) throws(Errno) -> UInt64 {
    var number: UInt64 = 0
    try FileCalls.retrying { projfs_file_system_id(descriptor, &number) }
    if number != 0 { return number }
    return UInt64(try FileCalls.status(descriptor).st_dev)
  }
}
