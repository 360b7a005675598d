internal import CLinux
package import Glibc
package import SystemPackage

/// The system calls this project makes on files: EINTR retried, failures as `Errno`, no policy.
///
/// Every `at` call takes a directory descriptor and a path relative to it.
package enum FileCalls {
  /// The directory argument that means the working directory.
  package static let workingDirectory: CInt = AT_FDCWD

  /// open(2) with `O_CLOEXEC`.
  package static func open(_ path: String, _ flags: CInt, mode: mode_t = 0) throws(Errno) -> OwnedDescriptor {
    try open(at: AT_FDCWD, path, flags, mode: mode)
  }

  /// openat(2) with `O_CLOEXEC`.
  package static func open(
    at directory: CInt, _ path: String, _ flags: CInt, mode: mode_t = 0
  ) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(rawValue: try retrying { Glibc.openat(directory, path, flags | O_CLOEXEC, mode) })
  }

  /// openat2(2) that neither leaves `directory` nor follows a symbolic link on the way.
  package static func open(
    beneath directory: CInt, _ path: String, _ flags: CInt, mode: mode_t = 0
  ) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(
      rawValue: try retrying {
        projfs_openat2(
          directory, path, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), UInt64(mode), projfs_resolve_beneath)
      })
  }

  /// The same for a path of any bytes and any length, which crosses no mount either; an empty one is `directory` itself.
  package static func open(withinMount directory: CInt, _ path: [UInt8], _ flags: CInt) throws(Errno) -> OwnedDescriptor
  {
    // What the kernel takes of a path at once.
    let longest = Int(PATH_MAX) - 1
    guard path.count > longest, let cut = path[...longest].lastIndex(of: UInt8(ascii: "/")), cut > 0 else {
      return try openWithinMount(directory, path.isEmpty ? [UInt8(ascii: ".")] : path, flags)
    }
    let part = try openWithinMount(directory, Array(path[..<cut]), EntryCalls.pathOnly | O_DIRECTORY)
    return try open(withinMount: part.rawValue, Array(path[(cut + 1)...]), flags)
  }

  private static func openWithinMount(_ directory: CInt, _ path: [UInt8], _ flags: CInt) throws(Errno)
    -> OwnedDescriptor
  {
    let flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
    let number: CInt = try EntryCalls.withCString(path) { path throws(Errno) in
      var attempts = 0
      while true {
        do throws(Errno) {
          return try retrying {
            projfs_openat2(directory, path, flags, 0, projfs_resolve_beneath | projfs_resolve_same_mount)
          }
        } catch {
          // Something was renamed meanwhile, and the kernel cannot tell whether the path stayed beneath.
          guard error == .resourceTemporarilyUnavailable, attempts < 100 else { throw error }
          attempts += 1
        }
      }
    }
    return OwnedDescriptor(rawValue: number)
  }

  /// An unnamed file in the file system of `directory`, open for reading and writing, that `link` can name later.
  package static func openTemporary(in directory: CInt, mode: mode_t) throws(Errno) -> OwnedDescriptor {
    try open(at: directory, ".", projfs_o_tmpfile | O_RDWR, mode: mode)
  }

  /// The same in the file system of the directory at `path`, which is relative to `directory`.
  package static func openTemporary(
    in directory: CInt, _ path: [UInt8], mode: mode_t
  ) throws(Errno) -> OwnedDescriptor {
    try EntryCalls.open(at: directory, path, projfs_o_tmpfile | O_RDWR, mode: mode)
  }

  /// Asks the file system to lay directories that are made in `directory` far from each other; not all of them can.
  package static func spreadDirectories(in directory: CInt) {
    _ = projfs_spread_directories(directory)
  }

  /// Names an open unnamed file. Throws `fileExists` where the name is taken.
  package static func link(_ descriptor: borrowing OwnedDescriptor, at directory: CInt, _ path: String) throws(Errno) {
    try link(descriptor, at: directory, Array(path.utf8))
  }

  /// Names an open unnamed file. Throws `fileExists` where the name is taken.
  package static func link(_ descriptor: borrowing OwnedDescriptor, at directory: CInt, _ path: [UInt8]) throws(Errno) {
    let number = descriptor.rawValue
    try EntryCalls.withCString(path) { path throws(Errno) in
      do throws(Errno) {
        try retrying { Glibc.linkat(number, "", directory, path, projfs_at_empty_path) }
      } catch .noSuchFileOrDirectory {
        // That needs CAP_DAC_READ_SEARCH before Linux 6.10, or a directory is missing. The /proc form, which costs two
        // microseconds more, needs no privilege.
        try retrying { Glibc.linkat(AT_FDCWD, "/proc/self/fd/\(number)", directory, path, AT_SYMLINK_FOLLOW) }
      }
    }
  }

  /// Writes all of `bytes`, whatever the kernel takes at a time, at the descriptor's position.
  package static func writeAll(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var rest = bytes
    while !rest.isEmpty {
      let written = try retrying { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  /// Writes all of `bytes`.
  package static func writeAll(_ descriptor: CInt, _ bytes: [UInt8]) throws(Errno) {
    let result: Result<Void, Errno> = bytes.withUnsafeBytes { buffer in
      Result { () throws(Errno) in try writeAll(descriptor, buffer) }
    }
    try result.get()
  }

  /// Puts a file with these bytes in the place of `name`: a reader sees the old one or the new one, and so does the
  /// next boot, unless the file need not outlive this one (`isLasting`).
  package static func replace(
    at directory: CInt, _ name: String, with bytes: [UInt8], mode: mode_t = 0o644, owner: FileOwner? = nil,
    isLasting: Bool = true
  ) throws(Errno) {
    let draft = name + ".new"
    let file = try open(at: directory, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
    if let owner { try changeOwner(file.rawValue, user: owner.user, group: owner.group) }
    try writeAll(file.rawValue, bytes)
    if isLasting { try sync(file.rawValue) }
    try rename(at: directory, draft, to: name)
  }

  /// Reads from `offset` until `buffer` is full or the file ends; returns how many bytes it got.
  package static func read(
    _ descriptor: CInt, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    var filled = 0
    while filled < buffer.count {
      let start = buffer.baseAddress.map { $0 + filled }
      let count = try retrying { Glibc.pread(descriptor, start, buffer.count - filled, off_t(offset) + filled) }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// At most `count` bytes from `offset`; fewer only where the file ends.
  package static func read(_ descriptor: CInt, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Errno) {
        initialized = try read(descriptor, at: offset, into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The whole of a file, which is expected to be small.
  package static func contents(at directory: CInt = AT_FDCWD, _ path: String) throws(Errno) -> [UInt8] {
    let file = try open(at: directory, path, O_RDONLY)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = try retrying { Glibc.read(file.rawValue, &chunk, chunk.count) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// fstat(2).
  package static func status(_ descriptor: CInt) throws(Errno) -> stat {
    var result = stat()
    try retrying { Glibc.fstat(descriptor, &result) }
    return result
  }

  /// fstatat(2); does not follow a final symbolic link unless told to.
  package static func status(at directory: CInt = AT_FDCWD, _ path: String, follow: Bool = false) throws(Errno) -> stat
  {
    var result = stat()
    try retrying { Glibc.fstatat(directory, path, &result, follow ? 0 : AT_SYMLINK_NOFOLLOW) }
    return result
  }

  /// mkdirat(2).
  package static func makeDirectory(at directory: CInt = AT_FDCWD, _ path: String, mode: mode_t = 0o777) throws(Errno) {
    try retrying { Glibc.mkdirat(directory, path, mode) }
  }

  /// unlinkat(2) of a file.
  package static func remove(at directory: CInt = AT_FDCWD, _ path: String) throws(Errno) {
    try retrying { Glibc.unlinkat(directory, path, 0) }
  }

  /// unlinkat(2) of an empty directory.
  package static func removeDirectory(at directory: CInt = AT_FDCWD, _ path: String) throws(Errno) {
    try retrying { Glibc.unlinkat(directory, path, AT_REMOVEDIR) }
  }

  /// renameat(2) within one directory.
  package static func rename(at directory: CInt = AT_FDCWD, _ old: String, to new: String) throws(Errno) {
    try retrying { Glibc.renameat(directory, old, directory, new) }
  }

  /// fchown(2).
  package static func changeOwner(_ descriptor: CInt, user: uid_t, group: gid_t) throws(Errno) {
    try retrying { Glibc.fchown(descriptor, user, group) }
  }

  /// futimens(2): sets both times to the present, and so ctime as well.
  package static func touch(_ descriptor: CInt) throws(Errno) {
    try retrying { Glibc.futimens(descriptor, nil) }
  }

  /// Has reads and writes fail with `wouldBlock` instead of waiting.
  package static func setNonblocking(_ descriptor: CInt) throws(Errno) {
    let flags = try retrying { fcntl(descriptor, F_GETFL, 0) }
    try retrying { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
  }

  /// fsync(2).
  package static func sync(_ descriptor: CInt) throws(Errno) {
    try retrying { Glibc.fsync(descriptor) }
  }

  /// Whether the file system below `descriptor` is itself stacked (overlayfs, FUSE).
  package static func isStacked(_ descriptor: CInt) throws(Errno) -> Bool {
    try retrying { projfs_is_stacked(descriptor) } == 1
  }

  /// statvfs(3).
  package static func spaceStatus(_ descriptor: CInt) throws(Errno) -> statvfs {
    var result = statvfs()
    try retrying { fstatvfs(descriptor, &result) }
    return result
  }

  /// An exclusive flock(2) on the open file, without waiting. Throws `wouldBlock` where another process has it.
  package static func lock(_ descriptor: CInt) throws(Errno) {
    try retrying { projfs_lock(descriptor, false) }
  }

  /// Waits for an exclusive flock(2).
  package static func waitForLock(_ descriptor: CInt) throws(Errno) {
    try retrying { projfs_lock(descriptor, true) }
  }

  /// The names in a directory, without `.` and `..`, in no order.
  package static func names(at directory: CInt = AT_FDCWD, _ path: String) throws(Errno) -> [String] {
    let descriptor = try open(at: directory, path, O_RDONLY | O_DIRECTORY)
    let number = descriptor.release()
    guard let stream = fdopendir(number) else {
      let failure = Errno.current
      _ = Glibc.close(number)
      throw failure
    }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw Errno.current }
    return names
  }

  /// realpath(3).
  package static func resolve(_ path: String) throws(Errno) -> String {
    guard let resolved = realpath(path, nil) else { throw Errno.current }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The target of a symbolic link.
  package static func linkTarget(at directory: CInt = AT_FDCWD, _ path: String) throws(Errno) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try retrying { Glibc.readlinkat(directory, path, &buffer, buffer.count) }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Calls again while the call fails with EINTR.
  @discardableResult
  package static func retrying<Result: FixedWidthInteger>(_ call: () -> Result) throws(Errno) -> Result {
    while true {
      let result = call()
      if result != -1 { return result }
      if errno != EINTR { throw Errno.current }
    }
  }
}
