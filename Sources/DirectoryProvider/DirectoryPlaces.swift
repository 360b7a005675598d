internal import Glibc
internal import Posix
internal import Synchronization

/// Where directories with long paths are, by inode number: what was seen last, and never more than `limit` of them.
/// Whoever uses a place checks it.
final class DirectoryPlaces: Sendable {
  /// From how many bytes on a path, with a name behind it, may not fit into an ID.
  static let shortest = 24

  private static let limit = 16_384
  private let paths = Mutex<[UInt64: [UInt8]]>([:])

  /// The place of a directory.
  subscript(inode: UInt64) -> [UInt8]? { paths.withLock { $0[inode] } }

  /// Notes a place.
  func note(_ inode: UInt64, at path: [UInt8]) {
    paths.withLock { paths in
      if paths.count >= Self.limit { paths.removeAll(keepingCapacity: true) }
      paths[inode] = path
    }
  }

  /// Forgets everything.
  func removeAll() { paths.withLock { $0.removeAll() } }
}

/// Looks for a directory by its inode number, for as long as a walk through the tree takes.
struct DirectorySearch {
  let root: Source.Root
  let places: DirectoryPlaces

  /// The path of a directory beneath `top`, or `top` itself; nil where there is none, or none that may be read.
  func find(_ inode: UInt64, beneath top: [UInt8]) -> [UInt8]? {
    var waiting = [top]
    while let path = waiting.popLast() {
      guard let directory = try? root.open(path, O_RDONLY | O_DIRECTORY),
        let status = try? FileCalls.status(directory.rawValue)
      else { continue }
      // Searches for its neighbours will come.
      if path.count >= DirectoryPlaces.shortest { places.note(UInt64(status.st_ino), at: path) }
      if UInt64(status.st_ino) == inode { return path }
      for entry in (try? EntryCalls.entries(of: directory.rawValue)) ?? []
      where entry.fileType == S_IFDIR || entry.fileType == 0 {
        waiting.append(SourcePath.join(path, entry.name))
      }
    }
    return nil
  }
}
