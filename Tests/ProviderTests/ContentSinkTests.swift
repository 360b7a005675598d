import Glibc
import Provider
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
}
