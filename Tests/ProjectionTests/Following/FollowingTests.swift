import Posix
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// A source that changes while it is projected.
@Suite struct FollowingTests {
  private static let first = ProvidedTree.directory([
    "a": .file("one"), "b": .file("two"), "d": .directory(["x": .file("deep"), "y": .file("same")]),
  ])

  private static func names(_ fixture: Fixture, _ node: NodeID = .root) async throws -> [String] {
    try await fixture.list(node).map(\.text).filter { $0 != "." && $0 != ".." }
  }

  private static func write(_ text: String, to path: String, _ fixture: Fixture) async throws {
    let node = try await fixture.lookup(path).node
    var change = AttributeChange()
    change.size = 0
    _ = try await fixture.fileSystem.change(node, change, with: nil, by: Fixture.caller)
    try await fixture.fileSystem.write(Array(text.utf8), to: node, at: 0, with: nil, by: Fixture.caller)
  }

  @Test("What is the same keeps its node and time; what changed gets a new one, and old handles keep the old version")
  func nodes() async throws {
    let source = SourceTree(Self.first)
    let journals = try JournalFixture()
    let journal = try journals.open()
    let fixture = try await Fixture(source, journal: journal)
    let told = Mutex<[String]>([])
    fixture.fileSystem.onOutdated { _, name in
      if let name { told.withLock { $0.append(String(decoding: name, as: UTF8.self)) } }
    }
    let files = BackingFiles(registrar: FakeRegistrar())
    let old = try await fixture.lookup("a")
    let same = try await fixture.lookup("b")
    let directory = try await fixture.lookup("d").node
    #expect(try await fixture.fileSystem.open(old.node, with: files, by: Fixture.caller).backing != nil)
    let token = journal.token
    source.set(Self.first.with(.file("changed"), at: "a").with(.file("new"), at: "c").with(nil, at: "d/x"))
    try await fixture.fileSystem.show(.directories(["", "d"]))
    #expect(try await fixture.lookup("b").node == same.node)
    #expect(try await fixture.lookup("b").attributes == same.attributes)
    #expect(try await fixture.lookup("d").node == directory)
    let new = try await fixture.lookup("a")
    #expect(new.node != old.node && new.attributes.modified > old.attributes.modified)
    #expect(try await fixture.read(new.node) == "changed")
    #expect(try await fixture.read(old.node) == "one")
    #expect(try await Self.names(fixture) == ["a", "b", "c", "d"])
    // Nobody had listed it, so nobody knows of its names.
    #expect(Set(told.withLock { $0 }) == ["a", "c"])
    #expect(try await Self.names(fixture, directory) == ["y"])
    #expect(fixture.fileSystem.changes(since: token)?.paths?.contains("a") == true)
    files.release(old.node)
  }

  @Test("A change is shown however it is told", arguments: SourceTree.Naming.allCases, 0..<4)
  func ways(naming: SourceTree.Naming, way: Int) async throws {
    let source = SourceTree(Self.first, naming: naming)
    let fixture = try await Fixture(source)
    fixture.fileSystem.startFollowing()
    defer { fixture.fileSystem.stopFollowing() }
    #expect(try await fixture.read(try await fixture.lookup("d/x").node) == "deep")
    let second = Self.first.with(.file("deeper"), at: "d/x").with(.file("more"), at: "d/z")
    let changed = source.changedDirectories(from: Self.first, to: second)
    source.set(second)
    switch way {
    case 0: source.tell(.everything)
    case 1: source.tell(.directories(changed.map(\.id)))
    case 2: source.tell(.paths(changed.map { Array($0.path.utf8) }))
    default: source.tell(naming == .paths ? .paths([Array("d".utf8)]) : .root(source.id(of: second, at: "")))
    }
    // Where directories are named by what is in them, only another root changes anything.
    if naming == .contents, way < 3 { source.tell(.root(source.id(of: second, at: ""))) }
    try await eventually("the change is shown") {
      try await fixture.read(try await fixture.lookup("d/x").node) == "deeper"
    }
    #expect(try await fixture.read(try await fixture.lookup("d/z").node) == "more")
    source.end()
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "one")
  }

  @Test("What changed before the provider was listened to is shown as well", arguments: SourceTree.Naming.allCases)
  func before(naming: SourceTree.Naming) async throws {
    let source = SourceTree(Self.first, naming: naming)
    let fixture = try await Fixture(source)
    _ = try await fixture.lookup("d/x")
    source.set(Self.first.with(.file("new"), at: "a").with(.file("deeper"), at: "d/x"))
    fixture.fileSystem.startFollowing()
    defer { fixture.fileSystem.stopFollowing() }
    try await eventually("the change is shown") {
      try await fixture.read(try await fixture.lookup("d/x").node) == "deeper"
    }
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "new")
  }

  @Test("A change that comes while a directory is being listed is not lost")
  func duringListing() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    let directory = try await fixture.lookup("d").node
    source.hold("list d")
    async let names = Self.names(fixture, directory)
    try await source.arrival(of: "list d")
    source.set(Self.first.with(.file("late"), at: "d/late"))
    try await fixture.fileSystem.show(.paths([Array("d".utf8)]))
    source.release("list d")
    #expect(try await names == ["late", "x", "y"])
  }

  @Test("A change that comes while another one is being shown is shown next")
  func duringRelisting() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    _ = try await fixture.lookup("a")
    source.set(Self.first.with(.file("second"), at: "a"))
    source.hold("list ")
    async let first: Void = fixture.fileSystem.show(.directories([""]))
    try await source.arrival(of: "list ")
    let before = source.count("list ")
    source.set(Self.first.with(.file("third"), at: "a"))
    async let rest: Void = fixture.fileSystem.show(.everything)
    for _ in 0..<100 { fixture.fileSystem.follower.add(of: fixture.fileSystem) { $0.add(.directories([""])) } }
    source.release("list ")
    try await first
    try await rest
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "third")
    #expect(source.count("list ") - before <= 3, "a burst is one change")
  }

  @Test("A content that changes while it is fetched arrives whole, in its old version, for who asked for that")
  func duringFetch() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    let old = try await fixture.lookup("a").node
    source.hold("fetch one")
    async let text = fixture.read(old)
    try await source.arrival(of: "fetch one")
    source.set(Self.first.with(.file("another"), at: "a"))
    try await fixture.fileSystem.show(.everything)
    source.release("fetch one")
    #expect(try await text == "one")
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "another")
  }

  @Test("What the source has in another version only is stale, and found when it is looked up again")
  func outdated() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    let old = try await fixture.lookup("a").node
    source.outdate("one")
    source.set(Self.first.with(.file("another"), at: "a"))
    await #expect(throws: ProjectionError.stale) { try await fixture.read(old) }
    let new = try await fixture.lookup("a")
    #expect(new.node != old && new.attributes.size == 7)
    #expect(try await fixture.read(new.node) == "another")
    // What the listing still has is asked for once more, and no more often.
    source.outdate("two")
    await #expect(throws: ProjectionError.stale) { try await fixture.read(try await fixture.lookup("b").node) }
    #expect(source.count("fetch two") == 2)
  }

  @Test("A size that the source does not have any more is that of the new version")
  func outdatedSize() async throws {
    let source = SourceTree(Self.first.with(.file("unsized"), at: "x"))
    let fixture = try await Fixture(source)
    _ = try await fixture.lookup("a")
    source.outdate("unsized")
    await #expect(throws: ProjectionError.stale) { try await fixture.lookup("x") }
    source.set(Self.first.with(.file("new"), at: "x"))
    let found = try await fixture.lookup("x")
    #expect(found.attributes.size == 3)
    #expect(try await fixture.read(found.node) == "new")
  }

  @Test("What users changed stays theirs, whatever becomes of what is below", arguments: SourceTree.Naming.allCases)
  func localEdits(naming: SourceTree.Naming) async throws {
    let source = SourceTree(Self.first, naming: naming)
    let fixture = try await Fixture(source)
    let fileSystem = fixture.fileSystem
    try await Self.write("mine", to: "a", fixture)
    try await Self.write("my deep", to: "d/x", fixture)
    try await fileSystem.unlink(Array("b".utf8), in: .root, by: Fixture.caller)
    let mine = try await fixture.lookup("d/x").node
    func show(_ tree: ProvidedTree) async throws {
      source.set(tree)
      try await fileSystem.show(naming == .paths ? .everything : .root(source.id(of: tree, at: "")))
    }
    try await show(Self.first.with(.file("theirs"), at: "a").with(.file("theirs"), at: "b").with(nil, at: "d"))
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "mine")
    #expect(try await Self.names(fixture) == ["a", "d"])
    #expect(try await Self.names(fixture, fixture.lookup("d").node) == ["x"])
    #expect(try await fixture.lookup("d/x").node == mine)
    #expect(try await fixture.read(mine) == "my deep")
    // A file where a directory with something of the user's is stays below it; a directory shows again.
    try await show(Self.first.with(.file("file"), at: "d"))
    #expect(try await Self.names(fixture, fixture.lookup("d").node) == ["x"])
    try await show(Self.first.with(.directory(["x": .file("their deep"), "z": .file("more")]), at: "d"))
    #expect(try await Self.names(fixture, fixture.lookup("d").node) == ["x", "z"])
    #expect(try await fixture.read(try await fixture.lookup("d/x").node) == "my deep")
    #expect(try await fixture.read(try await fixture.lookup("d/z").node) == "more")
  }

  @Test("A source that fails is asked again, and until then users see what they saw")
  func failing() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    _ = try await fixture.lookup("a")
    source.set(Self.first.with(.file("new"), at: "a"))
    source.fail("list ", with: .unavailable("out for lunch"))
    await #expect(throws: ProjectionError.provider(.unavailable("out for lunch"))) {
      try await fixture.fileSystem.show(.everything)
    }
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "one")
    source.fail("list ", with: nil)
    try await eventually("it is shown in the end") {
      try await fixture.read(try await fixture.lookup("a").node) == "new"
    }
  }

  @Test("A directory that its source does not have any more is gone from the one that it was in")
  func missingDirectory() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    _ = try await fixture.lookup("d/x")
    source.set(Self.first.with(nil, at: "d"))
    try await fixture.fileSystem.show(.directories(["d"]))
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("d") }
    #expect(try await Self.names(fixture) == ["a", "b"])
  }

  @Test("A directory that users renamed follows what it shows")
  func renamed() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    _ = try await fixture.lookup("d/x")
    try await fixture.fileSystem.rename(
      Array("d".utf8), in: .root, to: Array("e".utf8), in: .root, .replacing, by: Fixture.caller)
    source.set(Self.first.with(.file("deeper"), at: "d/x"))
    try await fixture.fileSystem.show(.paths([Array("d".utf8)]))
    #expect(try await fixture.read(try await fixture.lookup("e/x").node) == "deeper")
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("d") }
  }

  @Test("A change that cannot be made to last is not shown, and tried again")
  func saving() async throws {
    let source = SourceTree(Self.first)
    let fixture = try await Fixture(source)
    let fails = Mutex(true)
    let saved = Mutex<PathHistory?>(nil)
    fixture.fileSystem.startFollowing { history, root in
      if fails.withLock({ $0 }) { throw ProjectionError.storage(.noSpace) }
      saved.withLock { $0 = history }
    }
    defer { fixture.fileSystem.stopFollowing() }
    _ = try await fixture.lookup("a")
    source.set(Self.first.with(.file("new"), at: "a"))
    await #expect(throws: ProjectionError.storage(.noSpace)) { try await fixture.fileSystem.show(.everything) }
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "one")
    fails.withLock { $0 = false }
    try await eventually("it is shown in the end") {
      try await fixture.read(try await fixture.lookup("a").node) == "new"
    }
    #expect(saved.withLock { $0 } != nil)
  }
}

extension ChangeJournal.Changes {
  /// The paths, where the answer has them.
  fileprivate var paths: [String]? {
    guard case .exact(let changes, _) = self else { return nil }
    return changes.map { String(decoding: $0.path, as: UTF8.self) }
  }
}
