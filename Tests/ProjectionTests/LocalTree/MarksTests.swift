import Glibc
import Posix
import TestSupport
import Testing

@testable import Projection

@Suite struct MarksTests {
  private let directory: TemporaryDirectory
  private let open: OpenFile

  init() throws {
    directory = try TemporaryDirectory()
    open = OpenFile(try FileCalls.open(directory.path, O_RDONLY | O_DIRECTORY).release())
    try directory.write("file", "text")
  }

  private var file: [UInt8] { Array("file".utf8) }

  private func set(_ attribute: String, _ value: [UInt8]) throws {
    try ExtendedAttributes.set(at: open.rawValue, file, Array(attribute.utf8), to: value)
  }

  @Test("A file without marks has none, whatever else somebody attached to it")
  func none() throws {
    #expect(try Marks(at: open.rawValue, file) == Marks())
    try set("user.projectionx", [1])
    try set("user.projection.later", [1])
    #expect(try Marks(at: open.rawValue, file) == Marks())
  }

  @Test("What is noted is found again, by name and by descriptor", arguments: 1...10)
  func roundTrip(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let content = (0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    let inode = random.next()
    let filling = Marks.Filling(
      size: Int64.random(in: 0...(.max), using: &random),
      accessed: TimeStamp(
        seconds: Int64(bitPattern: random.next()), nanoseconds: UInt32.random(in: 0..<1_000_000_000, using: &random)),
      modified: TimeStamp(seconds: -1, nanoseconds: 999_999_999))
    try set(Marks.contentName, content)
    try set(Marks.inodeName, Marks.bytes(inode))
    try set(Marks.fillingName, filling.bytes)
    let own = try EntryCalls.open(at: open.rawValue, file, O_RDONLY)
    for marks in [try Marks(at: open.rawValue, file), try Marks(at: own.rawValue, [])] {
      #expect(marks.content == content, "seed \(seed): an empty mark is one too")
      #expect(marks.inode == inode, "seed \(seed)")
      #expect(marks.filling == filling, "seed \(seed)")
    }
  }

  @Test("A mark of another length than it can have says nothing", arguments: [0, 1, 7, 9, 32, 39, 41])
  func malformed(length: Int) throws {
    try set(Marks.inodeName, Array(repeating: 7, count: length))
    try set(Marks.fillingName, Array(repeating: 7, count: length))
    #expect(try Marks(at: open.rawValue, file) == Marks())
  }

  @Test("What can carry no marks has none")
  func unmarkable() throws {
    try EntryCalls.makeSymbolicLink(at: open.rawValue, Array("link".utf8), target: Array("file".utf8))
    try EntryCalls.makeNode(at: open.rawValue, Array("fifo".utf8), mode: S_IFIFO | 0o600, device: 0)
    try set(Marks.inodeName, Marks.bytes(7))
    for name in ["link", "fifo"] {
      #expect(try Marks(at: open.rawValue, Array(name.utf8)) == Marks())
    }
    #expect(throws: (any Error).self) { try Marks(at: open.rawValue, Array("missing".utf8)) }
  }
}
