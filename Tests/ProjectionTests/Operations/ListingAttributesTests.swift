import Projection
import Provider
import TestSupport
import Testing

/// Which entries of a listing come with attributes, and what that costs the provider.
@Suite struct ListingAttributesTests {
  private let tree = TreeProvider()
  private let lister = Caller(thread: 1)
  private let other = Caller(thread: 2)

  private func names(_ entries: [ListedEntry]) -> [String] {
    entries.filter { $0.found != nil }.map(\.text)
  }

  @Test("Files' attributes go to a lister only after it was seen looking files up; directories' always go")
  func habit() async throws {
    tree.add("dir", .directory("dir"))
    tree.addFile("one", id: "1", text: "x", listed: false)
    tree.addFile("two", id: "2", text: "xx", listed: false)
    let fixture = try await Fixture(tree)
    for _ in 0..<2 {
      #expect(names(try await fixture.list(attributes: true, by: lister)) == ["dir"])
    }
    #expect(tree.count(.attributes("1")) == 0)

    _ = try await fixture.lookup("one", by: lister)
    let listed = try await fixture.list(attributes: true, by: lister)
    #expect(names(listed) == ["dir", "one", "two"])
    #expect(listed.last?.found?.attributes.size == 2)
    #expect(tree.count(.attributes("1")) == 1)
    #expect(tree.count(.attributes("2")) == 1)
    #expect(names(try await fixture.list(attributes: true, by: other)) == ["dir"])
    #expect(names(try await fixture.list(attributes: false, by: lister)).isEmpty)
  }

  @Test("Looking a directory up is no sign of wanting files' attributes")
  func directoriesAreNoSign() async throws {
    tree.add("dir", .directory("dir"))
    tree.addFile("file", text: "x")
    let fixture = try await Fixture(tree)
    _ = try await fixture.list(attributes: true, by: lister)
    _ = try await fixture.lookup("dir", by: lister)
    #expect(names(try await fixture.list(attributes: true, by: lister)) == ["dir"])
  }

  @Test("Where one thread lists and another looks up, both count as wanting attributes")
  func twoThreads() async throws {
    tree.addFile("file", text: "x")
    let fixture = try await Fixture(tree)
    _ = try await fixture.list(attributes: true, by: lister)
    _ = try await fixture.lookup("file", by: other)
    #expect(names(try await fixture.list(attributes: true, by: lister)) == ["file"])
    #expect(names(try await fixture.list(attributes: true, by: other)) == ["file"])
  }

  @Test("A file whose size cannot be had comes without attributes; its neighbours come with theirs")
  func failingSize() async throws {
    for name in ["a", "b", "c"] { tree.addFile(name, id: name, text: name, listed: false) }
    tree.fail(.attributes("b"), with: .damaged("x"))
    let fixture = try await Fixture(tree)
    _ = try await fixture.list(attributes: true, by: lister)
    _ = try await fixture.lookup("a", by: lister)
    let listed = try await fixture.list(attributes: true, by: lister)
    #expect(listed.map(\.text) == [".", "..", "a", "b", "c"])
    #expect(names(listed) == ["a", "c"])
    await #expect(throws: ProjectionError.provider(.damaged("x"))) { try await fixture.lookup("b") }
  }

  @Test("Sizes are asked for no further than one reply goes")
  func boundedDemand() async throws {
    let count = 1000
    for number in 0..<count {
      tree.addFile("file-\(1000 + number)", id: "\(number)", text: "x", listed: false)
    }
    let fixture = try await Fixture(tree)
    _ = try await fixture.list(attributes: true, by: lister)
    _ = try await fixture.lookup("file-1000", by: lister)
    var reply = CollectingReply(room: 4096)
    try await fixture.fileSystem.list(.root, after: 0, attributes: true, by: lister, into: &reply)
    let asked = (0..<count).count { tree.count(.attributes("\($0)")) > 0 }
    #expect(asked >= reply.entries.count - 2)
    #expect(asked <= 256)
  }

  @Test("A listing that waits for sizes holds up no listing without them")
  func heldSizes() async throws {
    tree.addFile("a", id: "a", text: "x", listed: false)
    tree.addFile("b", id: "b", text: "x", listed: false)
    tree.hold(.attributes("b"))
    let fixture = try await Fixture(tree)
    _ = try await fixture.list(attributes: true, by: lister)
    _ = try await fixture.lookup("a", by: lister)
    let waiting = Task { try await fixture.list(attributes: true, by: lister) }
    await tree.arrival(of: .attributes("b"))
    #expect(try await fixture.list(attributes: true, by: other).map(\.text) == [".", "..", "a", "b"])
    tree.release(.attributes("b"))
    #expect(names(try await waiting.value) == ["a", "b"])
  }
}
