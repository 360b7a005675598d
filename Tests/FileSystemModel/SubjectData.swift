internal import CFileSystemTests
internal import Glibc
internal import Posix
internal import SystemPackage

/// Operations on the contents of files.
extension Subject {
  func read(_ target: Operation.Target, _ offset: Int, _ count: Int) throws(Errno) -> Outcome {
    try withDescriptor(target, O_RDONLY) { descriptor throws(Errno) in
      .content(Content(try FileCalls.read(descriptor, at: Int64(offset), upTo: count)))
    }
  }

  func write(
    _ target: Operation.Target, _ offset: Int, _ fill: Fill, flags: CInt = O_WRONLY
  ) throws(Errno) -> Outcome {
    try withDescriptor(target, flags) { descriptor throws(Errno) in
      let count = fill.bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
      if count < 0 { throw Errno.current }
      return .count(count)
    }
  }

  func truncate(_ target: Operation.Target, _ size: Int) throws(Errno) {
    switch target {
    case .slot(let slot):
      let descriptor = try descriptor(slot)
      try FileCalls.retrying { ftruncate(descriptor, size) }
    case .path(let path), .entry(let path):
      try withPath(path) { path throws(Errno) in _ = try FileCalls.retrying { Glibc.truncate(path, size) } }
    }
  }

  func allocate(
    _ target: Operation.Target, _ mode: Operation.Allocation, _ offset: Int, _ length: Int
  ) throws(Errno) {
    try withDescriptor(target, O_WRONLY) { descriptor throws(Errno) in
      _ = try FileCalls.retrying { fstest_fallocate(descriptor, mode.flags, offset, length) }
    }
  }

  /// Writes through a shared mapping, as far as the file reaches; tells how many bytes that was.
  func map(_ target: Operation.Target, _ offset: Int, _ fill: Fill) throws(Errno) -> Outcome {
    try withDescriptor(target, O_RDWR) { descriptor throws(Errno) in
      let status = try FileCalls.status(descriptor)
      guard status.st_mode & S_IFMT == S_IFREG else { return .done }
      // As mmap(2) says it, also where nothing is left to be mapped.
      guard fcntl(descriptor, F_GETFL) & O_ACCMODE == O_RDWR else { throw .permissionDenied }
      let count = min(fill.count, Int(status.st_size) - offset)
      guard count > 0 else { return .count(0) }
      // A handle that stays open would let the pages reach the file at any later time.
      var isHandle = false
      if case .slot = target { isHandle = true }
      try SharedMapping.write(fill.bytes.prefix(count), to: descriptor, at: offset, synchronizing: isHandle)
      return .count(count)
    }
  }

  /// Looks for data or a hole. Where a file system says a hole begins is its own affair, as long as what it calls a
  /// hole reads as zeros: that is checked here, and only the class of the answer is compared.
  func seek(_ target: Operation.Target, _ boundary: Operation.Boundary, _ offset: Int) throws(Errno) {
    try withDescriptor(target, O_RDONLY) { descriptor throws(Errno) in
      let status = try FileCalls.status(descriptor)
      guard status.st_mode & S_IFMT == S_IFREG else { return }
      let size = Int(status.st_size)
      let isData = boundary == .data
      var found = isData ? fstest_seek_data(descriptor, offset) : fstest_seek_hole(descriptor, offset)
      if found < 0 {
        let failure = Errno.current
        if !isData || failure != .noSuchAddressOrDevice || offset >= size { throw failure }
        found = size
      }
      guard found >= offset, found <= size else { throw .outOfRange }
      if isData {
        let hole = try FileCalls.read(descriptor, at: Int64(offset), count: found - offset)
        guard hole.allSatisfy({ $0 == 0 }) else { throw .noData }
      }
    }
  }

  func copy(
    _ source: Operation.Target, _ from: Int, _ target: Operation.Target, _ to: Int, _ length: Int
  ) throws(Errno) -> Outcome {
    // For writing first: where both are one file, the source may otherwise be an older version of it.
    try withDescriptor(target, O_WRONLY) { target throws(Errno) in
      try withDescriptor(source, O_RDONLY) { source throws(Errno) in
        .count(try RangeCopy.perform(from: source, from, to: target, to, length))
      }
    }
  }
}

/// copy_file_range(2), until all is copied or the source ends.
enum RangeCopy {
  static func perform(from source: CInt, _ from: Int, to target: CInt, _ to: Int, _ length: Int) throws(Errno) -> Int {
    var from = from
    var to = to
    var copied = 0
    while copied < length {
      let count = try FileCalls.retrying { fstest_copy_file_range(source, &from, target, &to, length - copied) }
      if count == 0 { break }
      copied += count
    }
    return copied
  }
}

extension Operation.Allocation {
  /// The mode argument of fallocate(2).
  var flags: CInt {
    switch self {
    case .extend: 0
    case .keep: fstest_falloc_keep_size
    case .punch: fstest_falloc_punch_hole | fstest_falloc_keep_size
    case .zero: fstest_falloc_zero_range
    case .zeroAndKeep: fstest_falloc_zero_range | fstest_falloc_keep_size
    }
  }
}

extension FileCalls {
  /// At most `limit` bytes from `offset`, in an array no larger than what is there.
  static func read(_ descriptor: CInt, at offset: Int64, upTo limit: Int) throws(Errno) -> [UInt8] {
    let size = Int64(try status(descriptor).st_size)
    // One byte more than the file has, so that a size which is too small is noticed.
    let count = min(limit, Int(max(0, size - offset)) + 1)
    return try read(descriptor, at: offset, count: count)
  }
}

/// A shared mapping of a part of a file, for as long as one access takes.
///
/// Bytes go in and out through a file in memory, so that a page which cannot be had is EFAULT and not a signal.
enum SharedMapping {
  static func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: CInt, at offset: Int, synchronizing: Bool
  ) throws(Errno) {
    let memory = try memoryFile()
    try FileCalls.writeAll(memory.number, Array(bytes))
    try withMapping(of: descriptor, at: offset, count: bytes.count, PROT_READ | PROT_WRITE) {
      mapped, whole throws(Errno) in
      let count = try FileCalls.retrying { pread(memory.number, mapped.baseAddress, mapped.count, 0) }
      guard count == mapped.count else { throw .badAddress }
      if synchronizing { try FileCalls.retrying { msync(whole.baseAddress, whole.count, MS_SYNC) } }
    }
  }

  static func read(_ descriptor: CInt, at offset: Int, count: Int) throws(Errno) -> [UInt8] {
    let memory = try memoryFile()
    try withMapping(of: descriptor, at: offset, count: count, PROT_READ) { mapped, _ throws(Errno) in
      let written = try FileCalls.retrying { pwrite(memory.number, mapped.baseAddress, mapped.count, 0) }
      guard written == mapped.count else { throw .badAddress }
    }
    return try FileCalls.read(memory.number, at: 0, count: count)
  }

  private static func memoryFile() throws(Errno) -> Descriptor {
    Descriptor(number: try FileCalls.retrying { fstest_memory_file() })
  }

  private static func withMapping(
    of descriptor: CInt, at offset: Int, count: Int, _ protection: CInt,
    _ body: (UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer) throws(Errno) -> Void
  ) throws(Errno) {
    let page = 4096
    let start = offset / page * page
    let length = offset - start + count
    guard let address = mmap(nil, length, protection, MAP_SHARED, descriptor, start),
      address != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw Errno.current }
    let whole = UnsafeMutableRawBufferPointer(start: address, count: length)
    defer { munmap(address, length) }
    try body(UnsafeMutableRawBufferPointer(rebasing: whole[(offset - start)...]), whole)
  }
}
