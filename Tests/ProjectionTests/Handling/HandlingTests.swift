import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// What a provider asks of its view.
@Suite struct HandlingTests {
  private static let tree = ProvidedTree.directory([
    "a": .file("one"), "b": .file("two"), "l": .link("a"),
    "d": .directory(["x": .file("deep"), "e": .directory(["y": .file("deeper")])]),
  ])

  private static func path(_ text: String) -> [[UInt8]] { text.split(separator: "/").map { Array($0.utf8) } }

  private func state(_ path: String, _ fixture: Fixture) async throws -> PathState {
    try await fixture.fileSystem.state(at: Self.path(path))
  }

  @Test("A path goes through its states, and asking changes none")
  func states() async throws {
    let fixture = try await Fixture(SourceTree(Self.tree))
    let fileSystem = fixture.fileSystem
    #expect(try await state("", fixture) == .mergedDirectory)
    #expect(try await state("a", fixture) == .virtual)
    #expect(try await state("a", fixture) == .virtual)
    #expect(try await state("d", fixture) == .virtualDirectory)
    #expect(try await state("d/e/y", fixture) == .virtual)
    #expect(try await state("nothing", fixture) == .absent)
    #expect(try await state("a/below", fixture) == .absent)
    let node = try await fixture.lookup("a").node
    #expect(try await state("a", fixture) == .placeholder)
    _ = try await fixture.read(node)
    #expect(try await state("a", fixture) == .hydrated)
    var change = AttributeChange()
    change.permissions = 0o600
    _ = try await fileSystem.change(node, change, with: nil, by: Fixture.caller)
    #expect(try await state("a", fixture) == .dirtyPlaceholder)
    try await fileSystem.write([1], to: node, at: 0, with: nil, by: Fixture.caller)
    #expect(try await state("a", fixture) == .full)
    try await fileSystem.unlink(Array("a".utf8), in: .root, by: Fixture.caller)
    #expect(try await state("a", fixture) == .tombstone)
    _ = try await fileSystem.make(Array("n".utf8), in: .root, .directory, permissions: 0o755, by: Fixture.caller)
    #expect(try await state("n", fixture) == .fullDirectory)
    let directory = try await fixture.lookup("d").node
    _ = try await fileSystem.make(Array("n".utf8), in: directory, .directory, permissions: 0o755, by: Fixture.caller)
    #expect(try await state("d", fixture) == .mergedDirectory)
    #expect(try await state("d/e", fixture) == .virtualDirectory)
  }

  @Test("A path is brought up to date, unless users have changed it")
  func updates() async throws {
    let source = SourceTree(Self.tree)
    let fixture = try await Fixture(source)
    let fileSystem = fixture.fileSystem
    #expect(try await fileSystem.update(Self.path("a")) == .unchanged)
    _ = try await fixture.lookup("d/x")
    source.set(Self.tree.with(.file("new"), at: "a").with(.file("new"), at: "d/x").with(.file("new"), at: "d/z"))
    #expect(try await fileSystem.update(Self.path("b")) == .unchanged)
    #expect(try await fileSystem.update(Self.path("d")) == .updated)
    #expect(try await fileSystem.update(Self.path("d")) == .unchanged)
    #expect(try await fileSystem.update(Self.path("no/such/path")) == .unchanged)
    try await fileSystem.unlink(Array("b".utf8), in: .root, by: Fixture.caller)
    source.set(Self.tree.with(.file("newer"), at: "b"))
    #expect(try await fileSystem.update(Self.path("b")) == .kept(.tombstone))
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("b") }
  }

  @Test("An eviction leaves what is open and what stands behind something of the user's")
  func evicts() async throws {
    let fixture = try await Fixture(SourceTree(Self.tree))
    let fileSystem = fixture.fileSystem
    let files = BackingFiles(registrar: FakeRegistrar())
    let done = try await fileSystem.prefetch(at: [Self.path("d"), Self.path("a"), Self.path("b"), Self.path("l")])
    #expect(done.files == 5 && done.fetched == 5 && done.failed == 0)
    let (open, idle) = (try await fixture.lookup("a").node, try await fixture.lookup("d/x").node)
    _ = try await fileSystem.open(open, with: files, by: Fixture.caller)
    _ = try await fileSystem.open(idle, with: files, by: Fixture.caller)
    files.release(idle)
    let renamed = try await fixture.lookup("b").node
    try await fileSystem.rename(
      Array("b".utf8), in: .root, to: Array("c".utf8), in: .root, .replacing, by: Fixture.caller)
    let observer = RecordingObserver()
    let observation = try fileSystem.observe(observer, ObserverOptions(watches: [Watch(after: .evict)]))
    let part = try await fileSystem.evict(Self.path("d/e"), with: files)
    #expect(part == ProjectionCore.Eviction(contents: 1, bytes: 6, kept: 0))
    let rest = try await fileSystem.evict([], with: files)
    // The link's target and what is idle went.
    #expect(rest == ProjectionCore.Eviction(contents: 2, bytes: 5, kept: 1))
    await observation.end()
    #expect(observer.lines == ["evict directory 'd/e'", "evict directory ''"])
    #expect(files.active == 1)
    #expect(try await fixture.read(renamed) == "two")
    #expect(try await state("d/x", fixture) == .placeholder)
    #expect(try await fixture.read(idle) == "deep")
    files.release(open)
    await #expect(throws: ProjectionError.notFound) { try await fileSystem.evict(Self.path("none"), with: files) }
  }

  @Test("A prefetch counts what fails, and ends when it is cancelled")
  func prefetches() async throws {
    let source = SourceTree(Self.tree)
    let fixture = try await Fixture(source)
    let fileSystem = fixture.fileSystem
    source.fail("fetch one", with: .unavailable("not now"))
    let done = try await fileSystem.prefetch(at: [[]])
    #expect(done.files == 4 && done.fetched == 4 && done.failed == 1)
    let other = try await Fixture(source)
    source.hold("fetch deeper")
    let task = Task { try await other.fileSystem.prefetch(at: [Self.path("d")]) }
    try await source.arrival(of: "fetch deeper")
    task.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await task.value }
    source.release("fetch deeper")
  }
}
