internal import Glibc
internal import Posix
internal import Provider

extension ProjectionCore {
  /// Hydrates the provider's files at `paths`, from the root and without a slash at either end, up to `width` at a time.
  ///
  /// What is there already, what is no file of the provider's, and what fails is passed over: who opens it hears of it.
  /// What the user has at these paths does not matter. Ends early when its task is cancelled.
  package func prefetch(_ paths: [[UInt8]], width: Int = 4) async {
    var finder = ProvidedFiles(provider: provider, root: self.root)
    let caller = Caller(thread: UInt32(getpid()))
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      for path in paths {
        if Task.isCancelled { return }
        guard let file = await finder.file(at: path) else { continue }
        let demand = Demand(.prefetch, by: caller, at: .path(path))
        if running >= max(1, width) { await group.next() } else { running += 1 }
        group.addTask { [hydrator] in
          _ = try? await hydrator.contents(of: file.content, size: file.size, for: demand)
        }
      }
    }
  }
}

/// Finds files of a provider's by their paths. Neighbours are found without asking again.
private struct ProvidedFiles {
  private let provider: any ContentProvider
  private let root: DirectoryID
  /// The directories on the way to what was last asked for.
  private var way: [(name: [UInt8], listing: DirectoryListing)] = []

  init(provider: any ContentProvider, root: DirectoryID) {
    self.provider = provider
    self.root = root
  }

  /// The content and the size of a file.
  mutating func file(at path: [UInt8]) async -> (content: ContentID, size: Int64)? {
    let parts = path.split(separator: UInt8(ascii: "/")).map(Array.init)
    guard let name = parts.last, let listing = await listing(at: parts.dropLast()),
      let index = name.withUnsafeBytes({ listing.index(of: $0) }), listing.kind(at: index) == .file
    else { return nil }
    let content = listing.content(at: index)
    if let size = listing.size(at: index) { return (content, size) }
    guard let size = try? await provider.measuredSizes(of: [content]).first else { return nil }
    return (content, size)
  }

  private mutating func listing(at parts: ArraySlice<[UInt8]>) async -> DirectoryListing? {
    // The root stands first, under no name.
    let names = [[]] + parts
    let known = zip(names, way).prefix { $0 == $1.name }.count
    way.removeSubrange(known...)
    for name in names[known...] {
      var directory = root
      if let above = way.last?.listing {
        guard let index = name.withUnsafeBytes({ above.index(of: $0) }), above.kind(at: index) == .directory else {
          return nil
        }
        directory = above.directory(at: index)
      }
      guard let listing = try? await provider.list(directory).sorted() else { return nil }
      way.append((name, listing))
    }
    return way.last?.listing
  }
}
