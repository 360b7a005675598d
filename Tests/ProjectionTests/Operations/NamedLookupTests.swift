import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// Directories of a provider that finds one name without listing.
@Suite struct NamedLookupTests {
  private let tree = TreeProvider()

  init() {
    tree.add("dir", .directory("dir"))
    for name in ["a", "b", "c"] {
      tree.addFile(name, in: "dir", id: name, text: "text of \(name)", listed: name != "c")
    }
    tree.add("link", .link("target"), in: "dir")
    tree.add("sub", .directory("sub"), in: "dir")
  }

  private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

  private func fixture(_ way: ProviderWay, in home: Fixture? = nil) async throws -> Fixture {
    try await Fixture(way.provider(tree), owner: CoreModelTests.owner, in: home?.directory)
  }

  /// How often anything was listed.
  private var listings: Int {
    ["", "dir", "sub"].reduce(0) { $0 + tree.count(.list($1)) + tree.count(.page($1, 0)) }
  }

  @Test("A lookup asks for the one name, once, and lists nothing", arguments: [ProviderWay.byName, .paged])
  func lookup(way: ProviderWay) async throws {
    let fixture = try await fixture(way)
    for _ in 0..<2 {
      #expect(try await fixture.read(try await fixture.lookup("dir/a").node) == "text of a")
      #expect(try await fixture.lookup("dir/c").attributes.size == 9)
      #expect(try await fixture.lookup("dir/link").attributes.kind == .symbolicLink)
      #expect(try await fixture.lookup("dir/sub").attributes.kind == .directory)
      await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/absent") }
    }
    #expect(listings == 0)
    for name in ["/dir", "dir/a", "dir/c", "dir/absent"] { #expect(tree.count(.entry(name)) == 1, "\(name)") }
    #expect(tree.count(.entry("dir/b")) == 0)
  }

  @Test("Once a directory was listed, nothing is asked any more", arguments: [ProviderWay.byName, .paged])
  func listed(way: ProviderWay) async throws {
    let fixture = try await fixture(way)
    let before = try await fixture.lookup("dir/b").attributes
    let directory = try await fixture.lookup("dir").node
    let all = try await fixture.listAll(directory)
    #expect(all.map(\.text) == ["b", "a", "c", "link", "sub"], "what was looked up came first")
    #expect(all.first { $0.text == "b" }?.inode == before.inode)
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/absent") }
    _ = try await fixture.lookup("dir/c")
    #expect(tree.count(.entry("dir/absent")) == 0 && tree.count(.entry("dir/c")) == 0)
  }

  @Test(
    "Every change of names lists nothing, and is there for the next server", arguments: [ProviderWay.byName, .paged])
  func changes(way: ProviderWay) async throws {
    let fixture = try await fixture(way)
    let fileSystem = fixture.fileSystem
    let directory = try await fixture.lookup("dir").node
    func make(_ name: String) async throws(ProjectionError) {
      _ = try await fileSystem.create(
        bytes(name), in: directory, permissions: 0o644, for: .writing, with: nil, by: Fixture.caller)
    }
    try await make("new")
    await #expect(throws: ProjectionError.exists) { try await make("a") }
    try await fileSystem.unlink(bytes("a"), in: directory, by: Fixture.caller)
    await #expect(throws: ProjectionError.notFound) {
      try await fileSystem.unlink(bytes("a"), in: directory, by: Fixture.caller)
    }
    try await fileSystem.rename(
      bytes("b"), in: directory, to: bytes("d"), in: directory, .replacing, by: Fixture.caller)
    try await fileSystem.rename(
      bytes("new"), in: directory, to: bytes("b"), in: directory, .keepingExisting, by: Fixture.caller)
    try await fileSystem.rename(
      bytes("sub"), in: directory, to: bytes("c"), in: directory, .exchanging, by: Fixture.caller)
    #expect(listings == 0)
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/a") }
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/new") }
    #expect(try await fixture.read(try await fixture.lookup("dir/d").node) == "text of b")
    #expect(try await fixture.read(try await fixture.lookup("dir/b").node) == "")
    #expect(try await fixture.lookup("dir/c").attributes.kind == .directory)
    #expect(try await fixture.read(try await fixture.lookup("dir/sub").node) == "text of c")
    #expect(listings == 0)
    #expect(try await fixture.listAll(directory).map(\.text).sorted() == ["b", "c", "d", "link", "sub"])
    // The next server asks for what the local tree has, and for nothing else.
    let next = try await self.fixture(way, in: fixture)
    let asked = tree.count(.entry("dir/link"))
    #expect(try await next.read(try await next.lookup("dir/d").node) == "text of b")
    await #expect(throws: ProjectionError.notFound) { try await next.lookup("dir/a") }
    #expect(tree.count(.entry("dir/link")) == asked)
    #expect(
      try await next.listAll(try await next.lookup("dir").node).map(\.text).sorted() == ["b", "c", "d", "link", "sub"])
  }

  @Test("Those who ask for one name at once ask once; one that gives up leaves the others")
  func together() async throws {
    let fixture = try await fixture(.byName)
    _ = try await fixture.lookup("dir")
    tree.hold(.entry("dir/a"))
    let tasks = (0..<4).map { _ in Task { try await fixture.lookup("dir/a").attributes.size } }
    await tree.arrival(of: .entry("dir/a"))
    tasks[0].cancel()
    await #expect(throws: ProjectionError.interrupted) { try await tasks[0].value }
    // Others are answered meanwhile.
    #expect(try await fixture.lookup("dir/b").attributes.size == 9)
    tree.release(.entry("dir/a"))
    for task in tasks.dropFirst() { #expect(try await task.value == 9) }
  }

  @Test("A provider that cannot tell costs the one lookup an error, and is asked again")
  func failure() async throws {
    let fixture = try await fixture(.byName)
    tree.fail(.entry("dir/a"), with: .unavailable("away"))
    await #expect(throws: ProjectionError.provider(.unavailable("away"))) { try await fixture.lookup("dir/a") }
    #expect(try await fixture.lookup("dir/b").attributes.size == 9)
    let directory = try await fixture.lookup("dir").node
    await #expect(throws: ProjectionError.provider(.unavailable("away"))) {
      try await fixture.fileSystem.make(bytes("a"), in: directory, .directory, permissions: 0o755, by: Fixture.caller)
    }
    tree.fail(.entry("dir/a"), with: nil)
    #expect(try await fixture.lookup("dir/a").attributes.size == 9)
  }

  @Test("An answer with another name is a failure")
  func lying() async throws {
    let fixture = try await Fixture(LyingProvider())
    let directory = try await fixture.lookup("dir").node
    await #expect(throws: ProjectionError.provider(.damaged("another name was found than was asked for"))) {
      try await fixture.fileSystem.lookup(bytes("a"), in: directory, by: Fixture.caller)
    }
    // What no entry can be is no entry.
    await #expect(throws: ProjectionError.notFound) {
      try await fixture.fileSystem.lookup(bytes("long"), in: directory, by: Fixture.caller)
    }
  }

  private struct LyingProvider: EntryLookupProvider {
    func root() async throws -> DirectoryID { "" }
    func list(_ directory: DirectoryID) async throws -> DirectoryListing { DirectoryListing() }
    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {}
    func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
      if directory == "" { return .directory("dir", id: "dir") }
      return name == Array("long".utf8)
        ? .file("long", content: ContentID([UInt8](repeating: 1, count: 200)), size: 1)
        : .file("b", content: "b", size: 1)
    }
  }
}
