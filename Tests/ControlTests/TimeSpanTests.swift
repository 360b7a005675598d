import Testing

@testable import Control

@Suite struct TimeSpanTests {
  @Test(
    "Lengths of time as people write them",
    arguments: [
      ("0", 0), ("30", 30), ("30s", 30), ("5m", 300), ("12h", 43_200), ("7d", 604_800), ("7D", 604_800),
    ])
  func good(text: String, seconds: Int64) {
    #expect(TimeSpan(text)?.seconds == seconds)
  }

  @Test("What is none", arguments: ["", "m", "-1s", "1 h", "1.5h", "5min", "9223372036854775807d", "s5"])
  func bad(text: String) {
    #expect(TimeSpan(text) == nil)
  }

  @Test("Packed bytes come back, names and pieces alike")
  func packed() throws {
    let names: [[UInt8]] = [[], [0xff, 0x0a], Array("a/b".utf8), []]
    let pieces: [[UInt8]] = [[], [0, 1, 2], Array(repeating: 7, count: 255)]
    for (packed, isNames) in [(PackedBytes(names: names), true), (PackedBytes(pieces: pieces), false)] {
      let back = try JSON.decode(PackedBytes.self, from: JSON.encode(packed))
      #expect(isNames ? back.names == names : back.pieces == pieces)
    }
    #expect(PackedBytes([]).names.isEmpty && PackedBytes([5, 1]).pieces.isEmpty)
    #expect(throws: (any Error).self) { _ = try JSON.decode(PackedBytes.self, from: Array("\"%\"".utf8)) }
  }
}
