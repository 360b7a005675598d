import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

@Suite("What of a view is the user's") struct LocalDifferencesTests {
  @Test("Changed, new, removed and moved paths, and not the directories that lead to them")
  func paths() async throws {
    let tree = TreeProvider()
    for name in ["kept", "changed", "removed", "moved"] {
      tree.add(name, .directory(name))
      tree.addFile("file", in: name, text: name)
      tree.addFile("other", in: name, text: "other \(name)")
    }
    let fixture = try await Fixture(tree)
    let system = fixture.fileSystem
    try fixture.directory.write("state/local/.git", "gitdir: /elsewhere\n")
    #expect(try system.localDifferences().isEmpty)

    let changed = try await fixture.lookup("changed/file").node
    try await system.write(Array("new".utf8), to: changed, at: 0, with: nil, by: Fixture.caller)
    let removed = try await fixture.lookup("removed").node
    try await system.unlink(Array("file".utf8), in: removed, by: Fixture.caller)
    try await system.rename(
      Array("moved".utf8), in: .root, to: Array("there".utf8), in: .root, .replacing, by: Fixture.caller)
    let paths = try system.localDifferences().map { String(decoding: $0.path, as: UTF8.self) }.sorted()
    #expect(paths == ["changed/file", "moved", "removed/file", "there"])
    #expect(system.isMergedDirectory(Array("changed".utf8)) && !system.isMergedDirectory(Array("kept".utf8)))
    #expect(!system.isMergedDirectory(Array("there".utf8)) && !system.isMergedDirectory(Array("changed/file".utf8)))
  }

  @Test("Hydrating ahead fetches what is a file of the provider's, once each, and passes over everything else")
  func prefetch() async throws {
    let tree = TreeProvider()
    tree.add("a", .directory("a"))
    tree.add("below", .directory("b"), in: "a")
    tree.addFile("file", in: "b", text: "text")
    tree.addFile("top", text: "another")
    tree.addFile("broken", id: "broken", text: "never")
    tree.fail(.fetch("broken"), with: .unavailable("gone"))
    let fixture = try await Fixture(tree)
    let paths = ["a/below/file", "a/below/nothing", "a", "a/below", "broken", "nowhere/file", "top", "top/file", ""]
    await fixture.fileSystem.prefetch(paths.map { Array($0.utf8) }, width: 2)
    #expect(try fixture.store.text(of: "text") == "text" && fixture.store.text(of: "another") == "another")
    #expect(fixture.fileSystem.statistics.snapshot.count == 2)
    #expect(tree.count(.list("b")) == 1)
  }
}
