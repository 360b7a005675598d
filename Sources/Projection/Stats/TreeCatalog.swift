internal import Provider
internal import SystemPackage

/// What one of the provider's trees has, walked once without fetching a content: its directories with the number and the
/// sizes of their files, and in which of them each content is.
///
/// Takes about 16 bytes of memory for each file. Directories are numbered level by level from the root, which is 0; those of
/// one directory follow each other by the bytes of their names.
final class TreeCatalog: Sendable {
  /// A directory's place in the catalog.
  typealias Index = Int

  /// Files, symbolic links included.
  struct Files: Sendable, Equatable {
    var count = 0
    /// nil where the provider cannot tell all sizes without fetching.
    var bytes: Int64? = 0

    static func += (left: inout Files, right: Files) {
      left.count += right.count
      if let one = left.bytes, let other = right.bytes { left.bytes = one + other } else { left.bytes = nil }
    }
  }

  /// The tree's root.
  let root: DirectoryID
  /// Whether every directory could be read.
  let isComplete: Bool
  /// What each directory itself has.
  let own: [Files]
  /// What each directory has with everything below it.
  let total: [Files]

  private let names: [[UInt8]]
  /// The first directory below each; the next one's first ends them.
  private let firstChildren: [UInt32]
  private let parents: [UInt32]
  /// Fingerprints of contents, ascending, and the directory of each.
  private let fingerprints: [UInt64]
  private let places: [UInt32]

  /// Deeper than a path can be, and more directories than anybody has: a provider whose directories contain themselves
  /// comes to an end.
  private static let (deepest, most) = (2048, 1 << 24)

  /// Walks the tree. A directory that cannot be read has nothing in it, nor has a file whose size cannot be had a byte.
  ///
  /// Throws where its task is cancelled.
  init(of root: DirectoryID, from provider: TimedProvider) async throws {
    self.root = root
    var origins = [root]
    var draft = Draft()
    var level = 0..<1
    var depth = 0
    while !level.isEmpty {
      let walked = try await WalkedDirectory.walk(origins[level], of: provider)
      for (index, directory) in zip(level, walked) {
        draft.add(directory, at: index, knowing: origins.count)
        guard depth < Self.deepest, origins.count < Self.most else { continue }
        for (name, origin) in directory.children {
          draft.addChild(named: name, of: index)
          origins.append(origin)
        }
      }
      level = level.upperBound..<origins.count
      depth += 1
    }
    (names, parents, own) = (draft.names, draft.parents, draft.own)
    firstChildren = draft.firstChildren + [UInt32(origins.count)]
    total = Self.accumulate(draft.own, draft.parents, +=)
    isComplete = draft.isComplete
    draft.contents.sort { ($0.fingerprint, $0.place) < ($1.fingerprint, $1.place) }
    fingerprints = draft.contents.map(\.fingerprint)
    places = draft.contents.map(\.place)
  }

  private struct Draft {
    var names: [[UInt8]] = [[]]
    var parents: [UInt32] = [0]
    var own: [Files] = []
    var firstChildren: [UInt32] = []
    var contents: [(fingerprint: UInt64, place: UInt32)] = []
    var isComplete = true

    mutating func add(_ directory: WalkedDirectory, at index: Index, knowing count: Int) {
      if !directory.isRead { isComplete = false }
      own.append(directory.files)
      firstChildren.append(UInt32(count))
      contents += directory.contents.map { ($0, UInt32(index)) }
    }

    mutating func addChild(named name: [UInt8], of parent: Index) {
      names.append(name)
      parents.append(UInt32(parent))
    }
  }

  // MARK: - Directories

  /// How many directories there are, the root included.
  var count: Int { own.count }

  /// The directories right below one.
  func children(of index: Index) -> Range<Index> { Int(firstChildren[index])..<Int(firstChildren[index + 1]) }

  /// The directory that has `name` in another one.
  func child(_ name: [UInt8], of parent: Index) -> Index? {
    var range = children(of: parent)
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      if names[middle] == name { return middle }
      range =
        names[middle].lexicographicallyPrecedes(name) ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// A directory's name; empty for the root.
  func name(of index: Index) -> [UInt8] { names[index] }

  /// Calls `body` with a directory and all those below it.
  func forEachDirectory(from top: Index, _ body: (Index) -> Void) {
    var waiting = [top]
    while let index = waiting.popLast() {
      body(index)
      waiting += children(of: index)
    }
  }

  /// Adds to each directory what those below it have.
  func accumulate<Value>(_ values: [Value], _ add: (inout Value, Value) -> Void) -> [Value] {
    Self.accumulate(values, parents, add)
  }

  private static func accumulate<Value>(
    _ values: [Value], _ parents: [UInt32], _ add: (inout Value, Value) -> Void
  ) -> [Value] {
    var totals = values
    // Those below have the higher numbers.
    for index in totals.indices.dropFirst().reversed() { add(&totals[Int(parents[index])], totals[index]) }
    return totals
  }

  // MARK: - Contents

  /// Calls `body` with the directory of each file that has `content`.
  func forEachPlace(of content: ContentID, _ body: (Index) -> Void) {
    let wanted = Self.fingerprint(of: content)
    var (low, high) = (0, fingerprints.count)
    while low < high {
      let middle = (low + high) / 2
      if fingerprints[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    while low < fingerprints.count, fingerprints[low] == wanted {
      body(Int(places[low]))
      low += 1
    }
  }

  /// FNV-1a of 64 bits, which tells a million contents apart but for once in thirty million trees.
  static func fingerprint(of content: ContentID) -> UInt64 {
    content.bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// One directory of a provider's, counted.
private struct WalkedDirectory: Sendable {
  var files = TreeCatalog.Files()
  var isRead = false
  /// Fingerprints.
  var contents: [UInt64] = []
  var children: [(name: [UInt8], origin: DirectoryID)] = []

  /// So few are not worth a task of their own.
  private static var fewest: Int { 32 }

  /// Counts directories, in their order; two threads share what is much.
  static func walk(
    _ origins: ArraySlice<DirectoryID>, of provider: TimedProvider
  ) async throws -> [WalkedDirectory] {
    guard origins.count >= 2 * fewest else { return try await walkAlone(origins, of: provider) }
    let middle = origins.startIndex + origins.count / 2
    async let second = walkAlone(origins[middle...], of: provider)
    let first = try await walkAlone(origins[..<middle], of: provider)
    return try await first + second
  }

  private static func walkAlone(
    _ origins: ArraySlice<DirectoryID>, of provider: TimedProvider
  ) async throws -> [WalkedDirectory] {
    var result: [WalkedDirectory] = []
    result.reserveCapacity(origins.count)
    for origin in origins {
      try Task.checkCancellation()
      result.append(await WalkedDirectory(origin, of: provider))
    }
    return result
  }

  private init(_ origin: DirectoryID, of provider: TimedProvider) async {
    guard let listing = try? await provider.entries(of: origin).sorted else { return }
    isRead = true
    var unknown: [ContentID] = []
    contents.reserveCapacity(listing.count)
    for index in 0..<listing.count {
      if listing.kind(at: index) == .directory {
        children.append((listing.name(at: index), listing.directory(at: index)))
        continue
      }
      let content = listing.content(at: index)
      contents.append(TreeCatalog.fingerprint(of: content))
      files.count += 1
      if let size = listing.size(at: index) {
        files.bytes = files.bytes.map { $0 &+ size }
      } else {
        unknown.append(content)
      }
    }
    guard !unknown.isEmpty else { return }
    guard provider.provider is any SizeProvider else {
      files.bytes = nil
      return
    }
    let sum = await Self.sum(of: unknown, provider)
    files.bytes = files.bytes.map { $0 &+ sum }
  }

  private static func sum(of contents: [ContentID], _ provider: TimedProvider) async -> Int64 {
    do {
      return try await provider.sizes(of: contents).reduce(0, &+)
    } catch ProviderError.system(.timedOut, _) {
      // It would not answer for each of them either.
      return 0
    } catch {
      // One is damaged: it counts as nothing.
    }
    var sum: Int64 = 0
    for content in contents {
      if let size = try? await provider.sizes(of: [content]).first { sum &+= size }
    }
    return sum
  }
}
