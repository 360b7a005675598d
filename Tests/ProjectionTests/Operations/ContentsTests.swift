import Posix
import Projection
import Provider
import TestSupport
import Testing

@Suite struct ContentsTests {
  private let tree = TreeProvider()
  private let registrar = FakeRegistrar()

  @Test("Reading gives the provider's bytes, fetched once for all paths that have them")
  func reading() async throws {
    tree.addFile("a", id: "shared", text: "some text")
    tree.addFile("b", id: "shared", text: "some text")
    tree.addFile("empty", id: "none", text: "")
    let fixture = try await Fixture(tree)
    for name in ["a", "b", "a"] {
      #expect(try await fixture.read(try await fixture.lookup(name).node) == "some text")
    }
    #expect(try await fixture.read(try await fixture.lookup("empty").node) == "")
    #expect(tree.count(.fetch("shared")) == 1)
  }

  @Test("A content fetched by one instance is there for the next, whose provider is not asked")
  func remount() async throws {
    tree.addFile("file", id: "id", text: "text")
    let directory = try TemporaryDirectory()
    for _ in 0..<2 {
      let fixture = try await Fixture(tree, in: directory)
      #expect(try await fixture.read(try await fixture.lookup("file").node) == "text")
    }
    #expect(tree.count(.fetch("id")) == 1)
  }

  @Test("An open hydrates and names a backing file; opening again asks neither the provider nor the kernel")
  func opening() async throws {
    tree.addFile("file", id: "id", text: "text")
    let fixture = try await Fixture(tree)
    let files = BackingFiles(registrar: registrar)
    let node = try await fixture.lookup("file").node
    let first = try await fixture.fileSystem.open(node, with: files, by: Fixture.caller)
    #expect(first.backing != nil)
    #expect(try fixture.store.text(of: "id") == "text")
    try fixture.store.remove("id")
    #expect(try await fixture.fileSystem.open(node, with: files, by: Fixture.caller).backing == first.backing)
    #expect(tree.count(.fetch("id")) == 1)
    #expect(fixture.fileSystem.openCounts == (2, 0))
  }

  @Test("Many opens of one file at once fetch it once and end with one backing file")
  func racingOpens() async throws {
    tree.addFile("file", id: "id", text: "text")
    tree.hold(.fetch("id"))
    let fixture = try await Fixture(tree)
    let files = BackingFiles(registrar: registrar)
    let node = try await fixture.lookup("file").node
    let opens = (0..<20).map { _ in
      Task { try await fixture.fileSystem.open(node, with: files, by: Fixture.caller) }
    }
    await eventually("all wait") { fixture.fileSystem.statistics.snapshot.shared == 19 }
    #expect(fixture.fileSystem.hydrationsInFlight == 1)
    tree.release(.fetch("id"))
    var ids: Set<BackingID?> = []
    for open in opens { ids.insert(try await open.value.backing) }
    #expect(ids.count == 1)
    #expect(ids.first != .some(nil))
    #expect(registrar.registered.count == 1)
    #expect(tree.count(.fetch("id")) == 1)
    #expect(fixture.fileSystem.openCounts.passthrough == 20)
  }

  @Test("Where the kernel refuses the backing file, the open succeeds without one")
  func refusedBacking() async throws {
    tree.addFile("file", text: "text")
    registrar.refuses = true
    let fixture = try await Fixture(tree)
    let node = try await fixture.lookup("file").node
    let files = BackingFiles(registrar: registrar)
    #expect(try await fixture.fileSystem.open(node, with: files, by: Fixture.caller).backing == nil)
    #expect(fixture.fileSystem.openCounts == (0, 1))
    #expect(try await fixture.read(node) == "text")
  }

  @Test("An open that fails counts as none, and leaves nothing registered")
  func failingOpen() async throws {
    tree.addFile("file", id: "id", text: "text")
    tree.add("dir", .directory("dir"))
    tree.add("link", .link("target"))
    tree.fail(.fetch("id"), with: .missing("id"))
    let fixture = try await Fixture(tree)
    let files = BackingFiles(registrar: registrar)
    for (name, failure) in [
      ("file", ProjectionError.provider(.missing("id"))), ("dir", .isADirectory), ("link", .invalid),
    ] {
      let node = try await fixture.lookup(name).node
      await #expect(throws: failure) {
        try await fixture.fileSystem.open(node, with: files, by: Fixture.caller)
      }
    }
    #expect(registrar.registrations == 0)
    #expect(fixture.fileSystem.openCounts == (0, 0))
  }

  @Test("A link's target is its content, up to what fits in a page", arguments: [1, 100, 4095, 4096, 5000])
  func targets(length: Int) async throws {
    let target = String(repeating: "t", count: length)
    // The longest content ID is shorter than the longest target.
    tree.addFile("elsewhere", id: "id", text: target)
    let fixture = try await Fixture(LinkProvider(tree, target: "id", length: length))
    let link = try await fixture.lookup("link")
    #expect(link.attributes.size == Int64(length))
    if length < 4096 {
      #expect(try await fixture.fileSystem.target(of: link.node, by: Fixture.caller) == Array(target.utf8))
    } else {
      await #expect(throws: ProjectionError.nameTooLong) {
        try await fixture.fileSystem.target(of: link.node, by: Fixture.caller)
      }
    }
  }

  @Test("Who caused hydrations is counted by process")
  func processes() async throws {
    for name in ["a", "b"] { tree.addFile(name, text: name) }
    let fixture = try await Fixture(tree)
    let own = Caller(thread: UInt32(ProcessIdentity.own))
    for name in ["a", "b", "a"] {
      _ = try await fixture.fileSystem.contents(of: try await fixture.lookup(name).node, by: own)
    }
    let usage = try #require(fixture.fileSystem.statistics.snapshot.processes.first)
    #expect(usage.identity.process == own.thread)
    #expect(usage.usage.hydrations == 2 && usage.usage.bytes == 2)
    #expect(usage.identity.command == ProcessIdentity.ownCommand)
  }
}
