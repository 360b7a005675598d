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

  /// Points HEAD from one revision to another. False where git has to do it, and nothing has happened.
  ///
  /// `identity` is who does it and when, as the log has it.
  func move(to new: GitRevision, from old: GitRevision, note: String, identity: String) -> Bool {
    guard (try? FileCalls.contents(path)) == Self.contents(old), !note.contains("\n"),
      let status = try? FileCalls.status(path), status.st_mode & S_IFMT == S_IFREG
    else { return false }
    let lock = path + ".lock"
    guard let file = try? FileCalls.open(lock, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600) else {
      return false
    }
    do throws(Errno) {
      // As the old one, which a shared repository may have made readable for others.
      try FileCalls.retrying { fchmod(file.rawValue, status.st_mode & 0o777) }
      try FileCalls.writeAll(file.rawValue, Self.contents(new))
      // Where there is no log, git knows whether there has to be one.
      let log = try FileCalls.open(logPath, O_WRONLY | O_APPEND | O_NOFOLLOW)
      try FileCalls.writeAll(log.rawValue, Array("\(old.id) \(new.id) \(identity)\t\(note)\n".utf8))
      try FileCalls.retrying { rename(lock, path) }
      return true
    } catch {
      try? FileCalls.remove(lock)
      return false
    }
  }

  private static func contents(_ revision: GitRevision) -> [UInt8] {
    Array("\(revision.reference.map { "ref: \($0)" } ?? revision.id)\n".utf8)
  }
}
