import TestSupport
import Testing

@testable import Projection

@Suite struct JournalTokenTests {
  @Test("A token's text is read again as the same token", arguments: 1...50)
  func roundTrip(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let instance = random.next() >> UInt64.random(in: 0..<64, using: &random)
    let sequence = random.next() >> UInt64.random(in: 0..<64, using: &random)
    let token = ChangeJournal.Token(instance: instance, sequence: sequence)
    #expect(ChangeJournal.Token(token.description) == token)
  }

  @Test("The text is what git stores")
  func text() {
    #expect(ChangeJournal.Token(instance: 0xabc, sequence: 42).description == "projfs:0000000000000abc:42")
  }

  @Test(
    "Other text is no token",
    arguments: [
      "", "/", "1700000000000000000", "projfs", "projfs:", "projfs::", "projfs:0000000000000abc",
      "projfs:0000000000000abc:", "projfs:abc:1", "projfs:0000000000000abc:-0", "projfs:0000000000000abc:+1",
      "projfs:+000000000000abc:1", "projfs:0000000000000abc:1:", "projfs:0000000000000abc:1 ",
      "projfs:0000000000000abg:1", "projfs:0000000000000abc:18446744073709551616", "projfs:00000000000000\u{e9}:1",
      "Projfs:0000000000000abc:1", " projfs:0000000000000abc:1", "projfs:0000000000000abc:1\n",
      "projfs:0000000000000abc:é",
    ])
  func garbage(text: String) {
    #expect(ChangeJournal.Token(text) == nil)
  }
}
