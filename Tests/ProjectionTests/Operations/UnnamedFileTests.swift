import Glibc
import Posix
import TestSupport
import Testing

@testable import Projection

@Suite struct UnnamedFileTests {
  private let tree = TreeProvider()
  private let registrar = FakeRegistrar()

  @Test("An unnamed file is written, read and forgotten, and nothing is left of it")
  func forgotten() async throws {
    let fixture = try await Fixture(tree)
    let files = BackingFiles(registrar: registrar)
    let made = try await fixture.fileSystem.createUnnamed(
      in: .root, permissions: 0o640, for: .writing, with: files, by: Fixture.caller)
    #expect(made.backing != nil)
    #expect(made.entry.attributes.links == 0 && made.entry.attributes.permissions == 0o640)
    let node = made.entry.node
    try await fixture.fileSystem.write(Array("text".utf8), to: node, at: 0, with: files, by: Fixture.caller)
    #expect(try await fixture.read(node) == "text")
    #expect(try await fixture.list().map(\.text) == [".", ".."])
    let size = AttributeChange.size(2)
    #expect(try await fixture.fileSystem.change(node, size, with: files, by: Fixture.caller).size == 2)

    fixture.fileSystem.release(node, for: .writing, with: files)
    for gone in fixture.fileSystem.forget(node, count: 1) { files.forget(gone) }
    #expect(registrar.registered.isEmpty)
    await #expect(throws: ProjectionError.stale) { try await fixture.fileSystem.attributes(of: node) }
    #expect(try FileCalls.names(fixture.directory.path + "/state/local") == [])
    let staging = fixture.directory.path + "/state/staging"
    #expect(try FileCalls.names(staging).flatMap { try FileCalls.names("\(staging)/\($0)") } == [])
  }

  @Test("A link gives it a name, also in the place of one that is gone, and it stays the same file")
  func named() async throws {
    tree.addFile("file", id: "id", text: "the provider's")
    tree.add("directory", .directory("d"))
    let fixture = try await Fixture(tree)
    let directory = try await fixture.lookup("directory").node
    let made = try await fixture.fileSystem.createUnnamed(
      in: directory, permissions: 0o600, for: .writing, with: nil, by: Fixture.caller)
    let node = made.entry.node
    try await fixture.fileSystem.write(Array("text".utf8), to: node, at: 0, with: nil, by: Fixture.caller)
    await #expect(throws: ProjectionError.exists) {
      _ = try await fixture.fileSystem.link(node, to: Array("file".utf8), in: .root, by: Fixture.caller)
    }
    try await fixture.fileSystem.unlink(Array("file".utf8), in: .root, by: Fixture.caller)
    for name in ["file", "other"] {
      let linked = try await fixture.fileSystem.link(node, to: Array(name.utf8), in: .root, by: Fixture.caller)
      #expect(linked.node == node && linked.attributes.inode == made.entry.attributes.inode)
    }
    let found = try await fixture.lookup("file")
    #expect(found.node == node && found.attributes.links == 2)
    #expect(try await fixture.read(node) == "text")
    #expect(try FileCalls.contents(fixture.directory.path + "/state/local/file") == Array("text".utf8))
    // The directory in which it was made was not touched, and is not kept for it.
    #expect(try FileCalls.names(fixture.directory.path + "/state/local").sorted() == ["file", "other"])
    #expect(fixture.fileSystem.forget(directory, count: 1) == [directory])
  }

  @Test("It belongs to who makes it, and to the group that its directory hands on", .enabled(if: Availability.root))
  func owner() async throws {
    let fixture = try await Fixture(tree)
    let caller = Caller(thread: 4711, owner: FileOwner(user: 1001, group: 2001))
    let plain = try await fixture.fileSystem.createUnnamed(
      in: .root, permissions: 0o600, for: .writing, with: nil, by: caller)
    #expect(plain.entry.attributes.owner == caller.owner)
    let shared = try await fixture.fileSystem.make(
      Array("shared".utf8), in: .root, .directory, permissions: 0o2777,
      by: Caller(thread: 4711, owner: FileOwner(user: 0, group: 3001)))
    let made = try await fixture.fileSystem.createUnnamed(
      in: shared.node, permissions: 0o2660, for: .writing, with: nil, by: caller)
    #expect(made.entry.attributes.owner == FileOwner(user: 1001, group: 3001))
    #expect(made.entry.attributes.permissions == 0o2660)
  }
}

extension AttributeChange {
  /// A new size.
  fileprivate static func size(_ size: Int64) -> AttributeChange {
    var change = AttributeChange()
    change.size = size
    return change
  }
}
