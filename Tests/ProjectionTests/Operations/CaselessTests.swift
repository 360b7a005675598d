import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// A provider whose names are the same in upper and lower case.
@Suite struct CaselessTests {
  private let tree = TreeProvider()
  private static let ways = ["listed", "byName", "paged"]

  init() {
    tree.add("Dir", .directory("dir"))
    for name in ["Foo", "bar"] { tree.addFile(name, in: "dir", id: name, text: "text of \(name)") }
    tree.add("Sub", .directory("sub"), in: "dir")
    tree.addFile("deep", in: "sub", id: "deep", text: "text of deep")
  }

  private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

  private func provider(_ way: String) -> any ContentProvider {
    switch way {
    case "byName": Caseless(ByName(tree))
    case "paged": Caseless(Paged(tree, pageSize: 1))
    default: Caseless(tree)
    }
  }

  private func fixture(_ way: String, after other: Fixture? = nil) async throws -> Fixture {
    try await Fixture(provider(way), owner: CoreModelTests.owner, in: other?.directory)
  }

  private func names(_ fixture: Fixture, _ path: String = "dir") async throws -> [String] {
    try await fixture.listAll(try await fixture.lookup(path).node).map(\.text).sorted()
  }

  private func make(
    _ name: String, in node: NodeID, _ fixture: Fixture, isDirectory: Bool = false
  ) async throws(ProjectionError) {
    if isDirectory {
      _ = try await fixture.fileSystem.make(
        bytes(name), in: node, .directory, permissions: 0o755, by: Fixture.caller)
    } else {
      _ = try await fixture.fileSystem.create(
        bytes(name), in: node, permissions: 0o644, for: .writing, with: nil, by: Fixture.caller)
    }
  }

  private func rename(
    _ old: String, _ new: String, in node: NodeID, _ fixture: Fixture,
    _ mode: ProjectionCore.RenameMode = .replacing
  ) async throws(ProjectionError) {
    try await fixture.fileSystem.rename(
      bytes(old), in: node, to: bytes(new), in: node, mode, by: Fixture.caller)
  }

  @Test("Every spelling leads to the same node", arguments: ways)
  func lookup(way: String) async throws {
    let fixture = try await fixture(way)
    let shown = try await fixture.lookup("Dir/Foo")
    for path in ["dir/foo", "DIR/FOO", "Dir/foO"] {
      let found = try await fixture.lookup(path)
      #expect(found.node == shown.node && found.attributes == shown.attributes)
    }
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/fool") }
    #expect(try await names(fixture) == ["Foo", "Sub", "bar"])
    #expect(fixture.fileSystem.ignoresCase)
  }

  @Test("A name that is there in another spelling is taken", arguments: ways)
  func taken(way: String) async throws {
    let fixture = try await fixture(way)
    let node = try await fixture.lookup("dir").node
    for isDirectory in [false, true] {
      for name in ["FOO", "SUB", "Bar"] {
        await #expect(throws: ProjectionError.exists) {
          try await make(name, in: node, fixture, isDirectory: isDirectory)
        }
      }
    }
    try await make("New", in: node, fixture)
    await #expect(throws: ProjectionError.exists) { try await make("nEW", in: node, fixture, isDirectory: true) }
    await #expect(throws: ProjectionError.exists) {
      try await rename("new", "BAR", in: node, fixture, .keepingExisting)
    }
    let file = try await fixture.lookup("dir/bar").node
    await #expect(throws: ProjectionError.exists) {
      try await fixture.fileSystem.link(file, to: bytes("foo"), in: node, by: Fixture.caller)
    }
    #expect(try await names(fixture) == ["Foo", "New", "Sub", "bar"])
    #expect(try await names(try await self.fixture(way, after: fixture)) == ["Foo", "New", "Sub", "bar"])
  }

  @Test("A file is removed, made again and renamed by any spelling; each spelling is the user's last", arguments: ways)
  func changes(way: String) async throws {
    var fixture = try await fixture(way)
    var node = try await fixture.lookup("dir").node
    /// The next server finds the same.
    func remount() async throws {
      fixture = try await self.fixture(way, after: fixture)
      node = try await fixture.lookup("dir").node
    }
    try await fixture.fileSystem.unlink(bytes("FOO"), in: node, by: Fixture.caller)
    for name in ["Foo", "foo", "FOO"] {
      await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/\(name)") }
    }
    try await remount()
    #expect(try await names(fixture) == ["Sub", "bar"])
    try await make("fOO", in: node, fixture)
    #expect(try await names(fixture) == ["Sub", "bar", "fOO"])
    try await remount()
    #expect(try await names(fixture) == ["Sub", "bar", "fOO"])
    try await fixture.fileSystem.unlink(bytes("foo"), in: node, by: Fixture.caller)
    try await make("foo", in: node, fixture, isDirectory: true)
    #expect(try await names(fixture) == ["Sub", "bar", "foo"])
    try await fixture.fileSystem.removeDirectory(bytes("FOO"), in: node, by: Fixture.caller)
    try await remount()
    // Onto a name that is there: it is spelled as the user spells it now.
    try await rename("bar", "SUB2", in: node, fixture)
    try await rename("SUB2", "fOo", in: node, fixture)
    #expect(try await fixture.read(try await fixture.lookup("dir/foo").node) == "text of bar")
    #expect(try await names(fixture) == ["Sub", "fOo"])
    try await make("other", in: node, fixture)
    try await rename("OTHER", "FOO", in: node, fixture)
    #expect(try await names(fixture) == ["FOO", "Sub"])
    try await remount()
    #expect(try await names(fixture) == ["FOO", "Sub"])
    #expect(try await fixture.read(try await fixture.lookup("dir/foo").node) == "")
  }

  @Test("Renaming a name to another spelling changes the spelling, of directories too", arguments: ways)
  func respelling(way: String) async throws {
    var fixture = try await fixture(way)
    var node = try await fixture.lookup("dir").node
    let before = try await fixture.lookup("dir/foo")
    try await rename("foo", "FOO", in: node, fixture)
    try await rename("Sub", "sUB", in: node, fixture)
    try await make("own", in: node, fixture)
    try await rename("own", "OWN", in: node, fixture)
    let after = try await fixture.lookup("dir/FOO")
    #expect(after.node == before.node && after.attributes.inode == before.attributes.inode)
    for isSecond in [false, true] {
      if isSecond { fixture = try await self.fixture(way, after: fixture) }
      #expect(try await names(fixture) == ["FOO", "OWN", "bar", "sUB"])
      #expect(try await fixture.read(try await fixture.lookup("dir/sub/DEEP").node) == "text of deep")
      #expect(try await fixture.read(try await fixture.lookup("dir/foo").node) == "text of Foo")
    }
    node = try await fixture.lookup("dir").node
    try await rename("SUB", "Own", in: node, fixture, .exchanging)
    #expect(try await names(fixture) == ["FOO", "OWN", "bar", "sUB"])
    #expect(try await fixture.lookup("dir/own").attributes.kind == .directory)
    // What fails changes no spelling.
    try await make("empty", in: node, fixture, isDirectory: true)
    await #expect(throws: ProjectionError.notEmpty) { try await rename("empty", "oWN", in: node, fixture) }
    try await fixture.fileSystem.removeDirectory(bytes("EMPTY"), in: node, by: Fixture.caller)
    try await fixture.fileSystem.unlink(bytes("sub"), in: node, by: Fixture.caller)
    try await fixture.fileSystem.unlink(bytes("foo"), in: node, by: Fixture.caller)
    for isSecond in [false, true] {
      if isSecond { fixture = try await self.fixture(way, after: fixture) }
      #expect(try await names(fixture) == ["OWN", "bar"])
      #expect(try await fixture.read(try await fixture.lookup("dir/oWn/deep").node) == "text of deep")
    }
  }

  @Test("Of two names of the provider's that differ in case only, the first is shown", arguments: ["listed", "paged"])
  func twice(way: String) async throws {
    for name in ["FOO", "BAR", "bAR"] { tree.addFile(name, in: "dir", id: name, text: "text of \(name)") }
    let fixture = try await fixture(way)
    #expect(try await names(fixture) == ["Foo", "Sub", "bar"])
    #expect(try await fixture.read(try await fixture.lookup("dir/FOO").node) == "text of Foo")
    #expect(fixture.log.lines.count { $0.contains("differs in case only") } == 3)
  }

  @Test("What is the user's in another spelling is counted over the provider's, and found by a check")
  func counted() async throws {
    let fixture = try await fixture("listed")
    let node = try await fixture.lookup("dir").node
    try await rename("foo", "FOO", in: node, fixture)
    try await fixture.fileSystem.unlink(bytes("BAR"), in: node, by: Fixture.caller)
    try await make("Bar", in: node, fixture)
    try await rename("bar", "bAr", in: node, fixture)
    try await make("SUBx", in: node, fixture)
    try await fixture.fileSystem.unlink(bytes("subX"), in: node, by: Fixture.caller)
    let states = try await fixture.fileSystem.fileStates()
    #expect(states.total == 3 && states.full == 1 && states.placeholder == 1 && states.new == 0)
    let check = try LocalTreeCheck(of: provider("listed"), in: fixture.directory.path + "/state", owner: nil)
    #expect(try await check.findings().isEmpty)
  }

  @Test("Random changes of few names in many spellings are those of one name each", arguments: 1...12)
  func model(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let way = Self.ways[Int(seed) % 3]
    var fixture = try await fixture(way)
    // By lower case: how it is spelled and whether it is a directory.
    var expected: [String: (name: String, isDirectory: Bool)] = [
      "foo": ("Foo", false), "bar": ("bar", false), "sub": ("Sub", true),
    ]
    for step in 0..<120 {
      let name = Self.spelled(["foo", "bar", "sub", "new"], &random)
      let other = Self.spelled(["foo", "bar", "sub", "new"], &random)
      let place = "seed \(seed), step \(step): \(name), \(other)"
      let node = try await fixture.lookup("dir").node
      let (one, two) = (name.lowercased(), other.lowercased())
      do throws(ProjectionError) {
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1:
          try await make(name, in: node, fixture)
          #expect(expected[one] == nil, "\(place)")
          expected[one] = (name, false)
        case 2:
          try await make(name, in: node, fixture, isDirectory: true)
          #expect(expected[one] == nil, "\(place)")
          expected[one] = (name, true)
        case 3:
          try await fixture.fileSystem.unlink(bytes(name), in: node, by: Fixture.caller)
          #expect(expected.removeValue(forKey: one)?.isDirectory == false, "\(place)")
        case 4:
          try await fixture.fileSystem.removeDirectory(bytes(name), in: node, by: Fixture.caller)
          #expect(expected.removeValue(forKey: one)?.isDirectory == true, "\(place)")
        case 5, 6:
          try await rename(name, other, in: node, fixture)
          let moved = expected.removeValue(forKey: one)
          expected[two] = (other, moved?.isDirectory ?? false)
          #expect(moved != nil, "\(place)")
        case 7:
          try await rename(name, other, in: node, fixture, .exchanging)
          let kinds = (expected[one]?.isDirectory ?? false, expected[two]?.isDirectory ?? false)
          expected[one]?.isDirectory = kinds.1
          expected[two]?.isDirectory = kinds.0
        default:
          do { fixture = try await self.fixture(way, after: fixture) } catch { throw ProjectionError(error) }
        }
      } catch {
        switch error {
        case .notFound: #expect(expected[one] == nil || expected[two] == nil, "\(place)")
        case .exists, .isADirectory, .notADirectory, .notEmpty, .invalid: break
        default: Issue.record("\(place): \(error)")
        }
      }
      #expect(try await names(fixture) == expected.values.map(\.name).sorted(), "\(place)")
      for (key, entry) in expected {
        let kind = try await fixture.lookup("dir/\(key)").attributes.kind
        #expect((kind == .directory) == entry.isDirectory, "\(place)")
      }
    }
    #expect(
      try await names(try await self.fixture(way, after: fixture)) == expected.values.map(\.name).sorted(),
      "seed \(seed)")
  }

  private static func spelled(_ names: [String], _ random: inout SeededRandom) -> String {
    String(
      (names.randomElement(using: &random) ?? "").map { letter in
        Character(Bool.random(using: &random) ? letter.uppercased() : letter.lowercased())
      })
  }
}
