import Projection
import Provider
import TestSupport
import Testing

@Suite struct LookupTests {
  @Test("A name shows what the provider says of it, less the umask", arguments: [0, 0o002, 0o022, 0o077, 0o777])
  func attributes(umask: UInt16) async throws {
    let tree = TreeProvider()
    tree.addFile("file", text: "12345")
    tree.add("dir", .directory("dir"))
    tree.add("link", .link("to/somewhere"))
    let fixture = try await Fixture(tree, umask: umask)
    for (name, kind, permissions, size) in [
      ("file", FileKind.file, 0o644 & ~umask, 5), ("dir", .directory, 0o755 & ~umask, 4096),
      ("link", .symbolicLink, 0o777, 12),
    ] {
      let found = try await fixture.lookup(name)
      #expect(found.attributes.kind == kind)
      #expect(found.attributes.permissions == permissions)
      #expect(found.attributes.size == Int64(size))
      let times = [found.attributes.accessed, found.attributes.modified, found.attributes.changed]
      #expect(times == Array(repeating: fixture.fileSystem.options.time, count: 3))
      #expect(found.attributes.owner == fixture.fileSystem.options.owner)
      #expect(found.attributes.links == 1)
      #expect(try await fixture.fileSystem.attributes(of: found.node) == found.attributes)
    }
  }

  @Test("The root has the permissions it was given, whatever the umask")
  func root() async throws {
    let tree = TreeProvider()
    let fixture = try await Fixture(tree, umask: 0o777)
    let root = try await fixture.fileSystem.attributes(of: .root)
    #expect(root.kind == .directory)
    #expect(root.permissions == 0o750)
    #expect(root.size == 4096)
    #expect(tree.count(.list("")) == 0, "nobody has looked inside")
  }

  @Test("A name that is not there is not found, and costs the provider one listing for all")
  func negative() async throws {
    let tree = TreeProvider()
    tree.addFile("file", text: "x")
    let fixture = try await Fixture(tree)
    for name in ["", ".", "..", "fil", "file ", "FILE", "a/b", "\u{0}"] {
      await #expect(throws: ProjectionError.notFound) {
        try await fixture.fileSystem.lookup(Array(name.utf8), in: .root, by: Fixture.caller)
      }
    }
    #expect(tree.count(.list("")) == 1)
    #expect(fixture.fileSystem.inodeCounts == (1, 1))
  }

  @Test("A name of 255 bytes may be there; a longer one is too long, whatever is there")
  func longNames() async throws {
    let tree = TreeProvider()
    let longest = String(repeating: "n", count: 255)
    tree.addFile(longest, text: "x")
    let fixture = try await Fixture(tree)
    #expect(try await fixture.lookup(longest).attributes.size == 1)
    for length in [256, 4096] {
      await #expect(throws: ProjectionError.nameTooLong) {
        try await fixture.lookup(String(repeating: "n", count: length))
      }
    }
  }

  @Test("Operations on nodes that are not known are stale, and on nodes of another kind say so")
  func wrongNodes() async throws {
    let tree = TreeProvider()
    tree.addFile("file", text: "x")
    tree.add("dir", .directory("dir"))
    tree.add("link", .link("target"))
    let fixture = try await Fixture(tree)
    let fileSystem = fixture.fileSystem
    let unknown = NodeID(rawValue: 77)
    let file = try await fixture.lookup("file").node
    let directory = try await fixture.lookup("dir").node
    let link = try await fixture.lookup("link").node
    for (node, name, failure) in [
      (unknown, "x", ProjectionError.stale), (file, "x", .notADirectory), (link, "x", .notADirectory),
    ] {
      await #expect(throws: failure) { try await fileSystem.lookup(Array(name.utf8), in: node, by: Fixture.caller) }
      await #expect(throws: failure) { try await fixture.list(node) }
    }
    await #expect(throws: ProjectionError.stale) { try await fileSystem.attributes(of: unknown) }
    await #expect(throws: ProjectionError.stale) { try await fixture.read(unknown) }
    await #expect(throws: ProjectionError.isADirectory) { try await fixture.read(directory) }
    await #expect(throws: ProjectionError.isADirectory) { try await fixture.read(.root) }
    await #expect(throws: ProjectionError.invalid) { try await fixture.read(link) }
    await #expect(throws: ProjectionError.notASymbolicLink) {
      try await fileSystem.target(of: file, by: Fixture.caller)
    }
    await #expect(throws: ProjectionError.isADirectory) {
      try await fileSystem.target(of: directory, by: Fixture.caller)
    }
  }

  @Test("Inode numbers are those of the paths: the same in another instance with the same key, and others without")
  func inodeNumbers() async throws {
    let tree = TreeProvider()
    tree.add("a", .directory("same"))
    tree.add("b", .directory("same"))
    tree.addFile("file", in: "same", text: "x")
    let paths = ["a", "b", "a/file", "b/file"]
    let first = try await Fixture(tree, inodeKey: 1)
    let second = try await Fixture(tree, inodeKey: 1)
    let third = try await Fixture(tree, inodeKey: 2)
    var numbers: [UInt64] = []
    for path in paths {
      let inode = try await first.lookup(path).attributes.inode
      numbers.append(inode)
      #expect(try await second.lookup(path).attributes.inode == inode)
      #expect(try await third.lookup(path).attributes.inode != inode)
    }
    #expect(Set(numbers).count == paths.count, "one directory at two paths is two directories")
  }

  @Test("Forgetting every lookup gives everything back, in whatever order", arguments: 1...10)
  func forgetting(seed: UInt64) async throws {
    let tree = TreeProvider()
    for directory in ["", "d", "d/e"] {
      for name in ["x", "y"] { tree.addFile(name, in: directory, text: directory + name) }
    }
    tree.add("d", .directory("d"))
    tree.add("e", .directory("d/e"), in: "d")
    let fixture = try await Fixture(tree)
    var random = SeededRandom(seed: seed)
    var lookups: [NodeID] = []
    for _ in 0..<40 {
      var parent = NodeID.root
      for name in ["d", "e", "x"].prefix(Int.random(in: 1...3, using: &random)) {
        let found = try await fixture.fileSystem.lookup(Array(name.utf8), in: parent, by: Fixture.caller)
        lookups.append(found.node)
        parent = found.node
      }
    }
    #expect(fixture.fileSystem.inodeCounts == (Set(lookups).count + 1, UInt64(lookups.count + 1)), "seed \(seed)")
    var gone: Set<NodeID> = []
    for node in lookups.shuffled(using: &random) { gone.formUnion(fixture.fileSystem.forget(node, count: 1)) }
    #expect(gone == Set(lookups), "seed \(seed)")
    #expect(fixture.fileSystem.inodeCounts == (1, 1), "seed \(seed)")
  }
}
