internal import Provider
internal import TestSupport
internal import Testing

@testable import ExecProvider

/// Messages as bytes, cut anywhere.
@Suite("Exec messages")
struct MessageTests {
  @Test("Messages are read however they come")
  func cuts() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      var bytes: [UInt8] = []
      var expected: [String] = []
      for id in 0..<Int.random(in: 1...5, using: &random) {
        let body = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let isLast = Bool.random(using: &random)
        bytes += Array("{\"id\":\(id),\"length\":\(body.count),\"more\":\(!isLast)}\n".utf8) + body
        expected += ["\(ProgramMessage.answer(UInt64(id), length: body.count, isLast: isLast))"]
        if !body.isEmpty { expected.append("\(body)") }
        expected.append("end")
      }
      var reader = MessageReader()
      var found: [String] = []
      var body: [UInt8] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(Int.random(in: 1...120, using: &random)))
        rest = rest.dropFirst(piece.count)
        try piece.withUnsafeBytes { piece in
          try reader.read(piece) { piece in
            switch piece {
            case .header(let message): found.append("\(message)")
            case .body(let bytes): body += bytes
            case .end:
              if !body.isEmpty { found.append("\(body)") }
              body = []
              found.append("end")
            }
          }
        }
      }
      #expect(found == expected)
      #expect(!reader.isInside)
    }
  }

  @Test("Entries are read however they come", arguments: [1, 2, 3, 7, 1000])
  func entries(step: Int) throws {
    let wanted = [
      DirectoryEntry(name: [0xFF, 0x0A], kind: .file, id: [1], permissions: 0o4755, size: 12),
      DirectoryEntry(name: "d".utf8, kind: .directory, id: [2, 3], permissions: 0o700, size: nil),
      DirectoryEntry(name: "l".utf8, kind: .symbolicLink, id: [4], permissions: 0o777, size: nil),
    ]
    let text =
      Array("file 4755 12\0\u{1}\0".utf8) + [0xFF, 0x0A, 0]
      + Array("directory 700 -\0\u{2}\u{3}\0d\0link 777 -\0\u{4}\0l\0".utf8)
    var reader = EntryReader()
    var page = PageReader()
    var found: [DirectoryEntry] = []
    var paged: [DirectoryEntry] = []
    for start in stride(from: 0, to: text.count, by: step) {
      try reader.read(Array(text[start..<min(start + step, text.count)])) { found.append($0) }
    }
    let withCursor = Array("next\0".utf8) + text
    for start in stride(from: 0, to: withCursor.count, by: step) {
      try page.read(Array(withCursor[start..<min(start + step, withCursor.count)])) { paged.append($0) }
    }
    try reader.finish()
    #expect(found == wanted)
    #expect(paged == wanted)
    #expect(try page.finish() == ListingCursor("next".utf8))
  }

  @Test("What is no entry is said to be none")
  func badEntries() {
    for text in [
      "file 644\0i\0n\0", "file 644 1 \0i\0n\0", "fil 644 1\0i\0n\0", "file 888 1\0i\0n\0", "file 17777 1\0i\0n\0",
      "file 644 -1\0i\0n\0", "file 644 x\0i\0n\0", "file 644 1\0\0n\0", "file 644 1\0i\0n", "file 644 1\0i\0", "\0",
      "file 644 99999999999999999999\0i\0n\0", String(repeating: "x", count: 5000),
    ] {
      #expect(throws: ProviderError.self, "\(text.prefix(30))") {
        var reader = EntryReader()
        try reader.read(Array(text.utf8)) { _ in }
        try reader.finish()
      }
    }
  }

  @Test("Requests are written as documented")
  func requests() {
    func text(_ request: ProgramRequest) -> String { String(decoding: request.message(7), as: UTF8.self) }
    #expect(text(.root) == "{\"id\":7,\"do\":\"root\"}\n")
    #expect(text(.list("d")) == "{\"id\":7,\"do\":\"list\",\"length\":2}\nd\0")
    #expect(text(.page("d", from: nil)) == "{\"id\":7,\"do\":\"page\",\"length\":2}\nd\0")
    #expect(text(.page("d", from: Array("c".utf8))) == "{\"id\":7,\"do\":\"page\",\"length\":4}\nd\0c\0")
    #expect(text(.entry("d", name: Array("n".utf8))) == "{\"id\":7,\"do\":\"entry\",\"length\":4}\nd\0n\0")
    #expect(text(.sizes(["a", "b"])) == "{\"id\":7,\"do\":\"sizes\",\"length\":4}\na\0b\0")
    #expect(text(.fetch("a")) == "{\"id\":7,\"do\":\"fetch\",\"length\":2}\na\0")
    #expect(text(.range("a", 5..<15)) == "{\"id\":7,\"do\":\"fetch\",\"offset\":5,\"count\":10,\"length\":2}\na\0")
    #expect(String(decoding: ProgramRequest.cancel(7), as: UTF8.self) == "{\"cancel\":7}\n")
  }
}
