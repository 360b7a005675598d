import Posix
import Provider
import Synchronization
import TestSupport
import Testing

@testable import Projection

/// What is seen of a tree between the moment when it is shown and the one when everything in it was compared.
@Suite struct UnfinishedMoveTests {
  private static let old = ProvidedTree.directory([
    "known": .directory(["file": .file("first"), "inner": .directory(["file": .file("first")])]),
    "unknown": .directory(["file": .file("first"), "same": .file("same")]), "same": .directory(["file": .file("same")]),
  ])
  private static let new = ProvidedTree.directory([
    "known": .directory(["file": .file("second"), "inner": .directory(["file": .file("second")])]),
    "unknown": .directory(["file": .file("second"), "same": .file("same")]),
    "same": .directory(["file": .file("same")]),
    "new": .directory(["file": .file("new")]),
  ])

  /// A view of one tree where somebody knows the directory `known`, moved to another one.
  private struct Moved {
    let fixture: Fixture
    let known: NodeID
    let whole: TreeDifference
    let renewal: UInt64
    let time = TimeStamp(seconds: 2_000_000_000, nanoseconds: 7)

    var fileSystem: ProjectionCore { fixture.fileSystem }

    init() async throws {
      let trees = TreeProvider()
      for tree in [UnfinishedMoveTests.old, UnfinishedMoveTests.new] { tree.add(to: trees) }
      fixture = try await Fixture(EpochProvider(base: trees, top: UnfinishedMoveTests.old.shortID))
      let fileSystem = fixture.fileSystem
      known = try await fixture.lookup("known").node
      _ = try await fixture.lookup("known/file")
      let top = DirectoryID(UnfinishedMoveTests.new.shortID.utf8)
      whole = try await fileSystem.difference(to: top)
      let difference = try await fileSystem.knownDifference(to: top)
      #expect(!difference.isWhole && whole.isWhole)
      let saved = Mutex<UInt64>(0)
      let obstacles = try fileSystem.move(by: difference, .showing, at: time) { history in
        saved.withLock { $0 = history.lastRenewal }
      }
      #expect(obstacles.isEmpty)
      renewal = saved.withLock { $0 }
    }

    func finish() throws {
      try fileSystem.finishMove(by: whole, at: time, renewal: renewal) { _ in }
    }
  }

  @Test("What somebody knows is seen at once, with its new times")
  func known() async throws {
    let moved = try await Moved()
    let file = try await moved.fixture.lookup("known/file")
    #expect(file.attributes.modified == moved.time)
    #expect(try await moved.fixture.read(file.node) == "second")
    #expect(try await moved.fileSystem.attributes(of: moved.known).modified == moved.time)
    #expect(try await moved.fileSystem.attributes(of: .root).modified == moved.time)
    try moved.finish()
    #expect(try await moved.fixture.lookup("known/file").attributes == file.attributes)
  }

  @Test(
    "Who looks into what nobody knew waits", arguments: ["unknown/file", "new/file", "known/inner/file", "same/file"])
  func unknown(path: String) async throws {
    let moved = try await Moved()
    let isFinished = Atomic<Bool>(false)
    let fixture = moved.fixture
    async let found = {
      let attributes = try await fixture.lookup(path).attributes
      return (attributes, isFinished.load(ordering: .acquiring))
    }()
    for _ in 0..<100 { await Task.yield() }
    isFinished.store(true, ordering: .releasing)
    try moved.finish()
    let (attributes, hasWaited) = try await found
    #expect(hasWaited)
    #expect((attributes.modified == moved.time) == (path != "same/file"))
  }

  @Test("Who waits may leave")
  func interrupted() async throws {
    let moved = try await Moved()
    let fixture = moved.fixture
    let waiting = Task { try await fixture.lookup("unknown/file").node }
    waiting.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await waiting.value }
    try moved.finish()
    _ = try await fixture.lookup("unknown/file")
  }

  @Test("A listing names what nobody knew, without its attributes")
  func listing() async throws {
    let moved = try await Moved()
    let listed = try await moved.fixture.list(attributes: true).dropFirst(2)
    #expect(listed.map(\.text) == ["known", "new", "same", "unknown"])
    #expect(listed.filter { $0.found != nil }.map(\.text) == ["known"])
    try moved.finish()
    #expect(try await moved.fixture.list(attributes: true).dropFirst(2).allSatisfy { $0.found != nil })
  }

  @Test("Where comparing fails nobody waits for ever")
  func abandoned() async throws {
    let moved = try await Moved()
    moved.fileSystem.abandonMove()
    #expect(try await moved.fixture.read(try await moved.fixture.lookup("unknown/file").node) == "second")
    try moved.finish()
    #expect(try await moved.fixture.lookup("unknown/file").attributes.modified == moved.time)
  }

  @Test("What somebody gets to know between the comparison and the move is noticed")
  func late() async throws {
    let trees = TreeProvider()
    for tree in [Self.old, Self.new] { tree.add(to: trees) }
    let fixture = try await Fixture(EpochProvider(base: trees, top: Self.old.shortID))
    _ = try await fixture.lookup("known/file")
    let top = DirectoryID(Self.new.shortID.utf8)
    let difference = try await fixture.fileSystem.knownDifference(to: top)
    _ = try await fixture.lookup("unknown/file")
    #expect(throws: ProjectionError.stale) {
      _ = try fixture.fileSystem.move(by: difference, .showing, at: .now) { _ in }
    }
    #expect(try await fixture.read(try await fixture.lookup("unknown/file").node) == "first")
  }
}
