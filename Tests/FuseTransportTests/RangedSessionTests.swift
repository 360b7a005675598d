import FuseTransport
import Glibc
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite("A session with large files that come by pieces", .enabled(if: Availability.fuse, "FUSE is not available"))
struct RangedSessionTests {
  private static let engines = testedEngines
  private static let size: Int64 = (6 << 20) + 777

  private func mounted(_ engine: Engine) async throws -> MountedProvider<RangedProvider> {
    try await MountedProvider(RangedProvider([("big", Self.size), ("other", Self.size)]), engine: engine)
  }

  private static func bytes(_ range: Range<Int64>) -> [UInt8] { RangedProvider.bytes(of: "big", range) }

  @Test("The first and the last bytes cost little, and neither waits for the rest", arguments: engines)
  func little(engine: Engine) async throws {
    let mounted = try await mounted(engine)
    let head = try await mounted.inside { try Self.read("\($0)/big", at: 0, count: 4096) }
    #expect(head == Self.bytes(0..<4096))
    #expect(mounted.provider.bytesAskedFor <= 1 << 20)
    let before = mounted.provider.bytesAskedFor
    let tail = "tail -c 100 '\(mounted.mountpoint)/big' > '\(mounted.home.path)/tail'"
    #expect(try await mounted.run(["sh", "-c", tail]).exitCode == 0)
    #expect(try FileCalls.contents("\(mounted.home.path)/tail") == Self.bytes(Self.size - 100..<Self.size))
    #expect(mounted.provider.bytesAskedFor - before <= 1 << 20)
    #expect(!mounted.fileSystem.store.contains("big"))
  }

  @Test("Every way of reading a file that is not here gives its bytes", arguments: engines, Way.allCases)
  func ways(engine: Engine, way: Way) async throws {
    let mounted = try await mounted(engine)
    let bytes = try await mounted.inside { try way.read("\($0)/big", size: Int(Self.size), beside: "\($0)/copy") }
    #expect(bytes == Self.bytes(0..<Self.size))
    #expect(await eventually { mounted.fileSystem.store.contains("big") })
    #expect(mounted.provider.wholeFetches == 0)
    #expect(mounted.provider.bytesAskedFor == Self.size)
  }

  @Test(
    "Once a file is complete and closed, the kernel reads it by itself",
    .enabled(if: Availability.root, "passthrough needs root"))
  func passthrough() async throws {
    let mounted = try await mounted(.passthrough)
    var reader: OpenedFile? = try await mounted.inside { try OpenedFile("\($0)/big") }
    let reading = try await mounted.inside { [reader] _ in try reader?.read(count: Int(Self.size)) }
    #expect(reading == Self.bytes(0..<Self.size))
    #expect(await eventually { mounted.fileSystem.store.contains("big") })
    // While somebody has it open as it was, the kernel takes no other.
    let beside = try await mounted.inside { try FileCalls.contents("\($0)/big") }
    #expect(beside == reading)
    #expect(mounted.fileSystem.openCounts == (0, 2))
    reader = nil
    // The kernel tells of a close after it.
    #expect(
      try await eventually {
        _ = try await mounted.inside { try FileCalls.contents("\($0)/big") }
        return mounted.fileSystem.openCounts.passthrough > 0
      })
    let requests = mounted.session.statistics.summaries[.read]?.count
    let again = try await mounted.inside { try FileCalls.contents("\($0)/big") }
    #expect(again == reading)
    #expect(mounted.session.statistics.summaries[.read]?.count == requests)
  }

  @Test(
    "A piece that fails is an error and no zeros, by read and by map, and its neighbours are there", arguments: engines)
  func failing(engine: Engine) async throws {
    let mounted = try await mounted(engine)
    mounted.provider.answer { $0.contains(3 << 20) ? .failing(.unavailable("x")) : .honest }
    let path = "\(mounted.mountpoint)/big"
    let start = Self.bytes(0..<100)
    #expect(try await mounted.inside { _ in try Self.read(path, at: 0, count: 100) } == start)
    await #expect(throws: Errno.ioError) {
      _ = try await mounted.inside { _ in try Self.read(path, at: 3 << 20, count: 100) }
    }
    #expect(try await mounted.run(["cp", path, "\(mounted.home.path)/copy"]).exitCode == 1)
    #expect(try await mounted.run(["cp", path, "\(mounted.mountpoint)/copy"]).exitCode == 1)
    mounted.provider.answer { _ in .honest }
    #expect(try await mounted.run(["cp", path, "\(mounted.home.path)/copy"]).exitCode == 0)
    #expect(try FileCalls.contents("\(mounted.home.path)/copy") == Self.bytes(0..<Self.size))
  }

  @Test("An interrupted reader ends at once, and the next one reads on", arguments: engines)
  func interrupting(engine: Engine) async throws {
    let mounted = try await mounted(engine)
    mounted.provider.answer { _ in .held }
    let reader = try mounted.cat("big", into: "output")
    #expect(await eventually { mounted.provider.waiting > 0 })
    kill(reader, SIGINT)
    #expect(try await mounted.end(of: reader) == 128 + SIGINT)
    mounted.provider.answer { _ in .honest }
    mounted.provider.release()
    let bytes = try await mounted.inside { try FileCalls.contents("\($0)/big") }
    #expect(bytes == Self.bytes(0..<Self.size))
  }

  @Test("Bytes that proved wrong are asked for again, although the kernel has cached them", arguments: engines)
  func provedWrong(engine: Engine) async throws {
    let mounted = try await mounted(engine)
    mounted.provider.answer { _ in .wrong }
    let path = "\(mounted.mountpoint)/big"
    _ = try await mounted.inside { _ in try FileCalls.contents(path) }
    #expect(
      await eventually { mounted.provider.verifications == 1 && mounted.fileSystem.statistics.snapshot.failures > 0 })
    mounted.provider.answer { _ in .honest }
    #expect(
      try await eventually {
        let bytes = try await mounted.inside { _ in try FileCalls.contents(path) }
        return bytes == Self.bytes(0..<Self.size)
      })
  }

  @Test("What is written into a file of which pieces are here stands among them", arguments: engines)
  func writing(engine: Engine) async throws {
    let mounted = try await mounted(engine)
    let result = try await mounted.inside { mountpoint in
      let reader = try OpenedFile("\(mountpoint)/big")
      _ = try reader.read(at: 1 << 20, count: 100)
      let writer = try OpenedFile("\(mountpoint)/big", O_RDWR)
      try writer.write([1, 2, 3], at: (1 << 20) + 50)
      return try withExtendedLifetime(reader) { try writer.read(count: Int(Self.size) + 1) }
    }
    let place: Int64 = (1 << 20) + 50
    #expect(result == Self.bytes(0..<place) + [1, 2, 3] + Self.bytes(place + 3..<Self.size))
    #expect(try await mounted.inside { try FileCalls.contents("\($0)/big") } == result)
  }

  private static func read(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    try OpenedFile(path).read(at: offset, count: count)
  }
}

/// A way of reading a whole file.
enum Way: String, CaseIterable, Sendable {
  case read, backwards, direct, sharedMap, privateMap, sendfile, copyRange, copyInView

  func read(_ path: String, size: Int, beside copy: String) throws -> [UInt8] {
    let outside = copy.replacing("/view/", with: "/")
    switch self {
    case .read: return try FileCalls.contents(path)
    case .backwards: return try backwards(path, size)
    case .direct: return try direct(path, size)
    case .sharedMap: return try OpenedFile(path).map(size, MAP_SHARED)
    case .privateMap: return try OpenedFile(path).map(size, MAP_PRIVATE)
    case .sendfile:
      let (file, target) = (try OpenedFile(path), try OpenedFile(outside, O_RDWR | O_CREAT))
      while try file.send(to: target, count: 1 << 20) > 0 {}
      return try FileCalls.contents(outside)
    case .copyRange: return try copied(path, to: outside, size)
    case .copyInView: return try copied(path, to: copy, size)
    }
  }

  private func backwards(_ path: String, _ size: Int) throws -> [UInt8] {
    let file = try OpenedFile(path)
    var bytes: [UInt8] = []
    for end in stride(from: size, to: 0, by: -300_000) {
      let start = max(0, end - 300_000)
      bytes = try file.read(at: Int64(start), count: end - start) + bytes
    }
    return bytes
  }

  private func direct(_ path: String, _ size: Int) throws -> [UInt8] {
    // O_DIRECT, which the C library shows to programs that ask for GNU's extensions only.
    let file = try OpenedFile(path, O_RDONLY | 0o40000)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: (size + 4095) & ~4095, alignment: 4096)
    defer { buffer.deallocate() }
    let count = try file.read(into: buffer)
    return Array(buffer[..<count])
  }

  private func copied(_ path: String, to copy: String, _ size: Int) throws -> [UInt8] {
    let (file, target) = (try OpenedFile(path), try OpenedFile(copy, O_RDWR | O_CREAT))
    var done = 0
    while done < size {
      let count = try copyPart(file, target, at: Int64(done), count: size - done)
      guard count > 0 else { break }
      done += count
    }
    return try FileCalls.contents(copy)
  }

  private func copyPart(_ file: OpenedFile, _ target: OpenedFile, at offset: Int64, count: Int) throws -> Int {
    do throws(Errno) {
      return try file.copy(to: target, at: offset, count: count)
    } catch {
      // Two file systems, which the kernel does not copy between: as cp(1) goes on then.
      guard error == .improperLink else { throw error }
      let bytes = try file.read(at: offset, count: min(count, 1 << 20))
      try target.write(bytes, at: offset)
      return bytes.count
    }
  }
}

/// An open file, which threads can share.
private final class OpenedFile: Sendable {
  private let number: CInt

  init(_ path: String, _ flags: CInt = O_RDONLY) throws {
    number = try FileCalls.open(path, flags, mode: 0o644).release()
  }

  deinit {
    _ = Glibc.close(number)
  }

  func read(at offset: Int64 = 0, count: Int) throws -> [UInt8] {
    try FileCalls.read(number, at: offset, count: count)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try FileCalls.read(number, at: 0, into: buffer)
  }

  func write(_ bytes: [UInt8], at offset: Int64) throws {
    let result: Result<Void, Errno> = bytes.withUnsafeBytes { bytes in
      Result { () throws(Errno) in try DataCalls.write(number, bytes, at: offset) }
    }
    try result.get()
  }

  func send(to other: OpenedFile, count: Int) throws -> Int {
    try FileCalls.retrying { Glibc.sendfile(other.number, number, nil, count) }
  }

  func copy(to other: OpenedFile, at offset: Int64, count: Int) throws(Errno) -> Int {
    try DataCalls.copy(number, from: offset, to: other.number, at: offset, count: count)
  }

  func map(_ size: Int, _ flags: CInt) throws -> [UInt8] {
    let address = mmap(nil, size, PROT_READ, flags, number, 0)
    guard let address, address != MAP_FAILED else { throw Errno.current }
    defer { munmap(address, size) }
    return Array(UnsafeRawBufferPointer(start: address, count: size))
  }
}
