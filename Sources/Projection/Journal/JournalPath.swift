/// A path from the root of a view, as raw bytes, without a slash at either end. The root is the empty one.
///
/// Hashes all bytes in one step; an array hashes them one by one.
struct JournalPath: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// Whether this is what `scope` at `path` names.
  func isCovered(by path: JournalPath, _ scope: ChangeJournal.Scope) -> Bool {
    guard bytes.count != path.bytes.count else { return bytes == path.bytes }
    guard scope == .subtree, bytes.count > path.bytes.count else { return false }
    if path.bytes.isEmpty { return true }
    return bytes[path.bytes.count] == UInt8(ascii: "/") && bytes.starts(with: path.bytes)
  }

  /// Where this lies when `old`, which covers it, has become `new`.
  func moved(from old: JournalPath, to new: JournalPath) -> JournalPath {
    JournalPath(new.bytes + bytes.dropFirst(old.bytes.count))
  }

  /// The nearest directory above whose path has at most `limit` bytes.
  func ancestor(within limit: Int) -> JournalPath {
    let slash = bytes.prefix(limit + 1).lastIndex(of: UInt8(ascii: "/"))
    return JournalPath(Array(bytes[..<(slash ?? 0)]))
  }
}
