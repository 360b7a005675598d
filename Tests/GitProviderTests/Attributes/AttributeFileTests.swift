import Testing

@testable import GitProvider

@Suite("Lines of attributes files")
struct AttributeFileTests {
  @Test(
    "What a line says",
    arguments: [
      ("*.c text", "*.c", "text:set"),
      ("  *.c\ttext  -ident\r", "*.c", "text:set ident:unset"),
      ("*.bat text eol=crlf", "*.bat", "text:set eol:crlf"),
      ("a !text eol=lf crlf=input text=auto", "a", "text:unspecified eol:lf crlf:input text:auto"),
      ("a text=true eol=CRLF x=", "a", "text:other eol:other x:other"),
      ("a -text=auto !b=c", "a", "text:unset b:unspecified"),
      (#""a b" text"#, "a b", "text:set"),
      (#""a\tb\"\\\101"text"#, "a\tb\"\\A", "text:set"),
      (#""not closed text"#, "\"not", "closed:set text:set"),
      ("[attr] text", "[attr]", "text:set"),
      ("a#b text", "a#b", "text:set"),
      ("a", "a", ""),
    ])
  func patterns(line: String, pattern: String, states: String) throws {
    let parsed = try #require(AttributeFile.line(Array(line.utf8)))
    #expect(parsed.subject == .pattern(Array(pattern.utf8)))
    #expect(describe(parsed) == states)
  }

  @Test("Macros", arguments: [("[attr]mine text -ident", "mine", "text:set ident:unset"), ("[attr]a", "a", "")])
  func macros(line: String, name: String, states: String) throws {
    let parsed = try #require(AttributeFile.line(Array(line.utf8)))
    #expect(parsed.subject == .macro(Array(name.utf8)))
    #expect(describe(parsed) == states)
  }

  @Test(
    "Lines that say nothing",
    arguments: [
      "", "  ", "# *.c text", "  # x", "*.c text a/b", "*.c --text", "*.c =x", "*.c -", "[attr]-x text",
      // An escape that C does not know makes it no quoted name, and what follows no attribute.
      #""bad \escape" text"#,
    ])
  func nothing(line: String) {
    #expect(AttributeFile.line(Array(line.utf8)) == nil)
  }

  @Test("A line of 2048 bytes is ignored, a shorter one is not")
  func longLines() {
    let line = { (count: Int) in Array(("* text" + String(repeating: " ", count: count - 6)).utf8) }
    #expect(AttributeFile.line(line(2047)) != nil)
    #expect(AttributeFile.line(line(2048)) == nil)
  }

  @Test("A NUL ends a file of the tree, and a line of one on disk; only the latter may have a byte order mark")
  func ends() {
    let text = Array("a text\nb text\0 ident\nc text\n".utf8)
    #expect(AttributeFile.lines(inTree: text).count == 2)
    #expect(AttributeFile.lines(onDisk: text).map(\.states.count) == [1, 1, 1])
    let marked = Array("\u{feff}a text\n".utf8)
    #expect(AttributeFile.lines(onDisk: marked).first?.subject == .pattern(Array("a".utf8)))
    #expect(AttributeFile.lines(inTree: marked).first?.subject == .pattern(Array("\u{feff}a".utf8)))
  }

  private func describe(_ line: AttributeLine) -> String {
    line.states.map { "\(String(decoding: $0.name, as: UTF8.self)):\($0.setting)" }.joined(separator: " ")
  }
}
