import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import FuseTransport
@testable import Projection

@Suite struct DirentBufferTests {
  private static let owner = FileOwner(user: 1001, group: 1002)

  /// One entry as the kernel reads it (struct fuse_dirent, and struct fuse_direntplus around it).
  private struct Parsed: Equatable {
    var inode: UInt64
    var cookie: UInt64
    var type: UInt32
    var name: [UInt8]
    /// struct fuse_entry_out: 128 bytes.
    var entry: [UInt8]?
  }

  private static func number<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: [UInt8], _ offset: Int, _ type: Value.Type
  ) -> Value {
    bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  /// Reads a reply as fs/fuse/readdir.c does; nil where that would refuse it.
  private static func parse(_ bytes: [UInt8], withAttributes: Bool) -> [Parsed]? {
    var result: [Parsed] = []
    var position = 0
    let head = withAttributes ? 128 : 0
    while position < bytes.count {
      guard position + head + 24 <= bytes.count else { return nil }
      let dirent = position + head
      let length = Int(number(bytes, dirent + 16, UInt32.self))
      let end = dirent + (24 + length + 7) / 8 * 8
      guard length > 0, length <= 1024, end <= bytes.count else { return nil }
      guard bytes[(dirent + 24 + length)..<end].allSatisfy({ $0 == 0 }) else { return nil }
      result.append(
        Parsed(
          inode: number(bytes, dirent, UInt64.self), cookie: number(bytes, dirent + 8, UInt64.self),
          type: number(bytes, dirent + 20, UInt32.self), name: Array(bytes[(dirent + 24)..<(dirent + 24 + length)]),
          entry: withAttributes ? Array(bytes[position..<dirent]) : nil))
      position = end
    }
    return result
  }

  private static func type(_ kind: FileKind) -> UInt32 {
    switch kind {
    case .file: UInt32(DT_REG)
    case .directory: UInt32(DT_DIR)
    case .symbolicLink: UInt32(DT_LNK)
    case .fifo: UInt32(DT_FIFO)
    case .socket: UInt32(DT_SOCK)
    case .characterDevice: UInt32(DT_CHR)
    case .blockDevice: UInt32(DT_BLK)
    }
  }

  @Test(
    "What is put in comes out as the kernel reads it, and never more than the capacity",
    arguments: [false, true], 1...15)
  func roundTrip(withAttributes: Bool, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let capacity = Int.random(in: 0...6000, using: &random)
    var buffer = DirentBuffer(capacity: capacity, withAttributes: withAttributes, nameTimeout: 1)
    var expected: [Parsed] = []
    var nodes: [NodeID] = []
    while true {
      let length = Int.random(in: 1...255, using: &random)
      let name = (0..<length).map { _ in UInt8.random(in: 1...255, using: &random) }
      guard buffer.fits(nameLength: length) else { break }
      let kind = FileKind.allCases.randomElement(using: &random) ?? .file
      let attributes = NodeAttributes(
        kind: kind, permissions: 0o644, inode: random.next(), size: Int64.random(in: 0...(1 << 40), using: &random),
        owner: Self.owner, time: TimeStamp(seconds: 1, nanoseconds: 2))
      let node = NodeID(rawValue: UInt64.random(in: 2...1000, using: &random))
      let isFound = Bool.random(using: &random)
      let cookie = random.next()
      name.withUnsafeBytes { bytes in
        buffer.append(
          name: bytes, cookie: cookie, kind: kind, inode: attributes.inode,
          found: isFound ? ProjectionCore.LookedUp(node: node, attributes: attributes) : nil)
      }
      expected.append(Parsed(inode: attributes.inode, cookie: cookie, type: Self.type(kind), name: name, entry: nil))
      if isFound, withAttributes { nodes.append(node) }
    }
    let bytes = buffer.withBytes { Array($0) }
    #expect(bytes.count <= capacity, "seed \(seed)")
    var parsed = try #require(Self.parse(bytes, withAttributes: withAttributes), "seed \(seed)")
    let given = parsed.compactMap(\.entry).map { Self.number($0, 0, UInt64.self) }.filter { $0 != 0 }
    #expect(given == nodes.map(\.rawValue), "seed \(seed)")
    for index in parsed.indices { parsed[index].entry = nil }
    #expect(parsed == expected, "seed \(seed)")
    #expect(buffer.nodes == nodes, "seed \(seed): each node that the kernel learns counts as looked up")
  }

  @Test("Attributes stand where the kernel's struct fuse_entry_out has them")
  func attributes() throws {
    var buffer = DirentBuffer(capacity: 4096, withAttributes: true, nameTimeout: 7)
    var attributes = NodeAttributes(
      kind: .file, permissions: 0o751, inode: 0x1122_3344_5566_7788, size: 10_000, owner: Self.owner,
      time: TimeStamp(seconds: 1_700_000_000, nanoseconds: 123_456_789))
    attributes.accessed = TimeStamp(seconds: 1_700_000_001, nanoseconds: 1)
    attributes.changed = TimeStamp(seconds: -3, nanoseconds: 999_999_999)
    attributes.links = 7
    attributes.device = 0x0801
    [0x61].withUnsafeBytes { name in
      buffer.append(
        name: name, cookie: 3, kind: .file, inode: attributes.inode,
        found: ProjectionCore.LookedUp(node: NodeID(rawValue: 77), attributes: attributes))
    }
    let bytes = buffer.withBytes { Array($0) }
    let entry = try #require(Self.parse(bytes, withAttributes: true)?.first?.entry)
    let day: UInt64 = 86_400
    let wide: [UInt64] =
      [77, 0, 7, day, 0, attributes.inode, 10_000, 24] + [1_700_000_001, 1_700_000_000, UInt64.max - 2]
    #expect(wide.indices.map { Self.number(entry, $0 * 8, UInt64.self) } == wide)
    let narrow: [UInt32] =
      [1, 123_456_789, 999_999_999, UInt32(S_IFREG) | 0o751, 7, 1001, 1002, 0x0801, 4096, 0]
    #expect(narrow.indices.map { Self.number(entry, 88 + $0 * 4, UInt32.self) } == narrow)
  }

  @Test("An entry without attributes has 128 zeros, by which the kernel learns no node")
  func noAttributes() throws {
    var buffer = DirentBuffer(capacity: 4096, withAttributes: true, nameTimeout: 1)
    [0x2e].withUnsafeBytes { buffer.append(name: $0, cookie: 1, kind: .directory, inode: 5, found: nil) }
    let parsed = try #require(Self.parse(buffer.withBytes { Array($0) }, withAttributes: true))
    #expect(parsed.map(\.entry) == [[UInt8](repeating: 0, count: 128)])
    #expect(buffer.nodes.isEmpty)
  }

  @Test("An entry fits exactly where its bytes do", arguments: [false, true])
  func exactFit(withAttributes: Bool) {
    for length in 1...255 {
      let needed = (withAttributes ? 128 : 0) + 24 + (length + 7) / 8 * 8
      for (capacity, fits) in [(needed, true), (needed - 1, false), (0, false)] {
        let buffer = DirentBuffer(capacity: capacity, withAttributes: withAttributes, nameTimeout: 1)
        #expect(buffer.fits(nameLength: length) == fits, "\(length) bytes in \(capacity)")
      }
    }
  }
}
