import Glibc
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct ContentSinkTests {
  private func open(_ path: String, _ mode: FileDescriptor.AccessMode) throws -> FileDescriptor {
    try FileDescriptor.open(path, mode, options: mode == .readWrite ? [.create] : [], permissions: [.ownerReadWrite])
  }

  @Test("A counting sink counts what is written and what is advanced", arguments: 1...20)
  func counting(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var sink = ContentSink.counting()
    var expected: Int64 = 0
    for _ in 0..<50 {
      let count = Int.random(in: 0...5000, using: &random)
      if Bool.random(using: &random) {
        try sink.write([UInt8](repeating: 7, count: count))
      } else {
        sink.advance(by: Int64(count))
      }
      expected += Int64(count)
      #expect(sink.bytesWritten == expected, "seed \(seed)")
    }
    #expect(sink.descriptor == nil)
    #expect(sink.failure == nil)
  }

  @Test("A file gets the bytes in the order they were written, and their number is counted", arguments: 1...10)
  func writing(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let file = try open(directory.path + "/file", .readWrite)
    defer { try? file.close() }
    var random = SeededRandom(seed: seed)
    var sink = ContentSink(descriptor: file)
    var expected: [UInt8] = []
    for _ in 0..<20 {
      let piece = random.bytes(Int.random(in: 0...9000, using: &random))
      try sink.write(piece)
      expected += piece
    }
    #expect(sink.bytesWritten == Int64(expected.count), "seed \(seed)")
    var found = [UInt8](repeating: 0, count: expected.count + 1)
    let count = try found.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
    #expect(Array(found.prefix(count)) == expected, "seed \(seed)")
  }

  @Test("A full disk is thrown as such, remembered, and counts no byte")
  func fullDisk() throws {
    let file = try open("/dev/full", .writeOnly)
    defer { try? file.close() }
    var sink = ContentSink(descriptor: file)
    do {
      try sink.write([1, 2, 3])
      Issue.record("writing to a full disk succeeded")
    } catch {
      #expect(error == .system(.noSpace, "cannot write to the content store"))
    }
    #expect(sink.failure == .noSpace)
    #expect(sink.bytesWritten == 0)
  }

  @Test("A descriptor that takes no writing fails each write, and the first failure is the one remembered")
  func unwritable() throws {
    let file = try open("/dev/null", .readOnly)
    defer { try? file.close() }
    var sink = ContentSink(descriptor: file)
    for _ in 0..<2 {
      do {
        try sink.write([1])
        Issue.record("writing to a descriptor open for reading succeeded")
      } catch {
        #expect(error == .system(.badFileDescriptor, "cannot write to the content store"))
      }
    }
    sink.fail(.noSpace)
    #expect(sink.failure == .badFileDescriptor)
  }

  @Test("Nothing written is no failure, even where nothing could be written")
  func emptyWrite() throws {
    let file = try open("/dev/full", .writeOnly)
    defer { try? file.close() }
    var sink = ContentSink(descriptor: file)
    try sink.write([])
    #expect(sink.failure == nil)
    #expect(sink.bytesWritten == 0)
  }

  @Test("A failure by other means is remembered, the first of several")
  func otherMeans() {
    var sink = ContentSink.counting()
    sink.fail(.noSpace)
    sink.fail(.ioError)
    #expect(sink.failure == .noSpace)
  }

  @Test("A range's sink takes exactly its bytes to their places, in any portions", arguments: 1...10)
  func range(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let start = Int64.random(in: 0...1 << 40, using: &random)
    let expected = random.bytes(Int.random(in: 1...5000, using: &random))
    let taken = TakenBytes()
    let progress = SinkProgress()
    var sink = ContentSink(range: start..<start + Int64(expected.count), progress: progress) { bytes, offset in
      taken.take(bytes, at: offset)
    }
    #expect(sink.descriptor == nil)
    var done = 0
    while done < expected.count {
      #expect(throws: ProviderError.self) { try sink.checkRange() }
      let piece = expected[done...].prefix(Int.random(in: 0...700, using: &random))
      try sink.write(Array(piece))
      done += piece.count
    }
    try sink.checkRange()
    #expect(taken.pieces.flatMap(\.bytes) == expected, "seed \(seed)")
    #expect(taken.pieces.first?.offset == start, "seed \(seed)")
    #expect(sink.bytesWritten == Int64(expected.count) && progress.bytes == sink.bytesWritten)
  }

  @Test("More than the range is refused, and the fetch has failed even if the provider goes on")
  func overlong() throws {
    let taken = TakenBytes()
    var sink = ContentSink(range: 10..<13) { bytes, offset in taken.take(bytes, at: offset) }
    #expect(throws: ProviderError.self) { try sink.write([1, 2, 3, 4]) }
    #expect(throws: ProviderError.self) { try sink.write([1, 2, 3]) }
    #expect(throws: ProviderError.self) { try sink.checkRange() }
    #expect(taken.pieces.isEmpty)
  }

  @Test("Bytes of a range that are only counted are none")
  func counted() throws {
    var sink = ContentSink(range: 0..<3) { _, _ in }
    sink.advance(by: 3)
    #expect(sink.bytesWritten == 0)
    #expect(throws: ProviderError.self) { try sink.checkRange() }
  }

  @Test("What the place of a range refuses is remembered")
  func refusedRange() throws {
    var sink = ContentSink(range: 0..<3) { _, _ throws(Errno) in throw .noSpace }
    #expect(throws: ProviderError.system(.noSpace, "cannot write to the content store")) { try sink.write([1, 2, 3]) }
    #expect(sink.failure == .noSpace)
    #expect(throws: Errno.noSpace) { try sink.checkRange() }
  }
}

/// What a sink was given, and for where.
private final class TakenBytes: Sendable {
  private let taken = Mutex<[(offset: Int64, bytes: [UInt8])]>([])
  var pieces: [(offset: Int64, bytes: [UInt8])] { taken.withLock { $0 } }

  func take(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
    let bytes = Array(bytes)
    taken.withLock { $0.append((offset, bytes)) }
  }
}
