package import Provider

/// What two trees of the provider's have different. Takes as long as there are different directories.
package struct TreeDifference: Sendable {
  /// The tree that is shown.
  package let old: DirectoryID
  /// The other one.
  package let new: DirectoryID
  /// The difference of their tops; nil where the trees are the same.
  let top: DirectoryDifference?

  /// Compares two trees of `provider`.
  package init(from old: DirectoryID, to new: DirectoryID, of provider: any ContentProvider) async throws {
    self.old = old
    self.new = new
    top = old == new ? nil : try await DirectoryDifference.between(old, and: new, of: provider)
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
  }

  /// A name that does not stand for the same in both.
  struct Change: Sendable {
    let name: [UInt8]
    /// nil: the first directory does not have the name.
    let old: Entry?
    /// nil: the second one does not have it.
    let new: Entry?
    /// What is different below: where both have a directory, and where the second one alone has one.
    let below: DirectoryDifference?

    /// Whether both have a directory.
    var isBelow: Bool { old?.kind == .directory && new?.kind == .directory }
  }

  /// What the second directory has.
  let listing: DirectoryListing
  /// By the bytes of the names.
  let changes: [Change]

  /// Compares two directories.
  static func between(
    _ old: DirectoryID, and new: DirectoryID, of provider: any ContentProvider
  ) async throws -> DirectoryDifference {
    var levels = [try await Comparison.level([(old, new)], of: provider)]
    while let pairs = levels.last?.flatMap(\.below), !pairs.isEmpty {
      levels.append(try await Comparison.level(pairs, of: provider))
    }
    // What is below is there before what is above.
    var below: [DirectoryDifference] = []
    for level in levels.reversed() {
      var rest = below[...]
      below = level.map { compared in
        let changes = compared.changes.map { change in
          Change(
            name: change.name, old: change.old, new: change.new,
            below: change.new?.kind == .directory ? rest.popFirst() : nil)
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
    let changes: [(name: [UInt8], old: Entry?, new: Entry?)]

    /// The directories of the second one that are not the first one's.
    var below: [(old: DirectoryID?, new: DirectoryID)] {
      changes.compactMap { change in
        guard let new = change.new, new.kind == .directory else { return nil }
        return (change.old?.kind == .directory ? change.old.map { DirectoryID($0.id) } : nil, DirectoryID(new.id))
      }
    }

    /// So few pairs are not worth a task of their own.
    private static var fewest: Int { 32 }

    /// Compares pairs, in their order; two threads share what is much.
    static func level(
      _ pairs: [(old: DirectoryID?, new: DirectoryID)], of provider: any ContentProvider
    ) async throws -> [Comparison] {
      guard pairs.count >= 2 * fewest else { return try await compare(pairs[...], of: provider) }
      let middle = pairs.count / 2
      async let second = compare(pairs[middle...], of: provider)
      let first = try await compare(pairs[..<middle], of: provider)
      return try await first + second
    }

    private static func compare(
      _ pairs: ArraySlice<(old: DirectoryID?, new: DirectoryID)>, of provider: any ContentProvider
    ) async throws -> [Comparison] {
      var result: [Comparison] = []
      result.reserveCapacity(pairs.count)
      for (old, new) in pairs {
        var before = DirectoryListing()
        if let old { before = try await provider.list(old).sorted() }
        let after = try await provider.list(new).sorted()
        var changes: [([UInt8], Entry?, Entry?)] = []
        DirectoryListing.forEachDifference(from: before, to: after) { left, right in
          let name = left.map { before.name(at: $0) } ?? right.map { after.name(at: $0) } ?? []
          changes.append((name, left.map { entry(before, $0) }, right.map { entry(after, $0) }))
        }
        result.append(Comparison(listing: after, changes: changes))
      }
      return result
    }

    private static func entry(_ listing: DirectoryListing, _ index: Int) -> Entry {
      let kind = listing.kind(at: index)
      let id = kind == .directory ? listing.directory(at: index).bytes : listing.content(at: index).bytes
      return Entry(kind: kind, permissions: kind == .file ? listing.permissions(at: index) : 0, id: id)
    }
  }

  private init(listing: DirectoryListing, changes: [Change]) {
    self.listing = listing
    self.changes = changes
  }

  /// Whether entries came, went, or were replaced, as a checkout does with what is different.
  var changesEntries: Bool { changes.contains { !$0.isBelow } }

  fileprivate func forEachPath(below path: [UInt8], _ body: ([UInt8], Bool) -> Void) {
    for change in changes {
      let name = path.isEmpty ? change.name : path + [UInt8(ascii: "/")] + change.name
      if change.isBelow {
        change.below?.forEachPath(below: name, body)
      } else {
        body(name, change.old?.kind == .directory || change.new?.kind == .directory)
      }
    }
  }
}

extension DirectoryDifference {
  /// Notes that what is new in the second directory, which has the number `inode`, came at `time`.
  func note(_ time: TimeStamp, in history: inout PathHistory, inode: UInt64, numbers: InodeNumbers) {
    if changesEntries { history.set(time, ofDirectory: inode) }
    for change in changes {
      guard let new = change.new else { continue }
      let first = change.name.withUnsafeBytes { numbers.number(of: $0, in: inode) }
      let number = change.old == nil ? history.renew(first) : history.number(first)
      if let below = change.below {
        if !change.isBelow { history.set(time, ofDirectory: number) }
        below.note(time, in: &history, inode: number, numbers: numbers)
      } else {
        history.set(time, of: number, showing: new.id)
      }
    }
  }
}
