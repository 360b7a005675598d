import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// Files that somebody has looked up, but not opened yet, when the projection moves.
@Suite struct MovedFileTests {
  private let files = BackingFiles(registrar: FakeRegistrar())

  @Test(
    "Who has looked a file up before a move reads what was there, and writes to what is there now",
    arguments: [false, true])
  func race(isRemoved: Bool) async throws {
    let trees = TreeProvider()
    let one = ProvidedTree.directory(["file": .file("first"), "same": .file("same")])
    let two = ProvidedTree.directory(
      isRemoved ? ["same": .file("same")] : ["file": .file("two"), "same": .file("same")])
    for tree in [one, two] { tree.add(to: trees) }
    let fixture = try await Fixture(EpochProvider(tree: trees, top: one.shortID))
    let fileSystem = fixture.fileSystem
    let node = try await fixture.lookup("file").node
    let same = try await fixture.lookup("same").node
    let difference = try await fileSystem.difference(to: DirectoryID(two.shortID.utf8))
    let obstacles = try fileSystem.move(by: difference, .showing, at: .now) { _ in }
    #expect(obstacles.isEmpty)
    #expect(try await fileSystem.open(node, with: files, by: Fixture.caller) != nil)
    #expect(try await fixture.read(node) == "first")
    files.release(node)
    for mode in [OpenMode.writing, .truncating] {
      await #expect(throws: ProjectionError.stale) {
        _ = try await fileSystem.open(node, for: mode, with: files, by: Fixture.caller)
      }
    }
    #expect(try await fixture.lookup("same").node == same)
    if isRemoved {
      await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("file") }
    } else {
      let newer = try await fixture.lookup("file").node
      #expect(newer != node)
      #expect(try await fixture.read(newer) == "two")
    }
  }
}
