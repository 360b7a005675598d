internal import Synchronization

/// What a version of git does with what an fsmonitor hook tells it.
package struct GitVersion: Sendable, Comparable {
  private let major: Int
  private let minor: Int

  /// A version such as 2.39.
  init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads what `git version` prints; nil for anything else.
  init?(_ text: String) {
    guard let number = text.split(separator: " ").dropFirst(2).first else { return nil }
    let parts = number.split(separator: ".").map { Int($0) }
    guard parts.count >= 2, let major = parts[0], let minor = parts[1] else { return nil }
    self.init(major, minor)
  }

  package static func < (left: GitVersion, right: GitVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }

  /// Whether this version takes a file that the hook calls unchanged for removed, now and then: `check_removed` in
  /// diff-lib.c looks at a status that it did not ask for, from 2.32 until 2.43.
  var misreadsUnchanged: Bool { GitVersion(2, 32) <= self && self < GitVersion(2, 43) }

  /// The commands that come to that point without having looked at every file before. To them nothing is called unchanged.
  private static let misreading: Set<String> = [
    "diff", "diff-files", "diff-index", "difftool", "add", "stage", "commit-all", "-",
  ]

  /// Whether `command` has to look at the files for itself, as the git that is in PATH is.
  package static func misreadsUnchanged(_ command: String, in commonDirectory: String) -> Bool {
    guard misreading.contains(command) else { return false }
    if let known = answer.withLock({ $0 }) { return known }
    let printed = try? GitProgram(commonDirectory: commonDirectory).run(["version"])
    let misreads = printed.flatMap { GitVersion($0) }?.misreadsUnchanged ?? true
    answer.withLock { $0 = misreads }
    return misreads
  }

  // A leaf lock. The git in PATH is asked once.
  private static let answer = Mutex<Bool?>(nil)
}
