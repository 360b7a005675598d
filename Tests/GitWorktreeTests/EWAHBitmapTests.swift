import TestSupport
import Testing

@testable import GitWorktree

@Suite("Numbers and bitmaps as git writes them") struct EWAHBitmapTests {
  @Test(
    "Seven bits a byte, each further byte standing for one more",
    arguments: [
      (0, [0]), (1, [1]), (127, [0x7f]), (128, [0x80, 0x00]), (255, [0x80, 0x7f]), (256, [0x81, 0x00]),
      (16511, [0xff, 0x7f]), (16512, [0x80, 0x80, 0x00]),
    ] as [(Int, [UInt8])])
  func varint(number: Int, expected: [UInt8]) {
    var bytes: [UInt8] = []
    bytes.append(varint: number)
    #expect(bytes == expected)
  }

  @Test("What is written reads as what was set, however it is spread", arguments: 0..<20)
  func roundTrip(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 0...2000, using: &random)
    var bits: [Bool] = []
    while bits.count < count {
      let kind = Int.random(in: 0..<3, using: &random)
      for _ in 0..<Int.random(in: 1...300, using: &random) {
        bits.append(kind == 0 ? false : kind == 1 ? true : Bool.random(using: &random))
      }
    }
    bits.removeLast(bits.count - count)
    #expect(Self.read(EWAHBitmap.serialize(count: count) { bits[$0] }) == Set(bits.indices.filter { bits[$0] }))
  }

  /// git's ewah_read_mmap and ewah_each_bit.
  private static func read(_ bytes: [UInt8]) -> Set<Int> {
    let number = { (at: Int, length: Int) in bytes[at..<at + length].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    let count = Int(number(4, 4))
    let words = (0..<count).map { number(8 + 8 * $0, 8) }
    var set: Set<Int> = []
    var position = 0
    var place = 0
    while place < count {
      let marker = words[place]
      let run = Int(marker >> 1 & 0xffff_ffff) * 64
      if marker & 1 == 1 { set.formUnion(position..<position + run) }
      position += run
      for word in words[(place + 1)...].prefix(Int(marker >> 33)) {
        for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 { set.insert(position + bit) }
        position += 64
      }
      place += 1 + Int(marker >> 33)
    }
    return set
  }
}
