import Glibc
import Posix
import Projection

/// What is seen of one path, as far as two file systems can agree on it.
struct TreeEntry: Equatable, CustomStringConvertible {
  var kind: FileKind
  var permissions: UInt16
  var owner: FileOwner
  /// Bytes; 0 for directories, whose size is the disk's affair.
  var size: Int64
  /// How many names; 0 for directories, which count differently.
  var links: UInt32
  /// nil where it is the time at which it was done.
  var modified: TimeStamp?
  /// The bytes of a file or the target of a link.
  var content: String
  var attributes: [String: String]

  /// Later than any time that a test sets.
  private static let recent = TimeStamp(seconds: 1_750_000_000)

  init(_ shown: NodeAttributes, content: String, attributes: [String: String]) {
    kind = shown.kind
    permissions = shown.permissions
    owner = shown.owner
    size = shown.kind == .directory ? 0 : shown.size
    links = shown.kind == .directory ? 0 : shown.links
    modified = shown.modified > Self.recent ? nil : shown.modified
    self.content = content
    self.attributes = attributes
  }

  var description: String {
    let time = modified.map { "\($0.seconds).\($0.nanoseconds)" } ?? "now"
    return "\(kind) \(String(permissions, radix: 8)) \(owner.user):\(owner.group) \(size) bytes, \(links) names, "
      + "\(time), '\(content)' \(attributes)"
  }
}

/// A whole tree by its paths, and the numbers of its inodes.
struct TreeSnapshot {
  var entries: [String: TreeEntry] = [:]
  var inodes: [String: UInt64] = [:]

  /// What is different, one line each.
  func differences(from other: TreeSnapshot) -> [String] {
    Set(entries.keys).union(other.entries.keys).sorted().compactMap { path in
      let (one, two) = (entries[path], other.entries[path])
      if one == two { return nil }
      return "\(path): \(one.map { "\($0)" } ?? "nothing") instead of \(two.map { "\($0)" } ?? "nothing")"
    }
  }
}
