import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// What changes of names and metadata ask of the provider: nothing.
@Suite struct LazinessTests {
  private let tree = TreeProvider()
  private let files = BackingFiles(registrar: FakeRegistrar())

  init() {
    tree.add("dir", .directory("dir"))
    tree.add("inner", .directory("inner"), in: "dir")
    for name in ["file", "other"] { tree.addFile(name, id: name, text: "text of \(name)") }
    tree.addFile("deep", in: "inner", id: "deep", text: "deep text")
  }

  private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

  @Test("A directory that was never listed is renamed without being listed, and shows what it showed")
  func rename() async throws {
    let fixture = try await Fixture(tree)
    let before = try await fixture.lookup("dir").attributes
    try await fixture.fileSystem.rename(
      bytes("dir"), in: .root, to: bytes("moved"), in: .root, .replacing, by: Fixture.caller)
    #expect(tree.count(.list("dir")) == 0)
    #expect(tree.count(.list("inner")) == 0)
    let after = try await fixture.lookup("moved").attributes
    #expect(after.inode == before.inode && after.modified == before.modified)
    #expect(try await fixture.read(try await fixture.lookup("moved/inner/deep").node) == "deep text")
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir") }
    // The next server finds it as well, by what the local directory carries.
    let next = try await Fixture(tree, in: fixture.directory)
    #expect(try await next.read(try await next.lookup("moved/inner/deep").node) == "deep text")
  }

  @Test("Metadata, names and links of a file that was never read change without a fetch, and its content is there")
  func metadata() async throws {
    let fixture = try await Fixture(tree, owner: Caller(thread: 0).owner)
    let fileSystem = fixture.fileSystem
    let node = try await fixture.lookup("file").node
    var change = AttributeChange()
    change.permissions = 0o600
    change.modified = .at(TimeStamp(seconds: 5))
    let shown = try await fileSystem.change(node, change, with: files, by: Fixture.caller)
    #expect(shown.permissions == 0o600 && shown.modified == TimeStamp(seconds: 5) && shown.size == 12)
    try await fileSystem.setExtendedAttribute(bytes("user.x"), of: node, to: [1], flags: 0, by: Fixture.caller)
    try await fileSystem.rename(
      bytes("file"), in: .root, to: bytes("moved"), in: .root, .replacing, by: Fixture.caller)
    #expect(try await fileSystem.link(node, to: bytes("linked"), in: .root, by: Fixture.caller).attributes.links == 2)
    try await fileSystem.unlink(bytes("moved"), in: .root, by: Fixture.caller)
    try await fileSystem.unlink(bytes("other"), in: .root, by: Fixture.caller)
    #expect(tree.count(.fetch("file")) == 0)
    #expect(tree.count(.fetch("other")) == 0)
    #expect(try await fixture.read(try await fixture.lookup("linked").node) == "text of file")
    #expect(tree.count(.fetch("file")) == 1)
  }

  @Test("Emptying a file by opening it or by its size fetches nothing", arguments: [false, true])
  func emptying(isDirty: Bool) async throws {
    let fixture = try await Fixture(tree, owner: Caller(thread: 0).owner)
    let fileSystem = fixture.fileSystem
    for name in ["file", "other"] {
      let node = try await fixture.lookup(name).node
      var change = AttributeChange()
      change.permissions = 0o600
      if isDirty { _ = try await fileSystem.change(node, change, with: files, by: Fixture.caller) }
      if name == "file" {
        #expect(
          try await fileSystem.open(node, for: [.writing, .truncating], with: files, by: Fixture.caller).backing != nil)
      } else {
        change = AttributeChange()
        change.size = 0
        _ = try await fileSystem.change(node, change, with: files, by: Fixture.caller)
      }
      #expect(tree.count(.fetch(name)) == 0)
      #expect(try await fileSystem.attributes(of: node).size == 0)
      #expect(try await fixture.read(node) == "")
    }
  }

  @Test("Who reads a file that somebody converts keeps what was opened, and is stale from then on")
  func readersKeepTheirs() async throws {
    let fixture = try await Fixture(tree, owner: Caller(thread: 0).owner)
    let fileSystem = fixture.fileSystem
    let node = try await fixture.lookup("file").node
    let before = try await fixture.lookup("file").attributes
    let reader = try await fileSystem.open(node, with: files, by: Fixture.caller)
    await #expect(throws: ProjectionError.stale) {
      try await fileSystem.open(node, for: .writing, with: files, by: Fixture.caller)
    }
    let newer = try await fixture.lookup("file")
    #expect(newer.node != node)
    #expect(newer.attributes.inode == before.inode, "users see one file")
    let writer = try await fileSystem.open(newer.node, for: .writing, with: files, by: Fixture.caller)
    #expect(writer.backing != reader.backing && writer.backing != nil)
    #expect(try await fileSystem.attributes(of: node) == before, "what is open stays as it was")
    files.release(node)
    files.release(newer.node)
    #expect(fileSystem.forget(node, count: 2) == [node])
  }
}
