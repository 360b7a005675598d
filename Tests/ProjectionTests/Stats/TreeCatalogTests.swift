import Provider
import TestSupport
import Testing

@testable import Projection

@Suite struct TreeCatalogTests {
  /// What is in a tree, by directories' paths, found the slow way.
  private struct Expected {
    var files: [[String]: (count: Int, bytes: Int64)] = [:]
    var places: [String: [[String]]] = [:]

    init(_ tree: ProvidedTree) { add(tree, []) }

    private mutating func add(_ tree: ProvidedTree, _ path: [String]) {
      guard case .directory(let entries) = tree else { return }
      files[path] = (0, 0)
      for (name, entry) in entries {
        switch entry {
        case .directory: add(entry, path + [name])
        case .file(let text), .link(let text):
          files[path]?.count += 1
          files[path]?.bytes += Int64(text.utf8.count)
          if case .file = entry { places[text, default: []].append(path) }
        }
      }
    }

    func total(_ path: [String]) -> (count: Int, bytes: Int64) {
      files.filter { $0.key.starts(with: path) }.values.reduce((0, 0)) { ($0.0 + $1.count, $0.1 + $1.bytes) }
    }
  }

  @Test("It has every directory with its files, and every place of a content", arguments: 0..<20)
  func random(number: Int) async throws {
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededRandom(seed: seed)
    let tree = ProvidedTree.random(&random)
    let expected = Expected(tree)
    let source = TreeProvider()
    tree.add(to: source)
    let provider = EpochProvider(base: source, top: tree.shortID)
    let catalog = try await TreeCatalog(of: try await provider.root(), from: TimedProvider(provider))
    #expect(catalog.isComplete)
    #expect(catalog.count == expected.files.count, "seed \(seed)")
    var indices: [[String]: Int] = [:]
    for path in expected.files.keys {
      var index = 0
      for name in path { index = try #require(catalog.child(Array(name.utf8), of: index), "seed \(seed)") }
      indices[path] = index
      #expect(catalog.name(of: index) == Array((path.last ?? "").utf8))
      let (own, total) = (try #require(expected.files[path]), expected.total(path))
      #expect(catalog.own[index] == TreeCatalog.Files(count: own.count, bytes: own.bytes), "seed \(seed)")
      #expect(catalog.total[index] == TreeCatalog.Files(count: total.count, bytes: total.bytes), "seed \(seed)")
      #expect(catalog.child(Array("none".utf8), of: index) == nil)
      var below: [Int] = []
      catalog.forEachDirectory(from: index) { below.append($0) }
      #expect(below.count == expected.files.keys.count { $0.starts(with: path) }, "seed \(seed)")
    }
    #expect(Set(indices.values).count == catalog.count, "seed \(seed)")
    let ones = Array(repeating: 1, count: catalog.count)
    #expect(catalog.accumulate(ones) { $0 += $1 }[0] == catalog.count)
    for (text, paths) in expected.places {
      var found: [Int] = []
      catalog.forEachPlace(of: ContentID("id of \(text)".utf8)) { found.append($0) }
      #expect(found.sorted() == paths.compactMap { indices[$0] }.sorted(), "seed \(seed), \(text)")
    }
    catalog.forEachPlace(of: "none") { _ in Issue.record("a content that is nowhere") }
  }

  @Test("Directories that contain themselves come to an end")
  func endless() async throws {
    let tree = TreeProvider()
    tree.add("again", .directory(""))
    tree.addFile("file", id: "text", text: "1")
    let catalog = try await TreeCatalog(of: try await tree.root(), from: TimedProvider(tree))
    #expect(catalog.count > 1000 && catalog.count < 10_000)
    #expect(catalog.total[0].count == catalog.count)
  }

  @Test("Without sizes, nothing is fetched, and the sum is not known")
  func unsized() async throws {
    let tree = TreeProvider()
    tree.addFile("listed", id: "one", text: "1")
    tree.add("dir", .directory("dir"))
    tree.addFile("unlisted", in: "dir", id: "two", text: "22", listed: false)
    let catalog = try await TreeCatalog(of: try await tree.root(), from: TimedProvider(Unsized(base: tree)))
    #expect(catalog.own == [.init(count: 1, bytes: 1), .init(count: 1, bytes: nil)])
    #expect(catalog.total[0] == .init(count: 2, bytes: nil))
    #expect(tree.count(.fetch("two")) == 0)
  }

  /// A tree whose provider cannot be asked for sizes.
  private struct Unsized: ForwardingProvider {
    let base: TreeProvider
  }
}
