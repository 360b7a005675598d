internal import CLinux
package import Glibc
package import SystemPackage

/// System calls on one entry of an open directory. A name is any bytes; no symbolic link is ever followed.
///
/// With an empty name a call is about the file of the descriptor itself, which may be an `O_PATH` one.
package enum EntryCalls {
  /// What renameat2(2) is to do beside renaming.
  package struct RenameFlags: OptionSet, Sendable {
    /// The system call's bits.
    package let rawValue: UInt32

    /// The system call's bits.
    package init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    /// Fail where the new name is taken.
    package static var keepExisting: RenameFlags { RenameFlags(rawValue: projfs_rename_noreplace) }
    /// Let the two names change places.
    package static var exchange: RenameFlags { RenameFlags(rawValue: projfs_rename_exchange) }
    /// Leave a whiteout at the old name.
    package static var leaveWhiteout: RenameFlags { RenameFlags(rawValue: projfs_rename_whiteout) }
  }

  /// `O_PATH`, which Swift's C library module lacks.
  package static var pathOnly: CInt { projfs_o_path }

  /// `O_NOATIME`, which Swift's C library module lacks: the owner of a file, or a privileged process, may read it without
  /// a trace.
  package static var keepingAccessTime: CInt { projfs_o_noatime }

  /// openat(2) with `O_CLOEXEC` and `O_NOFOLLOW`.
  package static func open(
    at directory: CInt, _ name: [UInt8], _ flags: CInt, mode: mode_t = 0
  ) throws(Errno) -> OwnedDescriptor {
    if name.isEmpty { return try FileCalls.open("/proc/self/fd/\(directory)", flags) }
    return OwnedDescriptor(
      rawValue: try withCString(name) { name throws(Errno) in
        try FileCalls.retrying { openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode) }
      })
  }

  /// fstatat(2).
  package static func status(at directory: CInt, _ name: [UInt8]) throws(Errno) -> stat {
    var result = stat()
    try call(name) { fstatat(directory, $0, &result, nofollow(name)) }
    return result
  }

  /// mkdirat(2).
  package static func makeDirectory(at directory: CInt, _ name: [UInt8], mode: mode_t) throws(Errno) {
    try call(name) { mkdirat(directory, $0, mode) }
  }

  /// mknodat(2).
  package static func makeNode(at directory: CInt, _ name: [UInt8], mode: mode_t, device: UInt64) throws(Errno) {
    try call(name) { mknodat(directory, $0, mode, dev_t(device)) }
  }

  /// A whiteout: what overlayfs puts in the place of a removed name.
  package static func makeWhiteout(at directory: CInt, _ name: [UInt8]) throws(Errno) {
    try call(name) { projfs_make_whiteout(directory, $0) }
  }

  /// symlinkat(2).
  package static func makeSymbolicLink(at directory: CInt, _ name: [UInt8], target: [UInt8]) throws(Errno) {
    try withCString(target) { target throws(Errno) in
      try call(name) { symlinkat(target, directory, $0) }
    }
  }

  /// The target of a symbolic link.
  package static func linkTarget(at directory: CInt, _ name: [UInt8]) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try call(name) { name in readlinkat(directory, name, &buffer, buffer.count) }
    return Array(buffer[..<count])
  }

  /// linkat(2).
  package static func link(
    at old: CInt, _ oldName: [UInt8], to new: CInt, _ newName: [UInt8]
  ) throws(Errno) {
    if oldName.isEmpty {
      try call(newName) { linkat(AT_FDCWD, "/proc/self/fd/\(old)", new, $0, AT_SYMLINK_FOLLOW) }
      return
    }
    try withCString(oldName) { oldName throws(Errno) in
      try call(newName) { linkat(old, oldName, new, $0, 0) }
    }
  }

  /// unlinkat(2).
  package static func remove(at directory: CInt, _ name: [UInt8], isDirectory: Bool = false) throws(Errno) {
    try call(name) { unlinkat(directory, $0, isDirectory ? AT_REMOVEDIR : 0) }
  }

  /// renameat2(2).
  package static func rename(
    at old: CInt, _ oldName: [UInt8], to new: CInt, _ newName: [UInt8], _ flags: RenameFlags = []
  ) throws(Errno) {
    try withCString(oldName) { oldName throws(Errno) in
      try call(newName) { projfs_rename(old, oldName, new, $0, flags.rawValue) }
    }
  }

  /// Sets the permission bits.
  package static func changeMode(at directory: CInt, _ name: [UInt8], _ mode: mode_t) throws(Errno) {
    try call(name) { projfs_change_mode(directory, $0, mode) }
  }

  /// fchownat(2); nil leaves one of the two as it is.
  package static func changeOwner(
    at directory: CInt, _ name: [UInt8], user: UInt32?, group: UInt32?
  ) throws(Errno) {
    try call(name) { fchownat(directory, $0, user ?? .max, group ?? .max, nofollow(name)) }
  }

  /// utimensat(2), with UTIME_NOW and UTIME_OMIT as it has them.
  package static func setTimes(
    at directory: CInt, _ name: [UInt8], accessed: timespec, modified: timespec
  ) throws(Errno) {
    let times = [accessed, modified]
    try call(name) { utimensat(directory, $0, times, nofollow(name)) }
  }

  private static func nofollow(_ name: [UInt8]) -> CInt {
    name.isEmpty ? projfs_at_empty_path : AT_SYMLINK_NOFOLLOW
  }

  @discardableResult
  private static func call<Result: FixedWidthInteger>(
    _ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
  ) throws(Errno) -> Result {
    try withCString(name) { name throws(Errno) in try FileCalls.retrying { body(name) } }
  }

  /// Runs `body` on the name with a NUL behind it. A name with a NUL inside is no name.
  @discardableResult
  static func withCString<Result>(
    _ name: [UInt8], _ body: (UnsafePointer<CChar>) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    let outcome: Swift.Result<Result, Errno> = withUnsafeTemporaryAllocation(
      byteCount: name.count + 1, alignment: 1
    ) { buffer in
      buffer.copyBytes(from: name)
      buffer[name.count] = 0
      guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else {
        return .failure(.invalidArgument)
      }
      return Swift.Result { () throws(Errno) in try body(start) }
    }
    return try outcome.get()
  }
}

extension EntryCalls {
  /// What readdir(3) says of an entry.
  package struct ListedEntry: Sendable {
    /// Its name.
    package let name: [UInt8]
    /// The file type bits of its mode; 0 where the file system does not say.
    package let fileType: mode_t
    /// Its inode number.
    package let inode: UInt64
  }

  /// The directory once more, with a position of its own; where its permissions forbid that, with the same position, at
  /// the start. Its time of access stays, where it is this user's.
  private static func reopen(_ directory: CInt) throws(Errno) -> OwnedDescriptor {
    do {
      return try openQuietly(at: directory, Array(".".utf8), O_RDONLY | O_DIRECTORY)
    } catch .permissionDenied {
      let copy = OwnedDescriptor(rawValue: try FileCalls.retrying { fcntl(directory, F_DUPFD_CLOEXEC, 0) })
      try FileCalls.retrying { lseek(copy.rawValue, 0, SEEK_SET) }
      return copy
    }
  }

  /// Opens an entry so that reading it leaves its time of access alone, where open(2) allows that: to its owner.
  package static func openQuietly(
    at directory: CInt, _ name: [UInt8], _ flags: CInt
  ) throws(Errno) -> OwnedDescriptor {
    do {
      return try open(at: directory, name, flags | keepingAccessTime)
    } catch .notPermitted {
      return try open(at: directory, name, flags)
    }
  }

  /// Opens an entry whether or not its permissions let this process: a server without privilege has to let itself in
  /// where the kernel has already decided that the caller may.
  package static func openAnyway(
    at directory: CInt, _ name: [UInt8], _ flags: CInt, permissions: mode_t
  ) throws(Errno) -> OwnedDescriptor {
    do {
      return try open(at: directory, name, flags)
    } catch .permissionDenied {
      let mode = try status(at: directory, name).st_mode & 0o7777
      try changeMode(at: directory, name, mode | permissions)
      defer { try? changeMode(at: directory, name, mode) }
      return try open(at: directory, name, flags)
    }
  }

  /// Reads a little of a directory as its user would, so that its time of access changes where it has to.
  package static func noteReading(of directory: CInt) {
    guard let number = try? FileCalls.open(at: directory, ".", O_RDONLY | O_DIRECTORY).release() else { return }
    guard let stream = fdopendir(number) else {
      _ = Glibc.close(number)
      return
    }
    _ = readdir(stream)
    closedir(stream)
  }

  /// The entries of a directory, without `.` and `..`, in no order. The descriptor's position does not move.
  package static func entries(of directory: CInt) throws(Errno) -> [ListedEntry] {
    let number = try reopen(directory).release()
    guard let stream = fdopendir(number) else {
      let failure = Errno.current
      _ = Glibc.close(number)
      throw failure
    }
    defer { closedir(stream) }
    var entries: [ListedEntry] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) {
        // DT_* are the file type bits, shifted.
        entries.append(
          ListedEntry(name: name, fileType: mode_t(entry.pointee.d_type) << 12, inode: UInt64(entry.pointee.d_ino)))
      }
      errno = 0
    }
    if errno != 0 { throw Errno.current }
    return entries
  }
}
