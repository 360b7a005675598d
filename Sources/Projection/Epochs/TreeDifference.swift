package import Provider

/// What two trees of the provider's have different. Takes as long as there are different directories that are compared.
package struct TreeDifference: Sendable {
  /// The tree that is shown.
  package let old: DirectoryID
  /// The other one.
  package let new: DirectoryID
  /// Whether every directory that is different was compared.
  package let isWhole: Bool
  /// The difference of their tops; nil where the trees are the same.
  let top: DirectoryDifference?

  /// Compares two trees of `provider`.
  package init(from old: DirectoryID, to new: DirectoryID, of provider: any ContentProvider) async throws {
    try await self.init(from: old, to: new, of: TimedProvider(provider))
  }

  /// The same with other deadlines.
  init(from old: DirectoryID, to new: DirectoryID, of provider: TimedProvider) async throws {
    try await self.init(from: old, to: new, of: provider, at: ()) { _, _, _ in () }
  }

  /// The same for the directories that `into` gives a place: it gets that of the directory above, and a directory's name,
  /// and whether both trees have one of that name.
  init<Place>(
    from old: DirectoryID, to new: DirectoryID, of provider: TimedProvider, at place: Place,
    into: (_ above: Place, _ name: [UInt8], _ isInBoth: Bool) throws -> Place?
  ) async throws {
    self.old = old
    self.new = new
    guard old != new else {
      (top, isWhole) = (nil, true)
      return
    }
    (top, isWhole) = try await DirectoryDifference.between(old, and: new, of: provider, at: place, into: into)
  }

  /// Whether the trees are the same.
  package var isEmpty: Bool { top?.changes.isEmpty ?? true }

  /// Calls `body` with every path that is different, from the top; a directory that only one of the trees has is one
  /// path.
  package func forEachPath(_ body: (_ path: [UInt8], _ isDirectory: Bool) -> Void) {
    top?.forEachPath(below: [], body)
  }
}

/// What two directories have different.
final class DirectoryDifference: Sendable {
  /// One entry of a directory, as far as users see it.
  struct Entry: Sendable, Equatable {
    let kind: EntryKind
    let permissions: UInt16
    let id: [UInt8]

    /// An entry by itself.
    init(_ entry: DirectoryEntry) {
      kind = entry.kind
      permissions = kind == .file ? entry.permissions : 0
      id = entry.id
    }

    /// The entry at a place of a listing.
    init(_ listing: DirectoryListing, _ index: Int) {
      kind = listing.kind(at: index)
      permissions = kind == .file ? listing.permissions(at: index) : 0
      id = kind == .directory ? listing.directory(at: index).bytes : listing.content(at: index).bytes
    }
  }

  /// A name that does not stand for the same in both.
  struct Change: Sendable {
    let name: [UInt8]
    /// nil: the first directory does not have the name.
    let old: Entry?
    /// nil: the second one does not have it.
    let new: Entry?
    /// What is different below: where both have a directory, and where the second one alone has one; nil where nobody has
    /// compared it.
    let below: DirectoryDifference?

    /// Whether both have a directory.
    var isBelow: Bool { DirectoryDifference.isInBoth(old, new) }
  }

  private static func isInBoth(_ old: Entry?, _ new: Entry?) -> Bool {
    old?.kind == .directory && new?.kind == .directory
  }

  /// What the second directory has.
  let listing: DirectoryListing
  /// By the bytes of the names.
  let changes: [Change]

  /// Compares two directories.
  static func between(
    _ old: DirectoryID, and new: DirectoryID, of provider: TimedProvider
  ) async throws -> DirectoryDifference {
    try await between(old, and: new, of: provider, at: ()) { _, _, _ in () }.difference
  }

  /// Compares two directories, and of what is below what `into` gives a place. `isWhole` is whether that was all.
  static func between<Place>(
    _ old: DirectoryID, and new: DirectoryID, of provider: TimedProvider, at place: Place,
    into: (_ above: Place, _ name: [UInt8], _ isInBoth: Bool) throws -> Place?
  ) async throws -> (difference: DirectoryDifference, isWhole: Bool) {
    var levels: [[Comparison]] = []
    var pairs: [(old: DirectoryID?, new: DirectoryID)] = [(old, new)]
    var places = [place]
    var isWhole = true
    while !pairs.isEmpty {
      var level = try await Comparison.level(pairs, of: provider)
      pairs = []
      var next: [Place] = []
      for index in level.indices {
        for number in level[index].changes.indices {
          let change = level[index].changes[number]
          guard let new = change.new, new.kind == .directory else { continue }
          let isInBoth = isInBoth(change.old, new)
          guard let inner = try into(places[index], change.name, isInBoth) else {
            isWhole = false
            continue
          }
          level[index].changes[number].goesOn = true
          pairs.append((isInBoth ? change.old.map { DirectoryID($0.id) } : nil, DirectoryID(new.id)))
          next.append(inner)
        }
      }
      places = next
      levels.append(level)
    }
    return (assembled(levels), isWhole)
  }

  /// Puts what is below into what is above.
  private static func assembled(_ levels: [[Comparison]]) -> DirectoryDifference {
    var below: [DirectoryDifference] = []
    for level in levels.reversed() {
      var rest = below[...]
      below = level.map { compared in
        let changes = compared.changes.map { change in
          Change(name: change.name, old: change.old, new: change.new, below: change.goesOn ? rest.popFirst() : nil)
        }
        return DirectoryDifference(listing: compared.listing, changes: changes)
      }
    }
    // One pair began it.
    return below.first ?? DirectoryDifference(listing: DirectoryListing(), changes: [])
  }

  /// Two directories compared, without what is below.
  private struct Comparison: Sendable {
    /// What the second directory has.
    let listing: DirectoryListing
    /// With those that were gone into.
    var changes: [(name: [UInt8], old: Entry?, new: Entry?, goesOn: Bool)]

    /// So few pairs are not worth a task of their own.
    private static var fewest: Int { 32 }

    /// Compares pairs, in their order; two threads share what is much.
    static func level(
      _ pairs: [(old: DirectoryID?, new: DirectoryID)], of provider: TimedProvider
    ) async throws -> [Comparison] {
      guard pairs.count >= 2 * fewest else { return try await compare(pairs[...], of: provider) }
      let middle = pairs.count / 2
      async let second = compare(pairs[middle...], of: provider)
      let first = try await compare(pairs[..<middle], of: provider)
      return try await first + second
    }

    private static func compare(
      _ pairs: ArraySlice<(old: DirectoryID?, new: DirectoryID)>, of provider: TimedProvider
    ) async throws -> [Comparison] {
      var result: [Comparison] = []
      result.reserveCapacity(pairs.count)
      for (old, new) in pairs {
        var before = DirectoryListing()
        if let old { before = try await provider.entries(of: old).sorted }
        let after = try await provider.entries(of: new).sorted
        let changes = DirectoryDifference.changes(from: before, to: after).map { ($0.name, $0.old, $0.new, false) }
        result.append(Comparison(listing: after, changes: changes))
      }
      return result
    }
  }

  /// What two listings have different, without what is below.
  static func changes(from old: DirectoryListing, to new: DirectoryListing) -> [Change] {
    var changes: [Change] = []
    DirectoryListing.forEachDifference(from: old, to: new) { left, right in
      let name = left.map { old.name(at: $0) } ?? right.map { new.name(at: $0) } ?? []
      changes.append(
        Change(name: name, old: left.map { Entry(old, $0) }, new: right.map { Entry(new, $0) }, below: nil))
    }
    return changes
  }

  init(listing: DirectoryListing, changes: [Change]) {
    self.listing = listing
    self.changes = changes
  }

  /// The change of a name, if it does not stand for the same in both.
  func change(of name: [UInt8]) -> Change? {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].name == name { return changes[middle] }
      if changes[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// Whether entries came, went, or were replaced, as a checkout does with what is different.
  var changesEntries: Bool { changes.contains { !$0.isBelow } }

  /// Calls `body` with every path that is different, the directory's own being `path`. What nobody has compared is one
  /// path.
  func forEachPath(below path: [UInt8], _ body: ([UInt8], Bool) -> Void) {
    for change in changes {
      let name = path.isEmpty ? change.name : path + [UInt8(ascii: "/")] + change.name
      if change.isBelow, let below = change.below {
        below.forEachPath(below: name, body)
      } else {
        body(name, change.old?.kind == .directory || change.new?.kind == .directory)
      }
    }
  }
}

extension DirectoryDifference {
  /// Notes that what is new in the second directory, which has the number `inode`, came at `time` with the renewal of
  /// numbers `renewal`. Noting once more what was noted changes nothing.
  ///
  /// `local` is what lies over it: a path that is there keeps its number, which its entry carries.
  func note(
    _ time: TimeStamp, _ renewal: UInt64, in history: inout PathHistory, inode: UInt64, numbers: InodeNumbers,
    over local: DirectoryHandle? = nil
  ) {
    if changesEntries { history.set(time, ofDirectory: inode) }
    for change in changes {
      guard let new = change.new else { continue }
      // Nobody has compared it yet, and it has the number that it had.
      if change.isBelow, change.below == nil { continue }
      var over: DirectoryHandle?
      var isCovered = false
      switch local.flatMap({ try? LocalEntry(change.name, in: $0) }) {
      case nil, .whiteout: break
      case .directory(let handle, .place): (over, isCovered) = (handle, true)
      case .directory, .full, .placeholder: isCovered = true
      }
      let first = change.name.withUnsafeBytes { numbers.number(of: $0, in: inode) }
      let number = change.old == nil && !isCovered ? history.renew(first, renewal) : history.number(first)
      if new.kind == .directory {
        if !change.isBelow { history.set(time, ofDirectory: number) }
        change.below?.note(time, renewal, in: &history, inode: number, numbers: numbers, over: over)
      } else {
        history.set(time, of: number, showing: new.id)
      }
    }
  }
}
