import Provider
import TestSupport
import Testing

@testable import Projection

/// `InodeTable` against a table of paths, over a tree that has no end: each directory lists three files and two
/// directories.
@Suite struct InodeTableModelTests {
  private static let listing: DirectoryListing = {
    var listing = DirectoryListing()
    for name in ["a", "b", "c"] { listing.appendFile(name, content: "content", size: 0) }
    for name in ["x", "y"] { listing.appendDirectory(name, id: DirectoryID(name.utf8)) }
    return listing.sorted()
  }()

  /// A path by its places in the listings.
  private typealias Path = [Int]

  private struct Model {
    var nodes: [Path: (node: NodeID, lookups: UInt64)] = [:]

    func isDirectory(_ path: Path) -> Bool { path.last.map { $0 >= 3 } ?? true }

    func hasChildren(_ path: Path) -> Bool {
      nodes.keys.contains { $0.count == path.count + 1 && $0.starts(with: path) }
    }

    /// Takes lookups back; returns the nodes that are gone, the deepest first.
    mutating func forget(_ path: Path, _ count: UInt64) -> [NodeID] {
      nodes[path]?.lookups -= count
      var gone: [NodeID] = []
      var path = path
      while let known = nodes[path], known.lookups == 0, !hasChildren(path) {
        nodes[path] = nil
        gone.append(known.node)
        path.removeLast()
      }
      return gone
    }
  }

  private static func node(at path: Path, in model: Model) -> NodeID {
    model.nodes[path]?.node ?? .root
  }

  @Test("Any lookups and forgets leave what a table of paths would hold", arguments: 1...8)
  func model(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let table = InodeTable(root: "", permissions: 0o755, numbers: InodeNumbers(key: seed))
    var model = Model()
    var goneNodes: Set<NodeID> = []

    for step in 0..<600 {
      let paths = model.nodes.keys.sorted { $0.lexicographicallyPrecedes($1) }
      let grows = (step / 150).isMultiple(of: 2)
      if paths.isEmpty || Int.random(in: 0..<10, using: &random) < (grows ? 7 : 3) {
        let directories = ([[]] + paths).filter { model.isDirectory($0) && $0.count < 6 }
        let parent = directories.randomElement(using: &random) ?? []
        let path = parent + [Int.random(in: 0..<5, using: &random)]
        let directory = try table.directory(Self.node(at: parent, in: model))
        let node = try table.acquire(path[path.count - 1], of: directory, Self.listing)
        if let known = model.nodes[path] {
          #expect(node == known.node, "seed \(seed), step \(step)")
        } else {
          #expect(!model.nodes.values.contains { $0.node == node }, "seed \(seed), step \(step)")
        }
        model.nodes[path] = (node, (model.nodes[path]?.lookups ?? 0) + 1)
        goneNodes.remove(node)
      } else if let path = paths.randomElement(using: &random), let known = model.nodes[path], known.lookups > 0 {
        let count = UInt64.random(in: 1...known.lookups, using: &random)
        let gone = model.forget(path, count)
        #expect(table.forget(known.node, count: count).nodes == gone, "seed \(seed), step \(step)")
        goneNodes.formUnion(gone)
      }
      let lookups = model.nodes.values.reduce(UInt64(1)) { $0 + $1.lookups }
      #expect(table.counts == (model.nodes.count + 1, lookups), "seed \(seed), step \(step)")
      if let gone = goneNodes.randomElement(using: &random) {
        #expect(throws: ProjectionError.stale, "seed \(seed)") { try table.location(of: gone) }
      }
    }

    for (path, known) in model.nodes {
      let location = try table.location(of: known.node)
      #expect(location.index == path.last, "seed \(seed), path \(path)")
      #expect((location.directory != nil) == model.isDirectory(path), "seed \(seed), path \(path)")
      let parent = try table.directory(Self.node(at: Array(path.dropLast()), in: model))
      #expect(location.parent?.directory === parent, "seed \(seed), path \(path)")
    }
    for (path, known) in model.nodes where known.lookups > 0 {
      let gone = model.forget(path, known.lookups)
      #expect(table.forget(known.node, count: known.lookups).nodes == gone, "seed \(seed), path \(path)")
    }
    #expect(table.counts == (1, 1), "seed \(seed): forgetting everything gives everything back")
    #expect(table.knownEntries().isEmpty, "seed \(seed)")
  }
}
