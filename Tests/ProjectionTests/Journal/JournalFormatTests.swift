import TestSupport
import Testing

@testable import Projection

@Suite struct JournalFormatTests {
  private static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { Checksum.of($0) } }

  private static func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  @Test("The checksum is CRC-32C, by the values of RFC 3720")
  func checksumValues() {
    #expect(Self.checksum([]) == 0)
    #expect(Self.checksum(Array("123456789".utf8)) == 0xe306_9283)
    #expect(Self.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(Self.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(Self.checksum(Array(0..<32)) == 0x46dd_794e)
  }

  @Test("The checksum of any bytes is that of one bit after the other", arguments: 1...50)
  func checksumModel(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = Self.bytes(Int(seed), &random)
    var remainder = UInt32.max
    for byte in bytes {
      for bit in 0..<8 {
        let carry = (remainder ^ UInt32(byte) >> UInt32(bit)) & 1
        remainder = remainder >> 1 ^ (carry == 1 ? 0x82f6_3b78 : 0)
      }
    }
    #expect(Self.checksum(bytes) == ~remainder, "seed \(seed)")
  }

  @Test(
    "A record is read as it was written, and not at all with any of its bits flipped or bytes missing",
    arguments: 0...30)
  func record(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let path = Self.bytes(Int(seed), &random)
    let sequence = random.next()
    var written: [UInt8] = []
    JournalRecord.encode(.subtree, path, sequence: sequence, into: &written)
    #expect(written.count == JournalRecord.overhead + path.count)
    try written.withUnsafeBytes { buffer in
      let record = try #require(JournalRecord(buffer, at: 0))
      #expect(record.sequence == sequence && record.kind == .subtree)
      #expect(Array(buffer[record.path]) == path)
      #expect(record.end == written.count)
      for count in 0..<written.count {
        #expect(JournalRecord(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: 0) == nil, "seed \(seed)")
      }
    }
    for place in 0..<8 * written.count {
      var damaged = written
      damaged[place / 8] ^= 1 << UInt8(place % 8)
      damaged.withUnsafeBytes { #expect(JournalRecord($0, at: 0) == nil, "seed \(seed), bit \(place)") }
    }
  }

  @Test("A header is read as it was written, and not at all with any of its bits flipped or bytes missing")
  func header() {
    let header = JournalHeader(instance: 0x0123_4567_89ab_cdef, first: 77)
    let written = header.encoded
    #expect(written.count == JournalHeader.size)
    #expect(written.withUnsafeBytes { JournalHeader($0) } == header)
    for place in 0..<8 * written.count {
      var damaged = written
      damaged[place / 8] ^= 1 << UInt8(place % 8)
      #expect(damaged.withUnsafeBytes { JournalHeader($0) } == nil, "bit \(place)")
    }
    #expect(written.dropLast().withUnsafeBytes { JournalHeader($0) } == nil)
  }

  @Test("A header whose numbers nobody could count from is none", arguments: [0, 1 << 62, UInt64.max])
  func hugeFirst(first: UInt64) {
    #expect(JournalHeader(instance: 1, first: first).encoded.withUnsafeBytes { JournalHeader($0) } == nil)
  }
}
