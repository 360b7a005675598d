internal import Commands
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// What a mountpoint must be: an existing empty directory that nothing is mounted on, outside of git's own files.
enum MountpointCheck {
  /// The absolute path of a usable mountpoint.
  static func check(_ path: String, gitDirectory: String) throws(CommandFailure) -> String {
    func isGits(_ resolved: String) -> Bool { resolved == gitDirectory || resolved.hasPrefix(gitDirectory + "/") }
    let inside = CommandFailure(
      .mountpoint, "'\(path)' lies inside the repository's git directory '\(gitDirectory)'; choose another directory")
    let found: Result<String, Mountpoint.Defect> = Result { () throws(Mountpoint.Defect) in try Mountpoint.resolve(path)
    }
    switch found {
    case .success(let resolved):
      if isGits(resolved) { throw inside }
      return resolved
    case .failure(.mounted(isView: true, _)):
      throw CommandFailure(
        .mountpoint, "a view is mounted at '\(path)' already; 'projfs unmount \(path)' ends it")
    case .failure(.mounted(isView: false, let type)):
      throw CommandFailure(.mountpoint, "'\(path)' is a mountpoint already (\(type)); choose another directory")
    case .failure(.notEmpty):
      if let resolved = try? FileCalls.resolve(path), isGits(resolved) { throw inside }
      throw CommandFailure(.mountpoint, "mountpoint '\(path)' is not empty; choose an empty directory")
    case .failure(.system(let error)):
      throw failure(path, error)
    }
  }

  private static func failure(_ path: String, _ error: Errno) -> CommandFailure {
    switch error {
    case .noSuchFileOrDirectory:
      CommandFailure(.mountpoint, "mountpoint '\(path)' does not exist; make it with 'mkdir -p \(path)'")
    case .notDirectory:
      CommandFailure(.mountpoint, "mountpoint '\(path)' is not a directory")
    case .socketNotConnected:
      CommandFailure(
        .mountpoint, "a view whose server has gone is still mounted at '\(path)'; 'projfs doctor --fix' clears it")
    case .permissionDenied:
      CommandFailure(.permission, "mountpoint '\(path)' cannot be read: permission denied")
    default:
      CommandFailure(.mountpoint, "mountpoint '\(path)' cannot be used: \(error)")
    }
  }
}
