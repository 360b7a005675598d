import Projection
import Provider
import TestSupport
import Testing

@Suite struct FileStatesTests {
  private let tree = TreeProvider()

  init() {
    tree.addFile("a", id: "shared", text: "12345")
    tree.addFile("b", id: "shared", text: "12345")
    tree.addFile("c", id: "unlisted", text: "123", listed: false)
    tree.add("link", .link("to"))
    tree.add("dir", .directory("dir"))
    tree.add("twin", .directory("dir"))
    tree.addFile("file", in: "dir", id: "deep", text: "1")
    tree.addFile("again", in: "dir", id: "shared", text: "12345")
  }

  private func expectSum(_ states: FileStates, at location: SourceLocation = #_sourceLocation) {
    #expect(states.virtual + states.placeholder + states.hydrated == states.total, sourceLocation: location)
  }

  @Test("At first everything is virtual; directories are not counted, and one directory at two paths counts twice")
  func virtual() async throws {
    let fixture = try await Fixture(tree)
    let states = try await fixture.fileSystem.fileStates()
    #expect(states.total == 8)
    #expect(states.virtual == 8)
    #expect(states.totalBytes == 27)
    #expect(states.storedFiles == 0)
    expectSum(states)
  }

  @Test("What was looked up is a placeholder until it is forgotten, path by path")
  func placeholders() async throws {
    let fixture = try await Fixture(tree)
    var nodes: [NodeID] = []
    for (place, path) in ["a", "link", "dir/file", "twin/file"].enumerated() {
      nodes.append(try await fixture.lookup(path).node)
      let states = try await fixture.fileSystem.fileStates()
      #expect(states.placeholder == place + 1)
      expectSum(states)
    }
    for node in nodes { _ = fixture.fileSystem.forget(node, count: 1) }
    #expect(try await fixture.fileSystem.fileStates().placeholder == 0)
  }

  @Test("A stored content counts as hydrated at each of its paths, and once in the store")
  func hydrated() async throws {
    let fixture = try await Fixture(tree)
    #expect(try await fixture.read(try await fixture.lookup("a").node) == "12345")
    try await fixture.store.keep("of another revision", "1234567")
    let states = try await fixture.fileSystem.fileStates()
    #expect(states.hydrated == 4)
    #expect(states.hydratedBytes == 20)
    #expect(states.placeholder == 0, "hydrated, and no longer a placeholder")
    #expect(states.storedFiles == 2)
    #expect(states.storedBytes == 12)
    #expect(states.totalBytes == 27)
    expectSum(states)

    // Evicted behind our back, it is a placeholder again.
    try fixture.store.remove("shared")
    let later = try await fixture.fileSystem.fileStates()
    #expect(later.hydrated == 0)
    #expect(later.placeholder == 1)
    #expect(later.totalBytes == 27)
    expectSum(later)
  }

  @Test("Sizes that the listing has not are asked for once, also when states are counted often")
  func sizesOnce() async throws {
    let fixture = try await Fixture(tree)
    for _ in 0..<3 { #expect(try await fixture.fileSystem.fileStates().totalBytes == 27) }
    #expect(tree.count(.attributes("unlisted")) == 1)
    #expect(tree.count(.attributes("shared")) == 0)
  }

  @Test("A damaged directory and a damaged file count as nothing, and hide nothing else")
  func damage() async throws {
    tree.addFile("d", id: "bad", text: "1234", listed: false)
    tree.fail(.attributes("bad"), with: .damaged("x"))
    tree.fail(.list("dir"), with: .damaged("x"))
    let fixture = try await Fixture(tree)
    let states = try await fixture.fileSystem.fileStates()
    #expect(states.total == 5)
    #expect(states.totalBytes == 15)
    expectSum(states)
    // It may have been a bad moment.
    tree.fail(.list("dir"), with: nil)
    #expect(try await fixture.fileSystem.fileStates().total == 9)
  }

  @Test("Any lookups, reads, forgets and evictions keep the sum", arguments: 1...10)
  func sum(seed: UInt64) async throws {
    let fixture = try await Fixture(tree)
    var random = SeededRandom(seed: seed)
    let paths = ["a", "b", "c", "dir/file", "dir/again", "twin/file", "twin/again"]
    var held: [(path: String, node: NodeID)] = []
    for _ in 0..<40 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        guard let index = held.indices.randomElement(using: &random) else { continue }
        _ = fixture.fileSystem.forget(held.remove(at: index).node, count: 1)
      case 1:
        try fixture.store.remove(["shared", "deep"].randomElement(using: &random) ?? "deep")
      default:
        let path = paths.randomElement(using: &random) ?? "a"
        let node = try await fixture.lookup(path).node
        held.append((path, node))
        if Bool.random(using: &random) { _ = try await fixture.read(node) }
      }
      let states = try await fixture.fileSystem.fileStates()
      expectSum(states)
      #expect(states.total == 8, "seed \(seed)")
      let stored = try fixture.store.contents().map(\.content)
      #expect(states.hydrated == paths.count { stored.contains(Self.content(of: $0)) }, "seed \(seed)")
      let looked = Set(held.map(\.path))
      #expect(
        states.placeholder == looked.count { !stored.contains(Self.content(of: $0)) }, "seed \(seed)")
    }
  }

  private static func content(of path: String) -> ContentID {
    switch path {
    case "c": "unlisted"
    case "dir/file", "twin/file": "deep"
    default: "shared"
    }
  }
}
