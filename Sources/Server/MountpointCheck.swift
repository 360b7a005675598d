internal import Commands
internal import Control
internal import GitProvider
internal import Glibc
internal import Posix
internal import SystemPackage

/// What a mountpoint must be: an existing empty directory that nothing is mounted on, outside of what the source is.
enum MountpointCheck {
  /// The absolute path of a usable mountpoint.
  static func check(_ path: String, of source: ViewSource) throws(CommandFailure) -> String {
    func refuse(_ resolved: String) throws(CommandFailure) {
      guard let objection = objection(to: resolved, of: source) else { return }
      throw CommandFailure(.mountpoint, "'\(path)' \(objection); choose another directory")
    }
    let found: Result<String, Mountpoint.Defect> = Result { () throws(Mountpoint.Defect) in try Mountpoint.resolve(path)
    }
    switch found {
    case .success(let resolved):
      try refuse(resolved)
      return resolved
    case .failure(.mounted(isView: true, _)):
      throw CommandFailure(
        .mountpoint, "a view is mounted at '\(path)' already; 'projfs unmount \(path)' ends it")
    case .failure(.mounted(isView: false, let type)):
      throw CommandFailure(.mountpoint, "'\(path)' is a mountpoint already (\(type)); choose another directory")
    case .failure(.notEmpty):
      if let resolved = try? FileCalls.resolve(path) { try refuse(resolved) }
      throw CommandFailure(.mountpoint, "mountpoint '\(path)' is not empty; choose an empty directory")
    case .failure(.system(let error)):
      throw failure(path, error)
    }
  }

  /// Checks that what a view keeps does not lie inside of its source: each write would change that.
  static func check(kept paths: [String], of source: ViewSource) throws(CommandFailure) {
    guard case .tree(let tree) = source else { return }
    for path in paths {
      if let objection = tree.objection(ViewLocator.absolute(path)) {
        throw CommandFailure(
          .mountpoint, "the view's state in '\(path)' \(objection); name another --state and XDG_STATE_HOME")
      }
    }
  }

  private static func objection(to path: String, of source: ViewSource) -> String? {
    switch source {
    case .git(let git):
      let directory = git.repository.commonDirectory
      let isInside = path == directory || path.hasPrefix(directory + "/")
      return isInside ? "lies inside the repository's git directory '\(directory)'" : nil
    case .tree(let tree): return tree.objection(path)
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
