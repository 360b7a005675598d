import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// Directories of a provider that lists by pages.
@Suite struct PagedListingTests {
  private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

  /// A directory with `count` files, 10 a page.
  private func fixture(_ count: Int, _ tree: TreeProvider = TreeProvider()) async throws -> (Fixture, NodeID) {
    tree.add("dir", .directory("dir"))
    for number in 0..<count { tree.addFile("f\(number)", in: "dir", id: "f\(number)", text: "x") }
    let fixture = try await Fixture(Paged(tree, pageSize: 10), owner: CoreModelTests.owner)
    return (fixture, try await fixture.lookup("dir").node)
  }

  private func pages(_ tree: TreeProvider) -> Int {
    (0..<1000).reduce(0) { $0 + tree.count(.page("dir", $1)) }
  }

  @Test("A reader gets the first page before the second is asked for, and no page before it is needed")
  func stream() async throws {
    let tree = TreeProvider()
    let (fixture, directory) = try await fixture(95, tree)
    var seen: [ListedEntry] = []
    while true {
      var reply = CollectingReply()
      try await fixture.fileSystem.list(
        directory, after: seen.last?.cookie ?? 0, attributes: false, by: Fixture.caller, into: &reply)
      if reply.entries.isEmpty { break }
      seen += reply.entries
      #expect(pages(tree) == (seen.count - 2 + 9) / 10)
    }
    #expect(seen.dropFirst(2).map(\.text) == (0..<95).map { "f\($0)" })
    // Again, from the beginning and from the middle.
    #expect(try await fixture.listAll(directory).map(\.text) == (0..<95).map { "f\($0)" })
    #expect(pages(tree) == 10)
  }

  @Test("A page that fails costs its reader an error and is asked for again; nothing is missing then")
  func failure() async throws {
    let tree = TreeProvider()
    let (fixture, directory) = try await fixture(25, tree)
    tree.fail(.page("dir", 1), with: .unavailable("away"))
    await #expect(throws: ProjectionError.provider(.unavailable("away"))) { try await fixture.listAll(directory) }
    // Names are found all the same.
    #expect(try await fixture.lookup("dir/f20").attributes.size == 1)
    tree.fail(.page("dir", 1), with: nil)
    let names = try await fixture.listAll(directory).map(\.text)
    #expect(names.count == 25 && Set(names).count == 25)
  }

  @Test("While a page is awaited, everything else goes on; a reader that gives up leaves the others")
  func held() async throws {
    let tree = TreeProvider()
    let (fixture, directory) = try await fixture(25, tree)
    tree.hold(.page("dir", 1))
    let readers = (0..<3).map { _ in Task { try await fixture.listAll(directory).map(\.text) } }
    await tree.arrival(of: .page("dir", 1))
    #expect(try await fixture.lookup("dir/f15").attributes.size == 1)
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir/g") }
    _ = try await fixture.fileSystem.make(
      bytes("g"), in: directory, .directory, permissions: 0o755, by: Fixture.caller)
    try await fixture.fileSystem.unlink(bytes("f16"), in: directory, by: Fixture.caller)
    readers[0].cancel()
    tree.release(.page("dir", 1))
    for reader in readers.dropFirst() {
      let names = try await reader.value
      #expect(Set(names) == Set((0..<25).filter { $0 != 16 }.map { "f\($0)" } + ["g"]) && names.count == 25)
    }
    _ = await readers[0].result
  }

  @Test("One entry tells that a directory is not empty; that it is, only all of them")
  func empty() async throws {
    let tree = TreeProvider()
    let (fixture, directory) = try await fixture(25, tree)
    await #expect(throws: ProjectionError.notEmpty) {
      try await fixture.fileSystem.removeDirectory(bytes("dir"), in: .root, by: Fixture.caller)
    }
    #expect(pages(tree) == 1)
    for number in 0..<25 { try await fixture.fileSystem.unlink(bytes("f\(number)"), in: directory, by: Fixture.caller) }
    #expect(pages(tree) == 1)
    #expect(try await fixture.listAll(directory).isEmpty)
    try await fixture.fileSystem.removeDirectory(bytes("dir"), in: .root, by: Fixture.caller)
    #expect(pages(tree) == 3)
    await #expect(throws: ProjectionError.notFound) { try await fixture.lookup("dir") }
  }

  @Test("What is gone is not kept: the next look begins with the first page")
  func forgotten() async throws {
    let tree = TreeProvider()
    let (fixture, directory) = try await fixture(25, tree)
    _ = try await fixture.listAll(directory)
    #expect(fixture.fileSystem.forget(directory, count: 1) == [directory])
    let again = try await fixture.lookup("dir").node
    _ = try await fixture.lookup("dir/f24")
    #expect(try await fixture.listAll(again).map(\.text).first == "f24")
    #expect(tree.count(.page("dir", 0)) == 2)
  }

  /// Two views of one tree, by pages and at once, in which the same is done.
  fileprivate struct Pair {
    let tree = TreeProvider()
    let names: [String]
    let plain: Fixture
    let paged: Fixture
    let plainDirectory: NodeID
    let pagedDirectory: NodeID

    init(_ random: inout SeededRandom) async throws {
      names = (0..<Int.random(in: 0...120, using: &random)).map { "n\($0)" }.shuffled(using: &random)
      tree.add("dir", .directory("dir"))
      for name in names {
        if Int.random(in: 0..<5, using: &random) == 0 {
          tree.add(name, .directory("below"), in: "dir")
        } else {
          tree.addFile(name, in: "dir", id: "x", text: "x", listed: Bool.random(using: &random))
        }
      }
      plain = try await Fixture(tree, owner: CoreModelTests.owner)
      paged = try await Fixture(
        Paged(tree, pageSize: Int.random(in: 1...40, using: &random)), owner: CoreModelTests.owner)
      plainDirectory = try await plain.lookup("dir").node
      pagedDirectory = try await paged.lookup("dir").node
    }

    /// Does the same in both; returns how it ended.
    func both(
      _ body: (ProjectionCore, NodeID) async throws(ProjectionError) -> Void
    ) async -> (plain: ProjectionError?, paged: ProjectionError?) {
      var outcome: (ProjectionError?, ProjectionError?)
      do throws(ProjectionError) { try await body(plain.fileSystem, plainDirectory) } catch { outcome.0 = error }
      do throws(ProjectionError) { try await body(paged.fileSystem, pagedDirectory) } catch { outcome.1 = error }
      return outcome
    }
  }

  /// Somebody who reads the directory by pages, and what has been there all the while.
  private struct Reader {
    var cookie: UInt64 = 0
    var seen: [String] = []
    var throughout: Set<String>
  }

  @Test("Whatever is done, a directory that comes by pages is like one that came at once", arguments: 1...30)
  func model(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let pair = try await Pair(&random)
    var readers: [Reader] = []
    let caller = Fixture.caller
    for step in 0..<150 {
      let place = "seed \(seed), step \(step)"
      let name = "n\(Int.random(in: 0..<140, using: &random))"
      let other = "n\(Int.random(in: 0..<140, using: &random))"
      let (one, two) = (bytes(name), bytes(other))
      var changes: Set<String> = []
      var outcome: (plain: ProjectionError?, paged: ProjectionError?)
      switch Int.random(in: 0..<14, using: &random) {
      case 0..<3:
        outcome = await pair.both { core, node throws(ProjectionError) in
          _ = try await core.lookup(one, in: node, by: caller)
        }
      case 3:
        changes = [name]
        outcome = await pair.both { core, node throws(ProjectionError) in
          _ = try await core.create(one, in: node, permissions: 0o644, for: .writing, with: nil, by: caller)
        }
      case 4:
        changes = [name]
        outcome = await pair.both { core, node throws(ProjectionError) in
          _ = try await core.make(one, in: node, .directory, permissions: 0o755, by: caller)
        }
      case 5:
        changes = [name]
        outcome = await pair.both { core, node throws(ProjectionError) in
          try await core.unlink(one, in: node, by: Fixture.caller)
        }
      case 6:
        changes = [name]
        outcome = await pair.both { core, node throws(ProjectionError) in
          try await core.removeDirectory(one, in: node, by: Fixture.caller)
        }
      case 7, 8:
        changes = [name, other]
        let mode = [ProjectionCore.RenameMode.replacing, .keepingExisting, .exchanging][step % 3]
        outcome = await pair.both { core, node throws(ProjectionError) in
          try await core.rename(one, in: node, to: two, in: node, mode, by: caller)
        }
      case 9: readers.append(Reader(throughout: try await pair.visible()))
      default:
        guard !readers.isEmpty else { break }
        let index = Int.random(in: 0..<readers.count, using: &random)
        var reply = CollectingReply(room: Int.random(in: 279...1500, using: &random))
        try await pair.paged.fileSystem.list(
          pair.pagedDirectory, after: readers[index].cookie, attributes: Bool.random(using: &random), by: caller,
          into: &reply)
        if let last = reply.entries.last {
          readers[index].seen += reply.entries.map(\.text)
          readers[index].cookie = last.cookie
        } else {
          check(readers.remove(at: index), place)
        }
      }
      #expect(outcome.plain == outcome.paged, "\(place): \(name), \(other)")
      for index in readers.indices { readers[index].throughout.subtract(changes) }
    }
    let seen = try await pair.paged.listAll(pair.pagedDirectory).map(\.text)
    let expected = try await pair.plain.listAll(pair.plainDirectory).map(\.text)
    #expect(seen.sorted() == expected.sorted(), "seed \(seed)")
    let next = try await Fixture(Paged(pair.tree), owner: CoreModelTests.owner, in: pair.paged.directory)
    let again = try await next.listAll(try await next.lookup("dir").node).map(\.text)
    #expect(again.sorted() == expected.sorted(), "seed \(seed), after a remount")
  }

  private func check(_ reader: Reader, _ place: String) {
    let names = reader.seen.filter { $0 != "." && $0 != ".." }
    let missing = reader.throughout.subtracting(names)
    #expect(missing.isEmpty, "\(place): a reader missed something that was there all the while")
    let doubles = names.filter { name in reader.throughout.contains(name) && names.count { $0 == name } > 1 }
    #expect(doubles.isEmpty, "\(place): a reader saw something twice")
  }
}

extension PagedListingTests.Pair {
  /// What is there now.
  fileprivate func visible() async throws -> Set<String> {
    Set(try await plain.listAll(plainDirectory).map(\.text))
  }
}
