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
    top = old == new ? nil : try await DirectoryDifference(from: old, to: new, of: provider)
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

  /// Compares two directories; nil stands for one that is empty.
  convenience init(from old: DirectoryID?, to new: DirectoryID, of provider: any ContentProvider) async throws {
    var before = DirectoryListing()
    if let old { before = try await provider.list(old).sorted() }
    let after = try await provider.list(new).sorted()
    var changes: [Change] = []
    for (name, one, other) in Self.differences(before, after) {
      var below: DirectoryDifference?
      if let other, other.kind == .directory {
        let origin = one?.kind == .directory ? one.map { DirectoryID($0.id) } : nil
        below = try await DirectoryDifference(from: origin, to: DirectoryID(other.id), of: provider)
      }
      changes.append(Change(name: name, old: one, new: other, below: below))
    }
    self.init(listing: after, changes: changes)
  }

  private init(listing: DirectoryListing, changes: [Change]) {
    self.listing = listing
    self.changes = changes
  }

  /// Whether entries came, went, or were replaced, as a checkout does with what is different.
  var changesEntries: Bool { changes.contains { !$0.isBelow } }

  /// The names that are different in two sorted listings.
  private static func differences(
    _ old: DirectoryListing, _ new: DirectoryListing
  ) -> [(name: [UInt8], old: Entry?, new: Entry?)] {
    var result: [([UInt8], Entry?, Entry?)] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      let leftName = left < old.count ? old.withName(at: left) { Array($0) } : nil
      let rightName = right < new.count ? new.withName(at: right) { Array($0) } : nil
      switch (leftName, rightName) {
      case (let name?, let other?) where name == other:
        let (one, two) = (entry(old, left), entry(new, right))
        if one != two { result.append((name, one, two)) }
        left += 1
        right += 1
      case (let name?, let other) where other.map({ name.lexicographicallyPrecedes($0) }) ?? true:
        result.append((name, entry(old, left), nil))
        left += 1
      case (_, let name?):
        result.append((name, nil, entry(new, right)))
        right += 1
      default: return result
      }
    }
    return result
  }

  private static func entry(_ listing: DirectoryListing, _ index: Int) -> Entry {
    let kind = listing.kind(at: index)
    let id = kind == .directory ? listing.directory(at: index).bytes : listing.content(at: index).bytes
    return Entry(kind: kind, permissions: kind == .file ? listing.permissions(at: index) : 0, id: id)
  }

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
