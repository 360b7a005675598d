internal import Glibc
package import SystemPackage

/// Notices names that come, go, or are replaced in directories.
package final class DirectoryWatch: Sendable {
  private let queue: Inotify

  /// Watches nothing yet.
  package init() throws(Errno) {
    queue = try Inotify()
  }

  /// Watches a directory as well.
  package func add(_ path: String) throws(Errno) {
    try queue.add(path, UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_TO) | UInt32(IN_CLOSE_WRITE))
  }

  /// The names that something happened to; waits up to `milliseconds` for the first (nil: as long as it takes). Empty
  /// where nothing happened.
  package func names(within milliseconds: CInt?) throws(Errno) -> [[UInt8]] {
    try queue.events(within: milliseconds).map(\.name)
  }
}
