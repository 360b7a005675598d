/// In which directories contents were fetched, by their paths at that time. Not synchronised.
///
/// At most `limit` directories, with paths of at most `pathLimit` bytes: where there are more, those with the fewest bytes
/// are added to the directories that they lie in. So what is counted always adds up.
struct DirectoryTable: Sendable {
  static let limit = 1024
  static let pathLimit = 4096

  private(set) var usages: [[UInt8]: ProcessTable.Usage] = [:]

  /// Counts a file's content; nil for one whose path is not known, which counts for the root.
  mutating func count(_ usage: ProcessTable.Usage, ofFile path: [UInt8]?) {
    var directory = Self.parent(of: path ?? [])
    while directory.count > Self.pathLimit { directory = Self.parent(of: directory) }
    usages[Array(directory), default: ProcessTable.Usage()] += usage
    if usages.count > Self.limit { shrink() }
  }

  /// Makes room for a quarter, so that it need not be done often.
  private mutating func shrink() {
    let wanted = Self.limit * 3 / 4
    while usages.count > wanted {
      // The deepest of them first, so that what is added to a directory is moved on with it.
      let smallest = usages.filter { !$0.key.isEmpty }.sorted { $0.value.bytes < $1.value.bytes }
        .prefix(usages.count - wanted).sorted { $0.key.count > $1.key.count }
      if smallest.isEmpty { return }
      for (path, _) in smallest {
        guard let usage = usages.removeValue(forKey: path) else { continue }
        usages[Array(Self.parent(of: path[...])), default: ProcessTable.Usage()] += usage
      }
    }
  }

  private static func parent(of path: some Collection<UInt8>) -> ArraySlice<UInt8> {
    let path = Array(path)
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [] }
    return path[..<slash]
  }
}
