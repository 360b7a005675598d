import Provider
import TestSupport
import Testing

@testable import Projection

@Suite struct InodeTableTests {
  private static func table() -> InodeTable {
    InodeTable(root: "root", permissions: 0o755, numbers: InodeNumbers(key: 7))
  }

  /// A listing with some files, then some directories.
  private static func listing(files: Int, directories: Int) -> DirectoryListing {
    var listing = DirectoryListing()
    for number in 0..<files { listing.appendFile("f\(number)", content: "content", size: 0) }
    for number in 0..<directories { listing.appendDirectory("z\(number)", id: DirectoryID("d\(number)".utf8)) }
    return listing.sorted()
  }

  @Test("The root is known from the start and never goes, whatever the kernel forgets")
  func root() throws {
    let table = Self.table()
    #expect(table.forget(.root, count: 1).nodes.isEmpty)
    #expect(table.forget(.root, count: 1_000_000).nodes.isEmpty)
    let location = try table.location(of: .root)
    #expect(location.parent == nil)
    #expect(location.directory?.id == "root")
    #expect(table.counts == (1, 1))
  }

  @Test("Numbers that were never given out are stale", arguments: [0, 2, 3, 1025, 1 << 32, 1 << 40, UInt64.max])
  func unknown(number: UInt64) {
    let table = Self.table()
    #expect(throws: ProjectionError.stale) { try table.location(of: NodeID(rawValue: number)) }
    #expect(throws: ProjectionError.stale) { try table.directory(NodeID(rawValue: number)) }
    #expect(table.forget(NodeID(rawValue: number), count: 1).nodes.isEmpty)
  }

  @Test("A file is found by its directory and its place; it is no directory")
  func file() throws {
    let table = Self.table()
    let root = try table.directory(.root)
    let node = try table.acquire(1, of: root, Self.listing(files: 2, directories: 0))
    let location = try table.location(of: node)
    #expect(location.parent?.directory === root)
    #expect(location.index == 1)
    #expect(location.directory == nil)
    #expect(throws: ProjectionError.notADirectory) { try table.directory(node) }
  }

  @Test("One entry has one node however often it is looked up, and as many lookups must be forgotten")
  func counting() throws {
    let table = Self.table()
    let root = try table.directory(.root)
    let listing = Self.listing(files: 1, directories: 0)
    let node = try table.acquire(0, of: root, listing)
    for _ in 0..<4 { #expect(try table.acquire(0, of: root, listing) == node) }
    #expect(table.counts == (2, 6))
    #expect(table.forget(node, count: 4).nodes.isEmpty)
    #expect(try table.location(of: node).index == 0)
    #expect(table.forget(node, count: 1).nodes == [node])
    #expect(throws: ProjectionError.stale) { try table.location(of: node) }
    #expect(table.counts == (1, 1))
  }

  @Test("A forgotten directory stays while something below it is known, and goes with the last of it")
  func childrenOutliveParents() throws {
    let table = Self.table()
    let listing = Self.listing(files: 1, directories: 1)
    let outer = try table.acquire(1, of: try table.directory(.root), listing)
    let inner = try table.acquire(1, of: try table.directory(outer), listing)
    let file = try table.acquire(0, of: try table.directory(inner), listing)
    #expect(table.forget(outer, count: 1).nodes.isEmpty)
    #expect(table.forget(inner, count: 1).nodes.isEmpty)
    #expect(try table.directory(inner).id == "d0")
    // It can be looked up again meanwhile, and is the same.
    #expect(try table.acquire(1, of: try table.directory(.root), listing) == outer)
    #expect(table.forget(file, count: 1).nodes == [file, inner])
    #expect(table.forget(outer, count: 1).nodes == [outer])
    #expect(table.counts == (1, 1))
  }

  @Test("Places of a directory that is gone are stale, also after its place was given to another one")
  func staleDirectory() throws {
    let table = Self.table()
    let root = try table.directory(.root)
    let listing = Self.listing(files: 0, directories: 2)
    let first = try table.acquire(0, of: root, listing)
    let gone = try table.directory(first)
    #expect(table.forget(first, count: 1).nodes == [first])
    #expect(throws: ProjectionError.stale) { try table.acquire(0, of: gone, listing) }
    let second = try table.acquire(1, of: root, listing)
    #expect(second.slot == first.slot, "the place is given out again")
    #expect(second != first, "the number is not")
    #expect(throws: ProjectionError.stale) { try table.acquire(0, of: gone, listing) }
    #expect(table.counts == (2, 2))
  }

  @Test("Known entries are those that were looked up and not forgotten")
  func knownEntries() throws {
    let table = Self.table()
    let root = try table.directory(.root)
    let listing = Self.listing(files: 5, directories: 1)
    let nodes = try [0, 2, 4, 5].map { try table.acquire($0, of: root, listing) }
    _ = table.forget(nodes[1], count: 1)
    let known = table.knownEntries()
    #expect(known.count == 1)
    #expect(known.first?.directory === root)
    #expect(known.first?.indices == [0, 4, 5])
  }
}
