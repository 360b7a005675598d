import Glibc
import Posix

/// What a directory tree shows: the comparable form of "identical".
struct TreeSnapshot: Equatable {
  /// One entry.
  struct Entry: Equatable {
    var mode: UInt32
    var size: Int64
    /// The bytes of a file, or the target of a symbolic link.
    var contents: [UInt8]
  }

  private(set) var entries: [String: Entry] = [:]

  /// Reads everything below `root`, except for a `.git` at its top.
  init(of root: String) throws {
    try add(root, "")
    entries[".git"] = nil
  }

  private mutating func add(_ root: String, _ directory: String) throws {
    for name in try FileCalls.names(root + directory) {
      let path = "\(directory)/\(name)"
      if path == "/.git" { continue }
      let status = try FileCalls.status(root + path)
      var entry = Entry(mode: status.st_mode, size: Int64(status.st_size), contents: [])
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        // A directory's size is its file system's affair.
        entry.size = 0
        try add(root, path)
      case S_IFLNK: entry.contents = Array(try FileCalls.linkTarget(root + path).utf8)
      default: entry.contents = try FileCalls.contents(root + path)
      }
      entries[path] = entry
    }
  }

  /// The paths that differ, for a message that can be read.
  func differences(from other: TreeSnapshot) -> [String] {
    Set(entries.keys).union(other.entries.keys).filter { entries[$0] != other.entries[$0] }.sorted()
  }
}
