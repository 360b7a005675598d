internal import Glibc
internal import Provider
internal import TestSupport
internal import Testing

@testable import ExecProvider

/// A provider that is a program: what it answers.
@Suite("Exec provider")
struct ExecContentTests {
  /// `run`, a space, a byte that is no UTF-8, and a line feed.
  private static let oddName: [UInt8] = Array("run ".utf8) + [0xFF, 0x0A]

  @Test("Root, listing and contents come as the program has them, also names that are no text")
  func lists() async throws {
    let content = try await Programs.start()
    #expect(try await content.root() == "ROOT")
    let listing = try await content.list("ROOT").sorted()
    #expect(listing.rejections.isEmpty)
    let names = (0..<listing.count).map { listing.name(at: $0) }
    #expect(names == [Array("link".utf8), Array("many".utf8), Array("plain".utf8), Self.oddName])
    #expect((0..<listing.count).map { listing.kind(at: $0) } == [.symbolicLink, .directory, .file, .file])
    #expect((0..<listing.count).map { listing.size(at: $0) } == [5, nil, 5, nil])
    #expect(listing.permissions(at: 3) == 0o755)
    #expect(listing.content(at: 2) == "text:hello")
    #expect(try await text(of: "text:hello", from: content) == "hello")
    #expect(try await text(of: "text:", from: content) == "")
    #expect(try await content.list("nothing").isEmpty)
    await #expect(throws: ProviderError.missing("no such directory")) { try await content.list("no") }
    await content.end()
  }

  @Test("A large content comes whole, and a large directory")
  func large() async throws {
    let content = try await Programs.start()
    #expect(try await bytes(of: "big:3000001", from: content) == pattern(0..<3_000_001))
    #expect(try await content.list("many:20000").count == 20_000)
    await content.end()
  }

  @Test("What it can do is what it says it can")
  func abilities() async throws {
    for (words, ranged, lookup, paged) in [
      ("", false, false, false), ("ranges", true, false, false), ("entry", false, true, false),
      ("entry;pages", false, true, true), ("ranges;entry", true, true, false),
      ("ranges;entry;pages;sizes;changes", true, true, true),
    ] {
      let content = try await Programs.start(words)
      let provider = content.provider
      #expect(provider is any RangedContentProvider == ranged)
      #expect(provider is any EntryLookupProvider == lookup)
      #expect(provider is any PagedListingProvider == paged)
      #expect(try await provider.root() == "ROOT")
      #expect(try await provider.list("many:700").count == 700)
      await content.end()
    }
  }

  @Test("Ranges, single names, pages and sizes")
  func furtherAbilities() async throws {
    let content = try await Programs.start("ranges;entry;pages;sizes")
    let ranged = try #require(content.provider as? any RangedContentProvider)
    #expect(try await bytes(of: "big:1000000", range: 70_000..<670_001, from: ranged) == pattern(70_000..<670_001))
    await #expect(throws: ProviderError.self) { try await bytes(of: "short:1000", range: 0..<100, from: ranged) }
    await #expect(throws: ProviderError.self) { try await bytes(of: "short:1000", range: 0..<2, from: ranged) }
    let paged = try #require(content.provider as? any PagedListingProvider)
    let entry = try await paged.entry(named: Self.oddName, in: "ROOT")
    #expect(
      entry
        == DirectoryEntry(
          name: Self.oddName, kind: .file, id: Array("text:unsized".utf8), permissions: 0o755, size: nil))
    #expect(try await paged.entry(named: Array("none".utf8), in: "ROOT") == nil)
    var page = try await paged.page(of: "many:700", from: nil)
    #expect(page.entries.count == 300)
    page = try await paged.page(of: "many:700", from: page.next)
    page = try await paged.page(of: "many:700", from: page.next)
    #expect(page.entries.count == 100)
    #expect(page.next == nil)
    let ids = (0..<600).map { ContentID("text:\(String(repeating: "x", count: $0 % 90))".utf8) }
    #expect(try await content.sizes(of: ids) == (0..<600).map { Int64($0 % 90) })
    await content.end()
  }

  @Test("Without the ability sizes are counted")
  func countedSizes() async throws {
    let content = try await Programs.start()
    #expect(try await content.sizes(of: ["text:four", "big:100000"]) == [4, 100_000])
    await content.end()
  }

  @Test("Answers come in any order")
  func order() async throws {
    let content = try await Programs.start()
    try await withThrowingTaskGroup(of: String.self) { group in
      for name in ["a", "b", "c"] {
        group.addTask { try await text(of: ContentID("hold:\(name)".utf8), from: content) }
      }
      for name in ["c", "a", "b"] {
        // The program gets requests in the order of arrival, which tasks do not have.
        while try await text(of: ContentID("release:\(name)".utf8), from: content) != "released" { await Task.yield() }
      }
      for try await text in group { #expect(text == "held") }
    }
    await content.end()
  }

  @Test("More requests than the program wants wait for their turn")
  func parallel() async throws {
    let content = try await Programs.start("parallel=2")
    try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<50 { group.addTask { try await text(of: ContentID("text:\(number)".utf8), from: content) } }
      var all: Set<String> = []
      for try await text in group { all.insert(text) }
      #expect(all.count == 50)
    }
    await content.end()
  }

  @Test("A failure is of the kind that the program says, and its text is fit for a log")
  func failures() async throws {
    let content = try await Programs.start()
    let text = "of \u{FFFD} the test"
    for (word, error) in [
      ("missing", ProviderError.missing(text)), ("damaged", .damaged(text)), ("denied", .denied(text)),
      ("unsupported", .unsupported(text)), ("outdated", .outdated(text)), ("unavailable", .unavailable(text)),
      ("whatever", .unavailable(text)),
    ] {
      await #expect(throws: error) { try await bytes(of: ContentID(word.utf8), from: content) }
    }
    await #expect(throws: ProviderError.self) { try await content.list(DirectoryID([0x61, 0, 0x62])) }
    await content.end()
  }

  @Test("Who gives up returns at once, and the program is told")
  func cancellation() async throws {
    let content = try await Programs.start()
    let task = Task { try await bytes(of: "hold:me", from: content) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let second = Task { try await bytes(of: "hold:two", from: content) }
    while try await text(of: "holds:two", from: content) != "yes" { await Task.yield() }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    while try await !text(of: "cancelled", from: content).contains("two,") { await Task.yield() }
    await content.end()
  }

  @Test("Changes are passed on")
  func changes() async throws {
    let content = try await Programs.start("changes")
    var changes = content.changes().makeAsyncIterator()
    for message in [
      #"push:{"changed":"root","length":2}|R_"#, #"push:{"changed":"directories","length":4}|a_b_"#,
      #"push:{"changed":"paths","length":4}|a/b_"#, #"push:{"changed":"everything"}|"#,
    ] { #expect(try await text(of: ContentID(message.utf8), from: content) == "") }
    #expect(await changes.next() == .root("R"))
    #expect(await changes.next() == .directories(["a", "b"]))
    #expect(await changes.next() == .paths([Array("a/b".utf8)]))
    #expect(await changes.next() == .everything)
    await content.end()
    #expect(await changes.next() == nil)
  }

  @Test("Changes that nobody reads take no memory")
  func unreadChanges() async {
    let feed = ChangeFeed()
    var changes = feed.stream().makeAsyncIterator()
    for number in 0..<5000 { feed.send(.paths([Array("\(number)".utf8)])) }
    feed.send(.root("last"))
    feed.end()
    var all: [ProviderChange] = []
    while let change = await changes.next() { all.append(change) }
    #expect(all.count < ChangeFeed.most)
    #expect(all.contains(.everything))
    #expect(all.last == .root("last"))
  }
}
