internal import GitProvider
internal import Glibc
package import Posix
internal import SystemPackage

/// A view as a linked worktree of its repository: `worktrees/NAME` in the common git directory, with HEAD, the index and
/// logs of its own, and the gitfile at the view's root that leads there.
///
/// git makes it. It stays locked as long as there is the view: between two mounts it looks to git like a worktree that
/// somebody deleted, and while mounted `git worktree remove` would remove every file in it.
package struct WorktreeRegistration: Sendable, Equatable {
  /// The git directory that all worktrees share; absolute, without symbolic links.
  package let commonDirectory: String
  /// git's name for the worktree.
  package let name: String
  /// Where the view is mounted; absolute, without symbolic links.
  package let mountpoint: String

  /// A worktree that may exist.
  package init(commonDirectory: String, name: String, mountpoint: String) {
    self.commonDirectory = commonDirectory
    self.name = name
    self.mountpoint = mountpoint
  }

  /// The worktree's own git directory.
  package var directory: String { "\(commonDirectory)/worktrees/\(name)" }

  /// What stands in the view's `.git`.
  package var gitfile: [UInt8] { Array("gitdir: \(directory)\n".utf8) }

  static let lockFile = "locked"
  static let lockReasonStart = "a projfs view"

  private var lockReason: [UInt8] {
    Array("\(Self.lockReasonStart); 'projfs remove \(mountpoint)' unmounts and removes it\n".utf8)
  }

  private var pointer: [UInt8] { Array("\(mountpoint)/.git\n".utf8) }

  // MARK: - State

  /// What is left of a worktree.
  package enum Condition: Sendable, Equatable {
    /// Everything is as it should be.
    case intact
    /// Something is wrong that `mend` puts right: what, in words.
    case damaged(String)
    /// There is nothing to keep: why, in words.
    case lost(String)
  }

  /// Looks at the worktree's directory. Changes nothing.
  package func condition() -> Condition {
    guard access(directory, F_OK) == 0 else { return .lost("'\(directory)' is gone") }
    guard let head = try? FileCalls.contents(directory + "/HEAD"), !head.isEmpty else {
      return .lost("'\(directory)/HEAD' is gone")
    }
    let pointed = Self.line(directory + "/gitdir")
    // Another worktree that points back has it now.
    if let pointed, pointed != mountpoint + "/.git", Self.line(pointed) == "gitdir: \(directory)" {
      return .lost("'\(directory)' belongs to '\(pointed)'")
    }
    if pointed != mountpoint + "/.git" { return .damaged("'\(directory)/gitdir' does not name '\(mountpoint)/.git'") }
    if Self.line(directory + "/commondir") != "../.." { return .damaged("'\(directory)/commondir' is damaged") }
    if access("\(directory)/\(Self.lockFile)", F_OK) != 0 { return .damaged("'\(directory)' is not locked") }
    return .intact
  }

  /// Writes what makes the directory this view's worktree. HEAD, index and logs stay.
  package func mend(owner: FileOwner?) throws(GitWorktreeError) {
    do throws(Errno) {
      let opened = try FileCalls.open(directory, O_RDONLY | O_DIRECTORY)
      // The lock first: from here on git leaves it alone.
      for (name, bytes) in [(Self.lockFile, lockReason), ("commondir", Array("../..\n".utf8)), ("gitdir", pointer)]
      where (try? FileCalls.contents(at: opened.rawValue, name)) != bytes {
        try FileCalls.replace(at: opened.rawValue, name, with: bytes, owner: owner, isLasting: false)
      }
    } catch {
      throw .system(error, path: directory)
    }
  }

  /// The worktree that a mount of the same view made and could not note any more.
  package static func unnoted(in commonDirectory: String, mountpoint: String) -> WorktreeRegistration? {
    for name in (try? FileCalls.names(commonDirectory + "/worktrees")) ?? [] {
      let found = WorktreeRegistration(commonDirectory: commonDirectory, name: name, mountpoint: mountpoint)
      guard line(found.directory + "/gitdir") == mountpoint + "/.git",
        line("\(found.directory)/\(lockFile)")?.hasPrefix(lockReasonStart) == true
      else { continue }
      return found
    }
    return nil
  }

  /// A file of one line, without its line feed; nil where there is none.
  static func line(_ path: String) -> String? {
    guard let bytes = try? FileCalls.contents(path) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
