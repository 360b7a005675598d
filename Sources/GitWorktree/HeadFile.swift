internal import GitProvider
internal import Glibc
internal import Posix
internal import SystemPackage

/// HEAD of a worktree, where git keeps references in files: moved as git moves it, for the time that a process takes.
///
/// The format is that of gitrepository-layout(5) and of the files of references; what looks different is left to git.
struct HeadFile {
  /// The worktree's git directory.
  let directory: String

  private var path: String { directory + "/HEAD" }
  private var logPath: String { directory + "/logs/HEAD" }
  private var lockPath: String { path + ".lock" }
  /// Another name of the lock, by which a later server sees that it was ours.
  private var draftPath: String { directory + "/projfs-HEAD.lock" }

  /// Points HEAD from one revision to another. False where git has to do it, and nothing has happened.
  ///
  /// `identity` is who does it and when, as the log has it.
  func move(to new: GitRevision, from old: GitRevision, note: String, identity: String) -> Bool {
    guard (try? FileCalls.contents(path)) == Self.contents(old), !note.contains("\n"),
      let status = try? FileCalls.status(path), status.st_mode & S_IFMT == S_IFREG
    else { return false }
    var isLocked = false
    defer { try? FileCalls.remove(draftPath) }
    do throws(Errno) {
      let file = try FileCalls.open(draftPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
      // As the old one, which a shared repository may have made readable for others.
      try FileCalls.retrying { fchmod(file.rawValue, status.st_mode & 0o777) }
      try FileCalls.writeAll(file.rawValue, Self.contents(new))
      try FileCalls.retrying { link(draftPath, lockPath) }
      isLocked = true
      // Where there is no log, git knows whether there has to be one.
      let log = try FileCalls.open(logPath, O_WRONLY | O_APPEND | O_NOFOLLOW)
      try FileCalls.writeAll(log.rawValue, Array("\(old.id) \(new.id) \(identity)\t\(note)\n".utf8))
      try FileCalls.retrying { rename(lockPath, path) }
      return true
    } catch {
      if isLocked { try? FileCalls.remove(lockPath) }
      return false
    }
  }

  /// Takes away a lock that a server has left which was killed, and no lock of git's.
  func removeLeftLock() {
    guard let draft = try? FileCalls.status(draftPath) else { return }
    if let lock = try? FileCalls.status(lockPath), lock.st_ino == draft.st_ino, lock.st_dev == draft.st_dev {
      try? FileCalls.remove(lockPath)
    }
    try? FileCalls.remove(draftPath)
  }

  /// Has what HEAD is on the disk, where it is a file that `move` may have written.
  func sync() throws(Errno) {
    guard try FileCalls.status(path).st_mode & S_IFMT == S_IFREG else { return }
    let file = try FileCalls.open(path, O_RDONLY | O_NOFOLLOW)
    try FileCalls.sync(file.rawValue)
  }

  private static func contents(_ revision: GitRevision) -> [UInt8] {
    Array("\(revision.reference.map { "ref: \($0)" } ?? revision.id)\n".utf8)
  }
}
