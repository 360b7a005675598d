import Provider
import TestSupport
import Testing

@testable import Projection

@Suite struct PieceMapTests {
  private static let piece = PieceMap.pieceSize

  @Test("The pieces of a content cover it, and no more", arguments: 1...50)
  func covering(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let size = Int64.random(in: 1...40 * Self.piece, using: &random)
    let map = PieceMap(size: size)
    #expect(map.pieces(of: 0..<size) == 0..<map.count, "seed \(seed)")
    #expect(map.bytes(of: 0..<map.count) == 0..<size, "seed \(seed)")
    let start = Int64.random(in: 0..<size, using: &random)
    let range = start..<Int64.random(in: start + 1...size, using: &random)
    let pieces = map.pieces(of: range)
    let bytes = map.bytes(of: pieces)
    #expect(bytes.lowerBound <= range.lowerBound && range.lowerBound - bytes.lowerBound < Self.piece, "seed \(seed)")
    #expect(bytes.upperBound >= range.upperBound && bytes.upperBound - range.upperBound < Self.piece, "seed \(seed)")
  }

  @Test("What was inserted is here, and is the same after it was kept", arguments: 1...50)
  func keeping(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let size = Int64.random(in: 1...300 * Self.piece, using: &random)
    var map = PieceMap(size: size)
    var expected: Set<Int> = []
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      let start = Int.random(in: 0..<map.count, using: &random)
      let pieces = start..<Int.random(in: start...map.count, using: &random)
      map.insert(pieces)
      expected.formUnion(pieces)
    }
    #expect((0..<map.count).allSatisfy { map.contains($0) == expected.contains($0) }, "seed \(seed)")
    #expect(map.present == expected.count && map.isComplete == (expected.count == map.count), "seed \(seed)")
    #expect(map.firstMissing(in: 0..<map.count) == (0..<map.count).first { !expected.contains($0) }, "seed \(seed)")
    let bytes = map.bytes
    #expect(bytes.count == PieceMap.length(size: size), "seed \(seed)")
    #expect(PieceMap(bytes, size: size) == map, "seed \(seed)")
    #expect(PieceMap(bytes, size: size + 1) == nil, "seed \(seed)")
    #expect(PieceMap(Array(bytes.dropLast()), size: size) == nil, "seed \(seed)")
    var damaged = bytes
    damaged[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    #expect(PieceMap(damaged, size: size) == nil, "seed \(seed)")
  }
}

@Suite struct ReadAheadTests {
  private static let step: Int64 = 128 << 10

  @Test("A reader that reads on is fetched ahead of, further and further, up to a bound")
  func sequential() throws {
    var readers = ReadAhead()
    let first = readers.note(0..<Self.step)
    #expect(first == nil)
    var last: Int64 = 0
    for number in Int64(1)..<1000 {
      let range = number * Self.step..<(number + 1) * Self.step
      let noted = readers.note(range)
      let wish = try #require(noted)
      #expect(wish.start == range.upperBound)
      let ahead = wish.end - wish.start
      #expect(ahead >= last && ahead >= ReadAhead.nearest && ahead <= ReadAhead.farthest)
      #expect(ahead <= max(ReadAhead.nearest, range.upperBound))
      last = ahead
    }
    #expect(last == ReadAhead.farthest)
  }

  @Test("Requests of one reader may come out of order")
  func reordered() {
    var readers = ReadAhead()
    var wishes = 0
    for number in stride(from: Int64(0), to: 100, by: 2) {
      for place in [number + 1, number] where readers.note(place * Self.step..<(place + 1) * Self.step) != nil {
        wishes += 1
      }
    }
    #expect(wishes == 49)
  }

  @Test("Who jumps about, or reads the same again, is not fetched ahead of")
  func random() {
    var readers = ReadAhead()
    for number in 0..<100 {
      let start = Int64(number * 7919 % 100) * (64 << 20)
      let wish = readers.note(start..<start + 4096)
      #expect(wish == nil)
    }
    for _ in 0..<5 {
      let wish = readers.note((1 << 50)..<(1 << 50) + 4096)
      #expect(wish == nil)
    }
  }

  @Test("Several readers of one content are told apart")
  func several() {
    var readers = ReadAhead()
    for number in Int64(0)..<50 {
      for reader in Int64(0)..<4 {
        let start = (reader << 30) + number * Self.step
        let wish = readers.note(start..<start + Self.step)
        #expect((wish == nil) == (number == 0))
      }
    }
  }
}
