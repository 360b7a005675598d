import Glibc
import Posix

/// What a directory tree shows with its times to the nanosecond: nothing of it may change where nobody changes anything.
struct TimedSnapshot: Equatable {
  /// One entry.
  struct Entry: Equatable {
    var mode: UInt32
    var owner: [UInt32]
    var size: Int64
    var links: UInt64
    var modified: [Int]
    /// 0 where numbers are not compared.
    var inode: UInt64
    /// The bytes of a file, or the target of a symbolic link.
    var contents: [UInt8]
    var attributes: [[UInt8]]
  }

  private(set) var entries: [String: Entry] = [:]

  /// Reads everything below `root`, and the root, except for a `.git` at its top.
  init(of root: String, inodes: Bool = false) throws {
    let directory = try FileCalls.open(root, O_RDONLY | O_DIRECTORY)
    entries[""] = try Self.entry(try FileCalls.status(directory.rawValue), directory.rawValue, "", inodes)
    try addEntries(of: directory.rawValue, "", inodes)
  }

  private mutating func addEntries(of directory: CInt, _ path: String, _ inodes: Bool) throws {
    for name in try FileCalls.names(at: directory, ".") where !(path.isEmpty && name == ".git") {
      let status = try FileCalls.status(at: directory, name)
      entries["\(path)/\(name)"] = try Self.entry(status, directory, name, inodes)
      guard status.st_mode & S_IFMT == S_IFDIR else { continue }
      let below = try FileCalls.open(at: directory, name, O_RDONLY | O_DIRECTORY)
      try addEntries(of: below.rawValue, "\(path)/\(name)", inodes)
    }
  }

  private static func entry(_ status: stat, _ directory: CInt, _ name: String, _ inodes: Bool) throws -> Entry {
    var entry = Entry(
      mode: status.st_mode, owner: [status.st_uid, status.st_gid], size: Int64(status.st_size),
      links: UInt64(status.st_nlink), modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec],
      inode: inodes ? UInt64(status.st_ino) : 0, contents: [],
      attributes: try ExtendedAttributes.names(at: directory, Array(name.utf8)))
    entry.attributes.sort { $0.lexicographicallyPrecedes($1) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      // Its file system's affair.
      (entry.size, entry.links) = (0, 0)
    case S_IFLNK: entry.contents = Array(try FileCalls.linkTarget(at: directory, name).utf8)
    default: entry.contents = try FileCalls.contents(at: directory, name)
    }
    return entry
  }

  /// The paths that differ, and how but for their contents, for a message that can be read.
  func differences(from other: TimedSnapshot) -> [String] {
    let paths = Set(entries.keys).union(other.entries.keys).filter { entries[$0] != other.entries[$0] }.sorted()
    return paths.map { "\($0): \(Self.words(entries[$0])), was \(Self.words(other.entries[$0]))" }
  }

  private static func words(_ entry: Entry?) -> String {
    guard let entry else { return "nothing" }
    return
      "\(String(entry.mode, radix: 8)) \(entry.owner) \(entry.size) \(entry.links) \(entry.modified) \(entry.inode) "
      + "\(entry.attributes.count)"
  }
}
