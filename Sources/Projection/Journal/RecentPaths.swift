/// The paths that were recorded since the last token was handed out, as far as they are remembered.
///
/// Exact paths and no fingerprints: two paths that share one would hide each other's changes. Forgetting any of them is
/// always right, and costs a record.
struct RecentPaths: Sendable {
  /// How many paths are remembered, and how many bytes in them.
  private static let countLimit = 4096
  private static let byteLimit = 512 * 1024

  private struct Entry: Sendable {
    var sequence: UInt64
    var scope: ChangeJournal.Scope
  }

  private var entries: [JournalPath: Entry] = [:]
  private var byteCount = 0

  /// The number of the record that already says what `scope` at `path` would say.
  func sequence(of path: JournalPath, _ scope: ChangeJournal.Scope) -> UInt64? {
    guard let entry = entries[path], entry.scope == .subtree || scope == .entry else { return nil }
    return entry.sequence
  }

  /// Remembers a record.
  mutating func insert(_ path: JournalPath, _ scope: ChangeJournal.Scope, _ sequence: UInt64) {
    if entries.count >= Self.countLimit || byteCount + path.bytes.count > Self.byteLimit { removeAll() }
    guard path.bytes.count <= Self.byteLimit else { return }
    if entries.updateValue(Entry(sequence: sequence, scope: scope), forKey: path) == nil {
      byteCount += path.bytes.count
    }
  }

  /// Forgets all.
  mutating func removeAll() {
    guard !entries.isEmpty else { return }
    entries.removeAll(keepingCapacity: true)
    byteCount = 0
  }
}
