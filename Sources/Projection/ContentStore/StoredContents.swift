internal import Glibc
internal import Posix
package import Provider
package import SystemPackage

/// A content as it lies in the store.
package struct StoredContent: Sendable, Hashable {
  /// Which one.
  package let content: ContentID
  /// The bytes of the file; of one that is here in part, what it takes on the disk.
  package let size: Int64
  /// When somebody used it last, as far as it was noted.
  package let lastUse: TimeStamp
  /// Whether only pieces of it are here, put away.
  package let isPart: Bool
}

/// What is in the store, how long nobody has used it, and how it goes.
///
/// When a content was used last is its file's time of access. Three write it: the making of the file, the kernel when it
/// reads the file for itself (as the mount's `relatime` has it, at no cost), and a server when somebody opens it, at most
/// once a minute. So reading costs nothing, and an open two microseconds a minute.
extension ContentStore {
  /// What became of a content that was to go.
  package enum Drop: Sendable, Hashable {
    /// It is gone; it had so many bytes.
    case dropped(Int64)
    /// It stays: somebody has it open.
    case inUse
    /// It was not there.
    case absent
  }

  /// For how many seconds a noted use stands for further ones.
  static let usePrecision: Int64 = 60

  /// Everything that is stored, in no order.
  package func survey() throws(Errno) -> [StoredContent] {
    var found: [StoredContent] = []
    for prefix in try FileCalls.names(at: directory.rawValue, ".")
    where prefix.utf8.count == 2 || prefix == Self.partsName {
      let isPart = prefix == Self.partsName
      let lower = try FileCalls.open(at: directory.rawValue, prefix, O_RDONLY | O_DIRECTORY)
      for entry in try EntryCalls.entries(of: lower.rawValue) {
        // Gone meanwhile, or not ours: not a content.
        guard let content = Self.content(named: isPart ? "" : prefix, entry.name),
          let status = try? EntryCalls.status(at: lower.rawValue, entry.name)
        else { continue }
        found.append(StoredContent(content, status, isPart: isPart))
      }
    }
    return found
  }

  /// The contents that are stored whole.
  func names() throws(Errno) -> Set<ContentID> {
    var names: Set<ContentID> = []
    for prefix in try FileCalls.names(at: directory.rawValue, ".") where prefix.utf8.count == 2 {
      let lower = try FileCalls.open(at: directory.rawValue, prefix, O_RDONLY | O_DIRECTORY)
      for entry in try EntryCalls.entries(of: lower.rawValue) {
        if let content = Self.content(named: prefix, entry.name) { names.insert(content) }
      }
    }
    return names
  }

  /// Every content that is stored whole, with its size in bytes, in no order.
  package func contents() throws(Errno) -> [(content: ContentID, size: Int64)] {
    try survey().filter { !$0.isPart }.map { ($0.content, $0.size) }
  }

  /// A content, if it is stored whole.
  package func find(_ content: ContentID) -> StoredContent? {
    (try? FileCalls.status(at: directory.rawValue, Self.name(of: content))).map {
      StoredContent(content, $0, isPart: false)
    }
  }

  /// Changes whenever a content comes or goes; far cheaper than `survey`.
  func stamp() throws(Errno) -> Int {
    var hasher = Hasher()
    for prefix in try FileCalls.names(at: directory.rawValue, ".").sorted() {
      guard let status = try? FileCalls.status(at: directory.rawValue, prefix) else { continue }
      hasher.combine(prefix)
      hasher.combine(TimeStamp(status.st_mtim))
    }
    return hasher.finalize()
  }

  /// Drops a content unless somebody has it open: a process, or the kernel for any view. Who opens it meanwhile gets all of
  /// it, or finds that it is not there.
  package func dropUnused(_ content: ContentID) throws(Errno) -> Drop {
    let name = Self.name(of: content)
    do throws(Errno) {
      // Without O_NONBLOCK, who is about to drop it too would be waited for.
      let file = try FileCalls.open(at: directory.rawValue, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      guard FileCalls.claim(file.rawValue) else { return .inUse }
      let size = try FileCalls.status(file.rawValue).st_size
      try FileCalls.remove(at: directory.rawValue, name)
      try file.close()
      return .dropped(Int64(size))
    } catch .noSuchFileOrDirectory {
      return .absent
    } catch .wouldBlock {
      return .inUse
    }
  }

  /// Notes that a content is used, unless that was noted a moment ago.
  func noteUse(of stored: borrowing Stored) {
    // What is not noted makes it go a little earlier.
    if TimeStamp.now.seconds - stored.lastUse.seconds >= Self.usePrecision {
      try? FileCalls.noteAccess(stored.file.rawValue)
    }
  }

  /// Notes that a content is used.
  func noteUse(of content: ContentID) {
    try? FileCalls.noteAccess(at: directory.rawValue, Self.name(of: content))
  }

  /// The content whose file has this name, in a directory with that one; nil where it is no content's.
  private static func content(named prefix: String, _ rest: [UInt8]) -> ContentID? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((prefix.utf8.count + rest.count) / 2)
    var high: UInt8?
    for byte in [Array(prefix.utf8), rest].joined() where byte != UInt8(ascii: "-") {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return high == nil ? ContentID(bytes) : nil
  }
}

extension StoredContent {
  fileprivate init(_ content: ContentID, _ status: stat, isPart: Bool) {
    self.content = content
    size = isPart ? Int64(status.st_blocks) * 512 : Int64(status.st_size)
    // Where the mount says noatime, and nobody has noted a use, what counts is when it was written.
    lastUse = max(TimeStamp(status.st_atim), TimeStamp(status.st_mtim))
    self.isPart = isPart
  }
}
