internal import Posix
internal import Provider
internal import SystemPackage

/// Counts the files of a projection by their states: from the tree's catalog, from what is in the content store, and from
/// the local tree. Takes as long as the store and the local tree are large.
struct FileCensus {
  /// What of the files in one directory is not virtual.
  struct Counts: Sendable, Equatable {
    var placeholder = 0
    var hydrated = 0
    var full = 0
    var tombstone = 0
    var new = 0
    var hydratedBytes: Int64 = 0
    var fullBytes: Int64 = 0

    static func += (left: inout Counts, right: Counts) {
      left.placeholder += right.placeholder
      left.hydrated += right.hydrated
      left.full += right.full
      left.tombstone += right.tombstone
      left.new += right.new
      left.hydratedBytes &+= right.hydratedBytes
      left.fullBytes &+= right.fullBytes
    }
  }

  let catalog: TreeCatalog
  /// By the catalog's directories. What is in a directory of the user's is counted in the provider's one above it.
  private(set) var counts: [Counts]

  private let provider: TimedProvider
  private var stored: [ContentID: Int64] = [:]
  private(set) var storedBytes: Int64 = 0

  init(_ catalog: TreeCatalog, _ provider: TimedProvider) {
    self.catalog = catalog
    self.provider = provider
    counts = Array(repeating: Counts(), count: catalog.count)
  }

  // MARK: - The content store

  /// Notes a content of the content store.
  mutating func note(stored content: ContentID, size: Int64) {
    stored[content] = size
    storedBytes &+= size
    catalog.forEachPlace(of: content) { place in
      counts[place].hydrated += 1
      counts[place].hydratedBytes &+= size
    }
  }

  var storedFiles: Int { stored.count }

  func isStored(_ content: ContentID) -> Bool { stored[content] != nil }

  // MARK: - What the kernel knows

  /// Notes files of the provider's that somebody has looked at, and that are neither local nor stored.
  mutating func noteLookedAt(_ count: Int, in place: TreeCatalog.Index) {
    counts[place].placeholder += count
  }

  // MARK: - The local tree

  /// A directory of the local tree that shows the provider's at its place.
  private struct Merged {
    let place: TreeCatalog.Index
    let local: DirectoryHandle
    let origin: DirectoryID
  }

  /// A directory of the user's, or one that the user has moved.
  private struct Moved {
    /// Where it is counted.
    let place: TreeCatalog.Index
    let local: DirectoryHandle?
    let origin: DirectoryID?
  }

  private var merged: [Merged] = []
  private var moved: [Moved] = []

  /// Counts the local tree, which lies over the root. Once.
  mutating func count(local root: DirectoryHandle) async throws {
    merged = [Merged(place: 0, local: root, origin: catalog.root)]
    while let directory = merged.popLast() {
      try Task.checkCancellation()
      await count(directory)
    }
    while let directory = moved.popLast() {
      try Task.checkCancellation()
      await count(directory)
    }
  }

  private mutating func count(_ directory: Merged) async {
    // A damaged directory: nothing of it can be counted, or seen.
    let listing = (try? await provider.entries(of: directory.origin)) ?? ProvidedEntries()
    for (name, entry) in Self.entries(of: directory.local, isRoot: directory.place == 0) {
      guard let index = listing.place(of: name) else {
        countNew(entry, in: directory.place)
        continue
      }
      if listing.kind(at: index) == .directory {
        count(entry, over: listing.directory(at: index), listing.name(at: index), in: directory.place)
      } else {
        count(entry, over: listing.content(at: index), in: directory.place)
      }
    }
  }

  /// Counts what lies over one of the provider's files.
  private mutating func count(_ entry: LocalEntry, over content: ContentID, in place: TreeCatalog.Index) {
    if let size = stored[content] {
      counts[place].hydrated -= 1
      counts[place].hydratedBytes &-= size
    }
    switch entry {
    case .whiteout: counts[place].tombstone += 1
    case .directory:
      counts[place].tombstone += 1
      countNew(entry, in: place)
    case .full(let size):
      counts[place].full += 1
      counts[place].fullBytes &+= size
    case .placeholder(let shown):
      if let size = stored[shown] {
        counts[place].hydrated += 1
        counts[place].hydratedBytes &+= size
      } else {
        counts[place].placeholder += 1
      }
    }
  }

  /// Counts what lies over one of the provider's directories.
  private mutating func count(
    _ entry: LocalEntry, over origin: DirectoryID, _ name: [UInt8], in place: TreeCatalog.Index
  ) {
    let hidden = catalog.child(name, of: place)
    if case .directory(let handle, .place) = entry {
      // Not in the catalog: the provider's has changed meanwhile, or cannot be read.
      if let hidden { merged.append(Merged(place: hidden, local: handle, origin: origin)) }
      return
    }
    if let hidden {
      catalog.forEachDirectory(from: hidden) { index in
        counts[index] = Counts(tombstone: catalog.own[index].count)
      }
    }
    countNew(entry, in: place)
  }

  /// Counts what the user has where the provider has nothing, or nothing any more.
  private mutating func countNew(_ entry: LocalEntry, in place: TreeCatalog.Index) {
    switch entry {
    case .whiteout: break
    case .directory(let handle, let origin):
      moved.append(Moved(place: place, local: handle, origin: origin.pinned))
    case .placeholder: counts[place].new += 1
    case .full(let size):
      counts[place].new += 1
      counts[place].fullBytes &+= size
    }
  }

  private mutating func count(_ directory: Moved) async {
    var entries = directory.local.map { Self.entries(of: $0, isRoot: false) } ?? [:]
    if let origin = directory.origin, let listing = try? await provider.entries(of: origin) {
      let names = entries.keys.reduce(into: [Int: [UInt8]]()) { names, name in
        if let index = listing.place(of: name) { names[index] = name }
      }
      for index in 0..<listing.count {
        let over = names[index].flatMap { entries.removeValue(forKey: $0) }
        if listing.kind(at: index) == .directory {
          let below = listing.directory(at: index)
          switch over {
          case nil: moved.append(Moved(place: directory.place, local: nil, origin: below))
          case .directory(let handle, .place):
            moved.append(Moved(place: directory.place, local: handle, origin: below))
          case .some(let entry): countNew(entry, in: directory.place)
          }
        } else if let over {
          countNew(over, in: directory.place)
        } else {
          counts[directory.place].new += 1
        }
      }
    }
    for entry in entries.values { countNew(entry, in: directory.place) }
  }

  /// What is in a local directory, but for what is nobody's change; gone meanwhile: not counted.
  private static func entries(of directory: DirectoryHandle, isRoot: Bool) -> [[UInt8]: LocalEntry] {
    var result: [[UInt8]: LocalEntry] = [:]
    for entry in (try? EntryCalls.entries(of: directory.rawValue)) ?? [] {
      if isRoot, LocalTree.isIntegration(entry) { continue }
      result[entry.name] = try? LocalEntry(entry.name, in: directory)
    }
    return result
  }
}
