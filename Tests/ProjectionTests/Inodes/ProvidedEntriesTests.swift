import Provider
import TestSupport
import Testing

@testable import Projection

/// What is known of a directory that comes by pages and by names, against a list of what came.
@Suite struct ProvidedEntriesTests {
  private static func nobody(_: [UInt8]) -> Bool { false }

  private static func page(_ names: some Sequence<String>, next: String? = nil) -> ListingPage {
    var entries = DirectoryListing()
    for name in names { entries.appendFile(name, content: ContentID(name.utf8), size: 1) }
    return ListingPage(entries: entries, next: next.map { ListingCursor($0.utf8) })
  }

  private static func names(_ entries: ProvidedEntries) -> [String] {
    (0..<entries.count).map { String(decoding: entries.name(at: $0), as: UTF8.self) }
  }

  private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

  @Test("Places never change, and every name is found at its own, however much comes in which order", arguments: 1...20)
  func model(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let all = Set(
      (0..<Int.random(in: 0...400, using: &random)).map { _ in
        "n\(Int.random(in: 0..<1000, using: &random))"
      }
    ).shuffled(using: &random)
    var entries = ProvidedEntries.unknown(nil)
    var order: [String] = []
    var rest = all[...]
    var isWhole = false
    while !isWhole {
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        let name = Bool.random(using: &random) ? all.randomElement(using: &random) ?? "n" : "absent \(order.count)"
        entries.learn(
          all.contains(name) ? .file(name, content: ContentID(name.utf8), size: 1) : nil, named: bytes(name), nil)
        #expect(entries.isKnown(bytes(name), nil))
        if all.contains(name), !order.contains(name) { order.append(name) }
      }
      let part = rest.prefix(Int.random(in: 0...60, using: &random))
      rest = rest.dropFirst(part.count)
      isWhole = rest.isEmpty
      try entries.learn(Self.page(part, next: isWhole ? nil : "next"), Self.nobody)
      order += part.filter { !order.contains($0) }
      #expect(Self.names(entries) == order, "seed \(seed)")
      #expect(entries.isWhole == isWhole)
    }
    for (place, name) in order.enumerated() { #expect(entries.place(of: bytes(name)) == place, "seed \(seed)") }
    #expect(entries.place(of: bytes("absent 0")) == nil && entries.isKnown(bytes("absent 0"), nil))
    let rejections = entries.takeRejections()
    #expect(rejections.isEmpty, "seed \(seed): what came by name and by page is one")
    #expect(
      Self.names(ProvidedEntries(entries.sorted, nil)) == all.sorted { bytes($0).lexicographicallyPrecedes(bytes($1)) })
  }

  @Test("A name that comes twice is left out, once by name and once by page is not twice")
  func twice() throws {
    var entries = ProvidedEntries.unknown(nil)
    entries.learn(.file("b", content: "b", size: 1), named: bytes("b"), nil)
    try entries.learn(Self.page(["a", "b", "b", "a"], next: "1"), Self.nobody)
    try entries.learn(Self.page(["c", "a"]), Self.nobody)
    #expect(Self.names(entries) == ["b", "a", "c"])
    let rejections = entries.takeRejections()
    #expect(rejections.map(\.name) == [bytes("b"), bytes("a"), bytes("a")])
    let others = entries.takeRejections()
    #expect(others.isEmpty)
  }

  @Test("A name that somebody has taken because it was said to be absent stays theirs")
  func contradiction() throws {
    var entries = ProvidedEntries.unknown(nil)
    entries.learn(nil, named: bytes("b"), nil)
    try entries.learn(Self.page(["a", "b"])) { $0 == Array("b".utf8) }
    #expect(Self.names(entries) == ["a"])
    let rejections = entries.takeRejections()
    #expect(rejections.map(\.name) == [bytes("b")])
  }

  @Test("Pages with nothing new end with a failure, some time")
  func endless() throws {
    var entries = ProvidedEntries.unknown(nil)
    for _ in 0..<1000 { try entries.learn(Self.page([], next: "again"), Self.nobody) }
    #expect(throws: ProviderError.self) { try entries.learn(Self.page([], next: "again"), Self.nobody) }
    // It may mend.
    try entries.learn(Self.page(["a"]), Self.nobody)
    #expect(entries.isWhole && Self.names(entries) == ["a"])
  }

  @Test("Of spellings of one name the first that came stays, and any finds it")
  func spellings() throws {
    let folding = NameFolding(Caseless(TreeProvider()))
    var listing = DirectoryListing()
    for name in ["b", "Foo", "foo", "FOO", "a", "Ähre", "äHRE"] {
      listing.appendFile(name, content: ContentID(name.utf8), size: 1)
    }
    var entries = ProvidedEntries(listing, folding)
    #expect(Self.names(entries) == ["b", "Foo", "a", "Ähre"])
    let rejections = entries.takeRejections().map { String(decoding: $0.name, as: UTF8.self) }
    #expect(rejections == ["foo", "FOO", "äHRE"])
    for name in ["foo", "FOO", "fOO"] { #expect(entries.place(of: bytes(name)) == 1) }
    #expect(entries.place(of: bytes("ähre")) == 3)
  }

  @Test("Names that are not there are kept while they are used; of others the last thousand")
  func absent() {
    var names = AbsentNames()
    names.insert([1])
    let kept = [
      names.keep([1], isAbsent: false), names.keep([2], isAbsent: false), names.keep([2], isAbsent: true),
    ]
    #expect(kept == [true, false, true])
    for number in 0..<5000 { names.insert(bytes("n\(number)")) }
    #expect(names.contains([1]) && names.contains([2]))
    #expect((0..<5000).count { names.contains(bytes("n\($0)")) } == 1024)
    names.release([1])
    #expect(names.contains([1]))
    for number in 0..<2000 { names.insert(bytes("m\(number)")) }
    #expect(!names.contains([1]) && names.contains([2]))
  }
}
