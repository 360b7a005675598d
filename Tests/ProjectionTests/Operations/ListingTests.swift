import Projection
import Provider
import TestSupport
import Testing

@Suite struct ListingTests {
  /// A directory with files, links and directories, whose names have all lengths.
  private func tree(_ random: inout SeededRandom, entries: Int) -> (tree: TreeProvider, names: [String]) {
    let tree = TreeProvider()
    var names: Set<String> = []
    while names.count < entries {
      let length = [1, 2, 7, 8, 9, 30, 255].randomElement(using: &random) ?? 1
      let name = String((0..<length).map { _ in "abcdefgh".randomElement(using: &random) ?? "a" })
      guard names.insert(name).inserted else { continue }
      switch Int.random(in: 0..<3, using: &random) {
      case 0: tree.add(name, .directory("d" + name.prefix(20)))
      case 1: tree.add(name, .link("target"))
      default: tree.addFile(name, text: "x", listed: Bool.random(using: &random))
      }
    }
    return (tree, names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test("A listing in pieces of any size gives each entry exactly once, in order", arguments: 1...20)
  func pieces(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let (tree, names) = tree(&random, entries: Int.random(in: 0...120, using: &random))
    let fixture = try await Fixture(tree)
    let attributes = Bool.random(using: &random)
    var listed: [String] = []
    var cookie: UInt64 = 0
    while true {
      // At least the longest entry fits: the kernel's buffers are never smaller.
      var reply = CollectingReply(room: Int.random(in: 279...2000, using: &random))
      try await fixture.fileSystem.list(
        .root, after: cookie, attributes: attributes, by: Fixture.caller, into: &reply)
      guard let last = reply.entries.last else { break }
      listed += reply.entries.map(\.text)
      cookie = last.cookie
    }
    #expect(listed == [".", ".."] + names, "seed \(seed)")
  }

  @Test("Each entry's cookie goes on after that entry, wherever a reader comes back to", arguments: 1...5)
  func cookies(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let (tree, _) = tree(&random, entries: 40)
    let fixture = try await Fixture(tree)
    let all = try await fixture.list()
    #expect(Set(all.map(\.cookie)).count == all.count, "seed \(seed)")
    #expect(!all.contains { $0.cookie == 0 }, "seed \(seed): 0 is the start")
    for (place, entry) in all.enumerated() {
      var reply = CollectingReply()
      try await fixture.fileSystem.list(
        .root, after: entry.cookie, attributes: false, by: Fixture.caller, into: &reply)
      #expect(reply.entries.map(\.text) == all[(place + 1)...].map(\.text), "seed \(seed), place \(place)")
    }
  }

  @Test(
    "Nothing comes after a cookie that is beyond the end, however far", arguments: [4, 100, 1 << 40, 1 << 63 - 1, .max])
  func beyondTheEnd(cookie: UInt64) async throws {
    let tree = TreeProvider()
    tree.addFile("file", text: "x", listed: false)
    let fixture = try await Fixture(tree)
    // Seen to look at files, a lister is given their sizes, which are asked for by place.
    _ = try await fixture.list(attributes: true)
    _ = try await fixture.lookup("file")
    for attributes in [false, true] {
      var reply = CollectingReply()
      try await fixture.fileSystem.list(
        .root, after: cookie, attributes: attributes, by: Fixture.caller, into: &reply)
      #expect(reply.entries.isEmpty)
    }
  }

  @Test("A reply without room stays empty, and loses no entry")
  func noRoom() async throws {
    let fixture = try await Fixture()
    var reply = CollectingReply(room: 10)
    try await fixture.fileSystem.list(.root, after: 0, attributes: false, by: Fixture.caller, into: &reply)
    #expect(reply.entries.isEmpty)
  }

  @Test("Listing and lookup agree on the kind and the inode number of every entry", arguments: 1...5)
  func agreement(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let (tree, names) = tree(&random, entries: 50)
    let fixture = try await Fixture(tree)
    let listed = try await fixture.list()
    #expect(listed.count == names.count + 2, "seed \(seed)")
    for entry in listed.dropFirst(2) {
      let found = try await fixture.lookup(entry.text)
      #expect(found.attributes.inode == entry.inode, "seed \(seed), \(entry.text)")
      #expect(found.attributes.kind == entry.kind, "seed \(seed), \(entry.text)")
    }
  }

  @Test("'.' is the directory itself and '..' the one that lists it; the root is its own parent")
  func dots() async throws {
    let tree = TreeProvider()
    tree.add("dir", .directory("dir"))
    let fixture = try await Fixture(tree)
    let root = try await fixture.fileSystem.attributes(of: .root).inode
    let directory = try await fixture.lookup("dir")
    #expect(try await fixture.list().prefix(2).map(\.inode) == [root, root])
    #expect(try await fixture.list(directory.node).map(\.inode) == [directory.attributes.inode, root])
    #expect(try await fixture.list(directory.node, attributes: true).allSatisfy { $0.found == nil })
  }

  @Test("A listing without attributes counts no lookup, one with attributes counts one for each node it gives")
  func lookupCounts() async throws {
    let tree = TreeProvider()
    for name in ["a", "b", "c"] { tree.add(name, .directory(name)) }
    let fixture = try await Fixture(tree)
    _ = try await fixture.list()
    #expect(fixture.fileSystem.inodeCounts == (1, 1))
    for round in 1...3 {
      let found = try await fixture.list(attributes: true).compactMap(\.found)
      #expect(found.count == 3)
      #expect(fixture.fileSystem.inodeCounts == (4, UInt64(3 * round + 1)))
    }
    for name in ["a", "b", "c"] {
      let found = try await fixture.lookup(name)
      #expect(fixture.fileSystem.forget(found.node, count: 4) == [found.node])
    }
    #expect(fixture.fileSystem.inodeCounts == (1, 1))
  }
}
