internal import Glibc
internal import Posix
internal import SystemPackage

/// What a worktree shows on disk: names, kinds, permission bits, contents and link targets. No times, and nothing that
/// is called `.git`.
struct TreeRecord: Equatable {
  /// One entry.
  struct Entry: Equatable {
    /// Kind and permission bits.
    var mode: UInt32
    /// The bytes of a file, or the target of a link.
    var contents: [UInt8]

    var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    var isLink: Bool { mode & S_IFMT == S_IFLNK }
    var isFile: Bool { mode & S_IFMT == S_IFREG }
  }

  private(set) var entries: [String: Entry] = [:]

  /// Nothing.
  init() {}

  /// Reads everything below `root`.
  init(of root: String) throws(Errno) {
    let directory = try FileCalls.open(root, O_RDONLY | O_DIRECTORY)
    try add(directory.rawValue, "")
  }

  private mutating func add(_ directory: CInt, _ prefix: String) throws(Errno) {
    for listed in try EntryCalls.entries(of: directory) {
      let name = String(decoding: listed.name, as: UTF8.self)
      if name == ".git" { continue }
      let entry = try Self.entry(at: directory, listed.name)
      entries[prefix + name] = entry
      if entry.isDirectory {
        let inner = try EntryCalls.open(at: directory, listed.name, O_RDONLY | O_DIRECTORY)
        try add(inner.rawValue, "\(prefix)\(name)/")
      }
    }
  }

  /// One entry alone; nil where there is none. No link is followed on the way to it.
  static func entry(of root: String, _ path: String) throws(Errno) -> Entry? {
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { path[..<$0] } ?? "."
    let name = path[(slash.map(path.index(after:)) ?? path.startIndex)...]
    do {
      let top = try FileCalls.open(root, O_RDONLY | O_DIRECTORY)
      let directory = try FileCalls.open(beneath: top.rawValue, String(parent), O_RDONLY | O_DIRECTORY)
      return try entry(at: directory.rawValue, Array(name.utf8))
    } catch .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels {
      return nil
    }
  }

  private static func entry(at directory: CInt, _ name: [UInt8]) throws(Errno) -> Entry {
    let status = try EntryCalls.status(at: directory, name)
    var entry = Entry(mode: status.st_mode, contents: [])
    if entry.isLink {
      entry.contents = try EntryCalls.linkTarget(at: directory, name)
    } else if entry.isFile {
      let file = try EntryCalls.open(at: directory, name, O_RDONLY)
      // One byte more than there should be: a file that is longer than it says is wrong, too.
      entry.contents = try FileCalls.read(file.rawValue, at: 0, count: Int(status.st_size) + 1)
      if entry.contents.count != Int(status.st_size) { entry.contents += Array(" (size: \(status.st_size))".utf8) }
    }
    return entry
  }

  /// The paths that are not the same in another tree.
  func differences(from other: TreeRecord) -> [String] {
    var paths: [String] = []
    for (path, entry) in entries where other.entries[path] != entry { paths.append(path) }
    for path in other.entries.keys where entries[path] == nil { paths.append(path) }
    return paths.sorted()
  }

  /// An entry for people.
  static func describe(_ entry: Entry?) -> String {
    guard let entry else { return "nothing" }
    let text = String(decoding: entry.contents.prefix(300), as: UTF8.self).debugDescription
    return "\(String(entry.mode, radix: 8)) \(entry.contents.count) bytes \(text)"
  }
}
