internal import Posix
package import SystemPackage

/// Notices when git has moved HEAD of a worktree, or written its index, and is done.
package struct HeadWatch: Sendable {
  private let watch: DirectoryWatch

  /// What is replaced or written whenever something that concerns a view has happened; `HEAD` is in `logs`, too.
  private static let names: Set<[UInt8]> = [Array("HEAD".utf8), Array("index".utf8)]

  /// Watches a worktree's directory and its log.
  package init(_ registration: WorktreeRegistration) throws(Errno) {
    watch = try DirectoryWatch()
    try watch.add(registration.directory)
    // Without a log, what is noticed by it is noticed with the next index.
    try? watch.add(registration.directory + "/logs")
  }

  /// Waits up to `milliseconds` (nil: as long as it takes) for something to happen. Returns whether it did.
  ///
  /// What else happens there, such as a lock that goes, shortens no wait.
  package func wait(_ milliseconds: CInt?) throws(Errno) -> Bool {
    let end = milliseconds.map { ContinuousClock.now + .milliseconds(Int($0)) }
    while true {
      let left = end.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
      let names = try watch.names(within: left.map { CInt(($0 / .milliseconds(1)).rounded(.up)) })
      if names.contains(where: { Self.names.contains($0) }) { return true }
      if left == .zero { return false }
    }
  }
}
