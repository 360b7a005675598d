import Provider
import SystemPackage
import TestSupport
import Testing

@Suite struct IdentifierTests {
  @Test("Every byte has two digits of its own, lower-case")
  func everyByte() {
    for byte in UInt8.min...UInt8.max {
      let digits = String(byte, radix: 16)
      #expect(hexadecimal([byte]) == (digits.utf8.count == 1 ? "0" + digits : digits))
    }
    #expect(hexadecimal([UInt8]()) == "")
  }

  @Test("The digits of a sequence are those of its bytes in order, and read back to the same bytes", arguments: 1...20)
  func roundTrip(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bytes = random.bytes(Int.random(in: 0...ContentID.maximumLength, using: &random))
    let digits = hexadecimal(bytes)
    #expect(digits == bytes.map { hexadecimal([$0]) }.joined(), "seed \(seed)")
    let pairs = stride(from: 0, to: digits.utf8.count, by: 2).map { Array(digits)[$0...$0 + 1] }
    #expect(pairs.compactMap { UInt8(String($0), radix: 16) } == bytes, "seed \(seed)")
    #expect(ContentID(bytes).description == digits, "seed \(seed)")
    #expect(DirectoryID(bytes).description == digits, "seed \(seed)")
  }

  @Test("Identifiers are equal exactly when their bytes are")
  func equality() {
    #expect(ContentID("abc".utf8) == "abc")
    #expect(ContentID([UInt8]()) == "")
    #expect(ContentID([0]) != ContentID([0, 0]))
    #expect(DirectoryID("abc".utf8) == "abc")
    #expect(Set([ContentID([1, 2]), ContentID([1, 2]), ContentID([2, 1])]).count == 2)
  }

  @Test("The longest identifier is a file name of at most 255 bytes as digits")
  func longest() {
    #expect(ContentID([UInt8](repeating: 0xab, count: ContentID.maximumLength)).description.utf8.count <= 255)
  }
}

@Suite struct ProviderErrorTests {
  @Test(
    "An error says what failed and how",
    arguments: [
      (ProviderError.missing("x"), "missing: x"), (.damaged("x"), "damaged: x"),
      (.unavailable("x"), "unavailable: x"), (.denied("x"), "denied: x"), (.unsupported("x"), "unsupported: x"),
      (.system(.noSpace, "x"), "x: \(Errno.noSpace)"), (.wrongSize("x"), "wrong size: x"),
    ])
  func description(error: ProviderError, words: String) {
    #expect(error.description == words)
  }
}

@Suite struct ContentProviderDefaultTests {
  /// A provider that knows no sizes.
  private struct Unsized: ContentProvider {
    func root() async throws -> DirectoryID { "" }
    func list(_ directory: DirectoryID) async throws -> DirectoryListing { DirectoryListing() }
    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
      if content == "bad" { throw ProviderError.missing("bad") }
      try sink.write(content.bytes)
      try sink.write(content.bytes)
    }
  }

  @Test("Sizes are found by fetching and counting, in the order asked")
  func sizes() async throws {
    let sizes = try await Unsized().measuredSizes(of: ["abc", "", "z"])
    #expect(sizes == [6, 0, 2])
  }

  @Test("A content that cannot be fetched has no size")
  func failure() async {
    await #expect(throws: ProviderError.missing("bad")) { try await Unsized().measuredSizes(of: ["a", "bad"]) }
  }
}
