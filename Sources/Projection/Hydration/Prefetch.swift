internal import Glibc
internal import Posix
internal import Provider

extension ProjectionCore {
  /// Hydrates the provider's files at `paths`, from the root and without a slash at either end, up to `width` at a time.
  ///
  /// What is there already, what is no file of the provider's, and what fails is passed over: who opens it hears of it.
  /// What the user has at these paths does not matter. Ends early when its task is cancelled.
  package func prefetch(_ paths: [[UInt8]], width: Int = 4) async {
    var finder = ProvidedFiles(provider: timed, root: self.root)
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

/// Finds files of a provider's by their paths. Neighbours are found without asking again for what they lie in.
private struct ProvidedFiles {
  private let provider: TimedProvider
  private let findsNames: Bool
  private let root: DirectoryID
  /// The directories on the way to what was last asked for; the root stands first, under no name.
  private var way: [(name: [UInt8], id: DirectoryID, entries: ProvidedEntries?)] = []

  init(provider: TimedProvider, root: DirectoryID) {
    self.provider = provider
    self.root = root
    findsNames = provider.provider is any EntryLookupProvider
  }

  /// The content and the size of a file.
  mutating func file(at path: [UInt8]) async -> (content: ContentID, size: Int64)? {
    let parts = path.split(separator: UInt8(ascii: "/")).map(Array.init)
    guard let name = parts.last, await enter(parts.dropLast()), let entry = await entry(name), entry.kind == .file
    else { return nil }
    let content = ContentID(entry.id)
    if let size = entry.size { return (content, size) }
    guard let size = try? await provider.sizes(of: [content]).first else { return nil }
    return (content, size)
  }

  /// Makes a directory the last one of the way. False where there is none.
  private mutating func enter(_ parts: ArraySlice<[UInt8]>) async -> Bool {
    let names = [[]] + parts
    way.removeSubrange(zip(names, way).prefix { $0 == $1.name }.count...)
    for name in names[way.count...] {
      var directory = root
      if !way.isEmpty {
        guard let entry = await entry(name), entry.kind == .directory else { return false }
        directory = DirectoryID(entry.id)
      }
      var entries: ProvidedEntries?
      if !findsNames {
        entries = try? await provider.entries(of: directory)
        if entries == nil { return false }
      }
      way.append((name, directory, entries))
    }
    return true
  }

  /// What the last directory of the way has under a name.
  private func entry(_ name: [UInt8]) async -> DirectoryEntry? {
    guard let last = way.last else { return nil }
    guard let entries = last.entries else {
      return (try? await provider.entry(of: name, in: last.id)).flatMap { $0 }
    }
    return entries.place(of: name).map { entries.entry(at: $0) }
  }
}
