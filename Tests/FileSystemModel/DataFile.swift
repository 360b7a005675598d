internal import CFileSystemTests
internal import Glibc
internal import Posix
internal import SystemPackage

/// An open file, and the bytes that it must have.
struct DataFile: ~Copyable {
  /// What was done to it.
  enum Action: Equatable {
    case read(offset: Int, count: Int)
    case mapRead(offset: Int, count: Int)
    case write(offset: Int, Fill)
    case mapWrite(offset: Int, Fill)
    case append(Fill)
    case truncate(size: Int)
    case truncatePath(size: Int)
    case allocate(Operation.Allocation, offset: Int, length: Int)
    case copy(from: Int, to: Int, count: Int)
    case sync
    case reopen
  }

  let path: String
  private(set) var expected: [UInt8]
  private var descriptor: OwnedDescriptor

  /// Opens a file that must have these bytes.
  init(path: String, expected: [UInt8]) throws(Errno) {
    self.path = path
    self.expected = expected
    descriptor = try FileCalls.open(path, O_RDWR)
  }

  /// The descriptor, for a test of the test.
  var number: CInt { descriptor.rawValue }

  /// Does something to the file and to the expected bytes.
  mutating func perform(_ action: Action) throws(DataTest.Problem) {
    do throws(Errno) {
      try attempt(action)
    } catch {
      throw .failed(error)
    }
    let size = (try? FileCalls.status(descriptor.rawValue).st_size).map { Int($0) }
    guard size == expected.count else { throw .size(size ?? -1, expected: expected.count) }
    switch action {
    case .read(let offset, let count):
      try check(offset, count) { file throws(Errno) in try FileCalls.read(file, at: Int64(offset), count: count) }
    case .mapRead(let offset, let count):
      try check(offset, count) { file throws(Errno) in try SharedMapping.read(file, at: offset, count: count) }
    default: break
    }
  }

  /// Compares all bytes, as a handle of its own sees them.
  func checkAll() throws(DataTest.Problem) {
    let bytes: Content
    do throws(Errno) { bytes = Content(try FileCalls.contents(path)) } catch { throw .failed(error) }
    guard bytes == Content(expected) else {
      throw .bytes("all of it, through a handle of its own", Content(expected).difference(from: bytes))
    }
  }

  /// Closes the file while something is done, and opens it again.
  mutating func whileClosed(_ body: () throws -> Void) throws {
    // There is always one descriptor; meanwhile it is one that keeps nothing busy.
    descriptor = try FileCalls.open("/dev/null", O_RDONLY)
    try body()
    descriptor = try FileCalls.open(path, O_RDWR)
  }

  private func check(
    _ offset: Int, _ count: Int, _ read: (CInt) throws(Errno) -> [UInt8]
  ) throws(DataTest.Problem) {
    let bytes: [UInt8]
    do throws(Errno) { bytes = try read(descriptor.rawValue) } catch { throw .failed(error) }
    let end = min(expected.count, offset + count)
    let wanted = Content(offset < end ? Array(expected[offset..<end]) : [])
    guard Content(bytes) == wanted else {
      throw .bytes("\(count) bytes at \(offset)", wanted.difference(from: Content(bytes)))
    }
  }

  private mutating func attempt(_ action: Action) throws(Errno) {
    let file = descriptor.rawValue
    switch action {
    case .read, .mapRead: break
    case .write(let offset, let fill):
      try FileCalls.writeAll(file, Array(fill.bytes), at: offset)
      expect(fill.bytes, at: offset)
    case .mapWrite(let offset, let fill):
      try SharedMapping.write(fill.bytes, to: file, at: offset, synchronizing: false)
      expect(fill.bytes, at: offset)
    case .append(let fill):
      let appending = try FileCalls.open(path, O_WRONLY | O_APPEND)
      try FileCalls.writeAll(appending.rawValue, Array(fill.bytes))
      expect(fill.bytes, at: expected.count)
    case .truncate(let size):
      try FileCalls.retrying { ftruncate(file, size) }
      resize(to: size)
    case .truncatePath(let size):
      try FileCalls.retrying { Glibc.truncate(path, size) }
      resize(to: size)
    case .allocate(let mode, let offset, let length):
      try FileCalls.retrying { fstest_fallocate(file, mode.flags, offset, length) }
      expectAllocation(mode, offset, length)
    case .copy(let from, let to, let count):
      guard try RangeCopy.perform(from: file, from, to: file, to, count) == count else { throw .ioError }
      expect(expected[from..<from + count], at: to)
    case .sync: try FileCalls.sync(file)
    case .reopen: descriptor = try FileCalls.open(path, O_RDWR)
    }
  }

  private mutating func resize(to size: Int) {
    if size < expected.count {
      expected.removeLast(expected.count - size)
    } else {
      expected += [UInt8](repeating: 0, count: size - expected.count)
    }
  }

  private mutating func expect(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    if bytes.isEmpty { return }
    if offset + bytes.count > expected.count { resize(to: offset + bytes.count) }
    expected.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  private mutating func expectAllocation(_ mode: Operation.Allocation, _ offset: Int, _ length: Int) {
    if mode == .extend || mode == .zero, offset + length > expected.count { resize(to: offset + length) }
    guard mode == .punch || mode == .zero || mode == .zeroAndKeep, offset < expected.count else { return }
    let end = min(expected.count, offset + length)
    expected.replaceSubrange(offset..<end, with: repeatElement(0, count: end - offset))
  }
}

extension FileCalls {
  /// Writes all of `bytes` at `offset`.
  fileprivate static func writeAll(_ descriptor: CInt, _ bytes: [UInt8], at offset: Int) throws(Errno) {
    let count = try retrying { pwrite(descriptor, bytes, bytes.count, offset) }
    guard count == bytes.count else { throw .ioError }
  }
}
