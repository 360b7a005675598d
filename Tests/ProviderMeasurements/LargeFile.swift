import FuseTransport
import Glibc
import Posix
import Projection
import Provider
import Synchronization
import SystemPackage

/// A file of 4 GiB that comes by ranges: its beginning, its end, all of it, and all of it again.
enum LargeFile {
  private static let size: Int64 = 4 << 30

  final class Ranged: RangedContentProvider, ContentVerifier, NonblockingProvider, Sendable {
    let asked = Atomic<Int64>(0)
    let fetches = Atomic<Int>(0)
    let verified = Atomic<Int>(0)

    func root() async throws -> DirectoryID { "root" }

    func list(_ directory: DirectoryID) async throws -> DirectoryListing {
      var listing = DirectoryListing()
      listing.appendFile("large", content: "large", size: LargeFile.size)
      return listing
    }

    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
      try await fetch(content, range: 0..<LargeFile.size, into: &sink)
    }

    func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
      asked.add(Int64(range.count), ordering: .relaxed)
      fetches.add(1, ordering: .relaxed)
      var piece = [UInt64](repeating: 0, count: 64 << 10)
      var offset = range.lowerBound
      while offset < range.upperBound {
        let count = min(piece.count * 8, Int(range.upperBound - offset))
        LargeFile.fill(&piece, from: offset)
        let result: Result<Void, any Error> = piece.withUnsafeBytes { bytes in
          Result { try sink.write(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
        }
        try result.get()
        offset += Int64(count)
      }
    }

    func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
      verified.add(1, ordering: .relaxed)
      return try LargeFile.isRight(file.rawValue) == LargeFile.size
    }
  }

  static func measure(_ engine: Engine) async throws {
    let provider = Ranged()
    let mounted = try await Mounted(provider, engine)
    let path = "\(mounted.path)/large"
    try await report(mounted, provider, "\(engine.rawValue), large: first 4 KiB") {
      try Subprocess.run(["head", "-c", "4096", path]).output.utf8.isEmpty ? 0 : 4096
    }
    try await report(mounted, provider, "\(engine.rawValue), large: tail -c 100") {
      try Subprocess.run(["tail", "-c", "100", path]).output.utf8.isEmpty ? 0 : 100
    }
    try await report(mounted, provider, "\(engine.rawValue), large: all of it") {
      let file = try FileCalls.open(path, O_RDONLY)
      return try isRight(file.rawValue)
    }
    let start = ContinuousClock.now
    while !mounted.fileSystem.store.contains("large") { try await Task.sleep(for: .milliseconds(10)) }
    print(
      "\(engine.rawValue), large: stored \(digits(start.duration(to: .now).milliseconds)) ms later, verified "
        + "\(provider.verified.load(ordering: .relaxed)) time; opens \(mounted.fileSystem.openCounts)")
    try await report(mounted, provider, "\(engine.rawValue), large: all of it again") {
      let file = try FileCalls.open(path, O_RDONLY)
      return try isRight(file.rawValue)
    }
    print("\(engine.rawValue), large: opens \(mounted.fileSystem.openCounts)")
  }

  private static func report(
    _ mounted: Mounted, _ provider: Ranged, _ title: String, _ body: @escaping @Sendable () throws -> Int64
  ) async throws {
    let (asked, fetches) = (provider.asked.load(ordering: .relaxed), provider.fetches.load(ordering: .relaxed))
    let start = ContinuousClock.now
    let count = try await mounted.inside { _ in try body() }[0]
    let took = start.duration(to: .now)
    let fetched = provider.asked.load(ordering: .relaxed) - asked
    print(
      "\(title): \(count) right bytes in \(digits(took.milliseconds)) ms (\(digits(Double(count) / took.microseconds)) MB/s), "
        + "\(fetched >> 10) KiB fetched by \(provider.fetches.load(ordering: .relaxed) - fetches) calls")
  }

  /// How many bytes from the start on are as they should be.
  private static func isRight(_ file: CInt) throws -> Int64 {
    var expected = [UInt64](repeating: 0, count: 128 << 10)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: expected.count * 8, alignment: 4096)
    defer { buffer.deallocate() }
    var offset: Int64 = 0
    while true {
      let count = try FileCalls.read(file, at: offset, into: buffer)
      if count == 0 { return offset }
      fill(&expected, from: offset)
      let isEqual = expected.withUnsafeBytes { expected in
        guard let one = expected.baseAddress, let other = buffer.baseAddress else { return false }
        return memcmp(one, other, count) == 0
      }
      guard isEqual else { return offset }
      offset += Int64(count)
    }
  }

  /// Eight bytes say where they are.
  private static func fill(_ words: inout [UInt64], from offset: Int64) {
    let first = UInt64(offset / 8)
    words.withUnsafeMutableBufferPointer { words in
      for index in words.indices { words[index] = (first &+ UInt64(index)) &* 0x9e37_79b9_7f4a_7c15 | 1 }
    }
  }
}
