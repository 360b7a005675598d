internal import CFileSystemTests
package import Glibc
internal import Posix
package import SystemPackage

/// Performs operations on the tree below one directory, and owns the handles that stay open between them.
///
/// It makes the system calls itself, with absolute paths, and holds nothing but the handles: with them closed, the
/// file system can be unmounted.
package final class Subject {
  /// The directory, without a slash at its end.
  package let root: String
  /// Names that are left out wherever they are listed.
  let ignored: Set<[UInt8]>
  private let prefix: [CChar]
  private var handles: [CInt?]

  /// How many handles there can be.
  package static let slots = 4

  /// A subject for the tree at `root`.
  package init(root: String, ignoring ignored: [String] = []) {
    self.root = root
    self.ignored = Set(ignored.map { Array($0.utf8) })
    prefix = Array(root.utf8CString.dropLast())
    handles = Array(repeating: nil, count: Self.slots)
  }

  deinit {
    closeAll()
  }

  /// Closes every handle.
  package func closeAll() {
    for slot in handles.indices { replaceHandle(slot, with: nil) }
  }

  /// Performs an operation, and tells how it went.
  package func perform(_ operation: Operation) -> Outcome {
    do throws(Errno) {
      return try attempt(operation)
    } catch {
      return .failure(error)
    }
  }

  private func attempt(_ operation: Operation) throws(Errno) -> Outcome {
    switch operation {
    case .open(let slot, let path, let access, let opening, let mode):
      try openHandle(slot, path, access, opening, mode)
    case .close(let slot):
      replaceHandle(slot, with: nil)
    case .create(let path, let mode, let exclusive):
      try withPath(path) { path throws(Errno) in
        _ = try Descriptor(path, O_WRONLY | O_CREAT | (exclusive ? O_EXCL : 0), mode: mode)
      }
    case .read(let target, let offset, let count): return try read(target, offset, count)
    case .write(let target, let offset, let fill): return try write(target, offset, fill)
    case .append(let path, let fill): return try write(.path(path), 0, fill, flags: O_WRONLY | O_APPEND)
    case .overwrite(let path, let fill): return try write(.path(path), 0, fill, flags: O_WRONLY | O_TRUNC)
    case .truncate(let target, let size): try truncate(target, size)
    case .allocate(let target, let mode, let offset, let length): try allocate(target, mode, offset, length)
    case .map(let target, let offset, let fill): return try map(target, offset, fill)
    case .seek(let target, let boundary, let offset): try seek(target, boundary, offset)
    case .copy(let source, let from, let target, let to, let length):
      return try copy(source, from, target, to, length)
    case .sync(let slot, let dataOnly):
      try withDescriptor(.slot(slot), O_RDONLY) { descriptor throws(Errno) in
        _ = try FileCalls.retrying { dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
      }
    case .status(let target): return .status(FileStatus(try status(target)))
    case .list(let target): return .names(try names(target))
    case .readlink(let path): return .target(try linkTarget(path))
    case .chmod, .chown, .setTimes, .setAttribute, .removeAttribute, .attributes:
      return try changeMetadata(operation)
    case .unlink, .makeDirectory, .removeDirectory, .rename, .link, .symlink, .fifo, .clear:
      return try changeNames(operation)
    case .disturb: closeAll()
    }
    return .done
  }

  // MARK: - Handles

  /// The descriptor behind a slot.
  func descriptor(_ slot: Int) throws(Errno) -> CInt {
    guard handles.indices.contains(slot), let handle = handles[slot] else { throw .badFileDescriptor }
    return handle
  }

  private func replaceHandle(_ slot: Int, with descriptor: CInt?) {
    guard handles.indices.contains(slot) else { return }
    if let old = handles[slot] { _ = Glibc.close(old) }
    handles[slot] = descriptor
  }

  private func openHandle(
    _ slot: Int, _ path: EntryPath, _ access: Operation.Access, _ opening: Operation.Opening, _ mode: UInt32
  ) throws(Errno) {
    replaceHandle(slot, with: nil)
    var flags: CInt
    switch access {
    case .read: flags = O_RDONLY
    case .write: flags = O_WRONLY
    case .both: flags = O_RDWR
    case .append: flags = O_RDWR | O_APPEND
    case .directory: flags = O_RDONLY | O_DIRECTORY
    }
    if access != .directory {
      switch opening {
      case .existing: break
      case .create: flags |= O_CREAT
      case .exclusive: flags |= O_CREAT | O_EXCL
      case .truncate: flags |= O_TRUNC
      case .createAndTruncate: flags |= O_CREAT | O_TRUNC
      }
    }
    try withPath(path) { path throws(Errno) in
      let opened = try Descriptor(path, flags, mode: mode)
      replaceHandle(slot, with: opened.release())
    }
  }

  // MARK: - Paths and descriptors

  /// Calls `body` with the absolute path of an entry.
  func withPath<Result>(
    _ path: EntryPath, _ body: (UnsafePointer<CChar>) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    var bytes = prefix
    bytes.reserveCapacity(prefix.count + path.bytes.count + 2)
    bytes.append(CChar(bitPattern: UInt8(ascii: "/")))
    for byte in path.bytes { bytes.append(CChar(bitPattern: byte)) }
    bytes.append(0)
    // The closure of withUnsafeBufferPointer rethrows untyped, hence the pointer's copy.
    let outcome: Swift.Result<Result, Errno> = bytes.withUnsafeBufferPointer { buffer in
      guard let path = buffer.baseAddress else { return .failure(.invalidArgument) }
      return Swift.Result { () throws(Errno) in try body(path) }
    }
    return try outcome.get()
  }

  /// Calls `body` with a slot's descriptor, or with one opened for it.
  func withDescriptor<Result>(
    _ target: Operation.Target, _ flags: CInt, _ body: (CInt) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    switch target {
    case .slot(let slot): return try body(try descriptor(slot))
    case .path(let path):
      return try withPath(path) { path throws(Errno) in
        let descriptor = try Descriptor(path, flags)
        return try body(descriptor.number)
      }
    case .entry(let path):
      return try withPath(path) { path throws(Errno) in
        let descriptor = try Descriptor(path, flags | O_NOFOLLOW)
        return try body(descriptor.number)
      }
    }
  }

  /// stat(2), lstat(2) or fstat(2).
  package func status(_ target: Operation.Target) throws(Errno) -> stat {
    var result = stat()
    switch target {
    case .slot(let slot):
      let descriptor = try descriptor(slot)
      try FileCalls.retrying { fstat(descriptor, &result) }
    case .path(let path):
      try withPath(path) { path throws(Errno) in
        _ = try FileCalls.retrying { fstatat(AT_FDCWD, path, &result, 0) }
      }
    case .entry(let path):
      try withPath(path) { path throws(Errno) in _ = try FileCalls.retrying { lstat(path, &result) } }
    }
    return result
  }

  /// A number for the file that no other file of this file system ever has; nil where the file system gives none.
  package func identity(_ target: Operation.Target) -> UInt64? {
    var identity: UInt64 = 0
    do throws(Errno) {
      switch target {
      case .slot(let slot):
        let descriptor = try descriptor(slot)
        return fstest_identity(descriptor, "", 0, &identity) == 0 ? identity : nil
      case .path(let path):
        return try withPath(path) { path in fstest_identity(-1, path, 1, &identity) == 0 ? identity : nil }
      case .entry(let path):
        return try withPath(path) { path in fstest_identity(-1, path, 0, &identity) == 0 ? identity : nil }
      }
    } catch {
      return nil
    }
  }
}

/// A descriptor that is closed at the end of its scope.
struct Descriptor: ~Copyable {
  let number: CInt

  /// open(2), without waiting for the other end of a pipe.
  init(_ path: UnsafePointer<CChar>, _ flags: CInt, mode: UInt32 = 0) throws(Errno) {
    number = try FileCalls.retrying { Glibc.open(path, flags | O_CLOEXEC | O_NONBLOCK, mode) }
  }

  /// Takes over an open descriptor.
  init(number: CInt) {
    self.number = number
  }

  /// Gives up ownership.
  consuming func release() -> CInt {
    let number = number
    discard self
    return number
  }

  deinit {
    _ = Glibc.close(number)
  }
}
