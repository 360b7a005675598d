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
    let fixture = try await Fixture(EpochProvider(base: trees, top: one.shortID))
    let fileSystem = fixture.fileSystem
    let node = try await fixture.lookup("file").node
    let same = try await fixture.lookup("same").node
    let difference = try await fileSystem.difference(to: DirectoryID(two.shortID.utf8))
    let obstacles = try fileSystem.move(by: difference, .showing, at: .now) { _ in }
    #expect(obstacles.isEmpty)
    #expect(try await fileSystem.open(node, with: files, by: Fixture.caller).backing != nil)
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

  @Test("A move goes through while the kernel forgets what it moves")
  func forgotten() async throws {
    let trees = TreeProvider()
    let (one, two) = (Self.manyDirectories("one"), Self.manyDirectories("two"))
    for tree in [one, two] { tree.add(to: trees) }
    let fixture = try await Fixture(EpochProvider(base: trees, top: one.shortID))
    let fileSystem = fixture.fileSystem
    let forgetting = Task.detached {
      while !Task.isCancelled {
        for name in one.names {
          do throws(ProjectionError) {
            let found = try await fileSystem.lookup(Array(name.utf8), in: .root, by: Fixture.caller).node
            let file = try await fileSystem.lookup(Array("file".utf8), in: found, by: Fixture.caller)
            _ = fileSystem.forget(file.node, count: 1)
            _ = fileSystem.forget(found, count: 1)
          } catch {
            // It ends in the middle of one.
            guard error == .interrupted else { throw error }
          }
        }
      }
    }
    defer { forgetting.cancel() }
    for round in 0..<200 {
      let top = DirectoryID((round % 2 == 0 ? two : one).shortID.utf8)
      let difference = try await fileSystem.difference(to: top)
      let obstacles = try fileSystem.move(by: difference, .showing, at: .now) { _ in }
      #expect(obstacles.isEmpty && fileSystem.root == top)
    }
    forgetting.cancel()
    try await forgetting.value
    for name in one.names { #expect(try await fixture.read(try await fixture.lookup(name + "/file").node) == "one") }
  }

  private static func manyDirectories(_ text: String) -> ProvidedTree {
    .directory(
      Dictionary(uniqueKeysWithValues: (0..<40).map { ("d\($0)", .directory(["file": .file(text)])) }))
  }
}

extension ProvidedTree {
  /// The names in a directory.
  fileprivate var names: [String] {
    guard case .directory(let entries) = self else { return [] }
    return entries.keys.sorted()
  }
}
