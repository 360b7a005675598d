import FuseTransport
import Glibc
import Posix
import Projection
import Provider

/// What it costs to ask a provider that has its answers in memory: a lookup that lists, beside one that need not.
enum LookupCost {
  static let directories = 4000

  struct InMemory: NonblockingProvider {
    let names: [String]
    let listings: [DirectoryID: DirectoryListing]

    init(directories: Int) {
      names = (0..<directories).map { "directory-\($0)" }
      var listings: [DirectoryID: DirectoryListing] = [:]
      var root = DirectoryListing()
      for name in names {
        var listing = DirectoryListing()
        for name in ["a", "b", "c"] { listing.appendFile(name, content: "empty", size: 0) }
        listings[DirectoryID(name.utf8)] = listing
        root.appendDirectory(name, id: DirectoryID(name.utf8))
      }
      listings["root"] = root
      self.listings = listings
    }

    func root() async throws -> DirectoryID { "root" }

    func list(_ directory: DirectoryID) async throws -> DirectoryListing {
      guard let listing = listings[directory] else { throw ProviderError.missing("\(directory)") }
      return listing
    }

    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {}
  }

  /// The same, of a provider that may block.
  struct Blocking: ContentProvider {
    let inner: InMemory

    func root() async throws -> DirectoryID { try await inner.root() }
    func list(_ directory: DirectoryID) async throws -> DirectoryListing { try await inner.list(directory) }
    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {}
  }

  static func measure(_ engine: Engine) async throws {
    let tree = InMemory(directories: directories)
    for (title, provider) in [("nonblocking", tree as any ContentProvider), ("may block", Blocking(inner: tree))] {
      let mounted = try await Mounted(provider, engine)
      let medians = try await mounted.inside { _ in
        for name in tree.names { try look("\(mounted.path)/\(name)") }
        for name in tree.names.enumerated() where name.offset % 2 == 0 {
          try look("\(mounted.path)/\(name.element)/a")
        }
        // One beside the other, and none of them met a moment ago: both see the same machine, and the same caches.
        var (listing, known): ([Double], [Double]) = ([], [])
        for (index, name) in tree.names.enumerated() {
          let took = try look("\(mounted.path)/\(name)/b")
          if index % 2 == 0 { known.append(took) } else { listing.append(took) }
        }
        return (median(listing), median(known))
      }
      for (listing, known) in medians {
        print(
          "\(engine.rawValue), lookup, \(title): that lists \(digits(listing)) µs, of a known name \(digits(known)) µs, "
            + "difference \(digits(listing - known)) µs")
      }
    }
  }

  /// The same without a kernel between.
  static func measureCore() async throws {
    let tree = InMemory(directories: directories)
    let view = try await UnmountedView(tree)
    let caller = Caller(thread: UInt32(getpid()))
    var nodes: [NodeID] = []
    for name in tree.names {
      nodes.append(try await view.fileSystem.lookup(Array(name.utf8), in: .root, by: caller).node)
    }
    var took: [Double] = []
    for name in ["a", "b"] {
      let start = ContinuousClock.now
      for node in nodes { _ = try await view.fileSystem.lookup(Array(name.utf8), in: node, by: caller) }
      took.append(start.duration(to: .now).microseconds / Double(nodes.count))
    }
    print(
      "core, lookup: that lists \(digits(took[0], 2)) µs, of a known name \(digits(took[1], 2)) µs, difference "
        + "\(digits(took[0] - took[1], 2)) µs")
  }

  /// How long stat(2) takes, in microseconds.
  @discardableResult
  static func look(_ path: String) throws -> Double {
    let start = ContinuousClock.now
    _ = try FileCalls.status(path)
    return start.duration(to: .now).microseconds
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
