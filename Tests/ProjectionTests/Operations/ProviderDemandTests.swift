import Projection
import Provider
import TestSupport
import Testing

/// What the file system asks of its provider, and what it makes of slow and failing answers.
@Suite struct ProviderDemandTests {
  private let tree = TreeProvider()

  @Test("A size is asked for only where the listing had none, once, and only of what was looked at")
  func sizes() async throws {
    tree.addFile("listed", id: "l", text: "12")
    tree.addFile("asked", id: "a", text: "123", listed: false)
    tree.addFile("untouched", id: "u", text: "1234", listed: false)
    let fixture = try await Fixture(tree)
    for _ in 0..<3 {
      #expect(try await fixture.lookup("listed").attributes.size == 2)
      #expect(try await fixture.lookup("asked").attributes.size == 3)
    }
    #expect(try await fixture.list().count == 5)
    #expect(tree.count(.list("")) == 1)
    #expect(tree.count(.attributes("l")) == 0)
    #expect(tree.count(.attributes("a")) == 1)
    #expect(tree.count(.attributes("u")) == 0)
  }

  @Test("A size that cannot be had fails the lookup, and works when the provider does")
  func failingSize() async throws {
    tree.addFile("file", id: "f", text: "123", listed: false)
    tree.fail(.attributes("f"), with: .damaged("x"))
    let fixture = try await Fixture(tree)
    for _ in 0..<2 {
      await #expect(throws: ProjectionError.provider(.damaged("x"))) { try await fixture.lookup("file") }
    }
    #expect(fixture.log.lines.count == 1)
    #expect(fixture.fileSystem.inodeCounts == (1, 1))
    tree.fail(.attributes("f"), with: nil)
    #expect(try await fixture.lookup("file").attributes.size == 3)
  }

  @Test("Lookups that come together list once")
  func oneListing() async throws {
    for number in 0..<40 { tree.addFile("file-\(number)", text: "\(number)") }
    tree.hold(.list(""))
    let fixture = try await Fixture(tree)
    let lookups = (0..<40).map { number in Task { try await fixture.lookup("file-\(number)") } }
    await tree.arrival(of: .list(""))
    tree.release(.list(""))
    var nodes: Set<NodeID> = []
    for lookup in lookups { nodes.insert(try await lookup.value.node) }
    #expect(nodes.count == 40)
    #expect(tree.count(.list("")) == 1)
  }

  @Test("A directory whose listing takes long holds up nothing else")
  func heldListing() async throws {
    tree.add("slow", .directory("slow"))
    tree.add("quick", .directory("quick"))
    tree.addFile("file", in: "slow", text: "s")
    tree.addFile("file", in: "quick", text: "q")
    tree.hold(.list("slow"))
    let fixture = try await Fixture(tree)
    let slow = try await fixture.lookup("slow").node
    let waiting = Task { try await fixture.list(slow) }
    await tree.arrival(of: .list("slow"))
    #expect(try await fixture.read(try await fixture.lookup("quick/file").node) == "q")
    #expect(try await fixture.list().map(\.text) == [".", "..", "quick", "slow"])
    #expect(try await fixture.fileSystem.attributes(of: slow).kind == .directory)
    tree.release(.list("slow"))
    #expect(try await waiting.value.map(\.text) == [".", "..", "file"])
  }

  @Test("A listing that fails is an error, logged once, and is asked for again")
  func failingListing() async throws {
    tree.addFile("file", text: "x")
    tree.fail(.list(""), with: .unavailable("x"))
    let fixture = try await Fixture(tree)
    for _ in 0..<2 {
      await #expect(throws: ProjectionError.provider(.unavailable("x"))) { try await fixture.lookup("file") }
      await #expect(throws: ProjectionError.provider(.unavailable("x"))) { try await fixture.list() }
    }
    #expect(fixture.log.lines.count == 1)
    tree.fail(.list(""), with: nil)
    #expect(try await fixture.lookup("file").attributes.size == 1)
  }

  @Test("A lookup whose caller leaves while the directory is listed is interrupted, and nothing is logged")
  func interrupted() async throws {
    tree.addFile("file", text: "x")
    tree.hold(.list(""))
    let fixture = try await Fixture(tree)
    let lookup = Task { try await fixture.lookup("file") }
    await tree.arrival(of: .list(""))
    lookup.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await lookup.value }
    tree.release(.list(""))
    #expect(fixture.log.lines.isEmpty)
    #expect(try await fixture.lookup("file").attributes.size == 1)
  }

  @Test("Entries that no directory can hold are hidden and logged; their neighbours are there")
  func rejections() async throws {
    tree.addFile("good", text: "x")
    tree.addFile("bad/name", text: "x")
    tree.addFile("..", text: "x")
    tree.addFile("good", id: "again", text: "y")
    let fixture = try await Fixture(tree)
    #expect(try await fixture.list().map(\.text) == [".", "..", "good"])
    #expect(try await fixture.read(try await fixture.lookup("good").node) == "x")
    #expect(fixture.log.lines.count == 3)
    #expect(fixture.log.lines.allSatisfy { $0.hasPrefix("warning:") })
  }

  @Test("Where the provider does not wait, an operation ends before its task is handed back")
  func inline() async throws {
    tree.addFile("file", id: "f", text: "123", listed: false)
    let fixture = try await Fixture(tree)
    let ended = Ended()
    _ = Task.immediate {
      let node = try await fixture.lookup("file").node
      _ = try await fixture.fileSystem.contents(of: node, by: Fixture.caller)
      ended.note()
    }
    #expect(ended.isNoted)
  }

  /// Answers from memory.
  private struct Nonblocking: ForwardingProvider, NonblockingProvider {
    let base: TreeProvider
  }

  @Test(
    "A provider that never blocks is asked without waking another thread; any other is not", arguments: [true, false])
  func hints(isNonblocking: Bool) async throws {
    tree.addFile("file", id: "f", text: "123", listed: false)
    let hints = Counter()
    let fixture = try await Fixture(isNonblocking ? Nonblocking(base: tree) : tree as any ContentProvider)
    fixture.fileSystem.onWait { hints.add(1) }
    // The names in the local directory at the root are the disk's affair.
    _ = try await fixture.list()
    let before = hints.value
    let node = try await fixture.lookup("file").node
    #expect(try await fixture.read(node) == "123")
    #expect((hints.value == before) == isNonblocking)
  }
}
