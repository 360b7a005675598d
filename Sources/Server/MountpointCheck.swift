internal import Commands
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// What a mountpoint must be: an existing empty directory that nothing is mounted on, outside of git's own files.
enum MountpointCheck {
  /// The absolute path of a usable mountpoint.
  static func check(_ path: String, gitDirectory: String) throws(CommandFailure) -> String {
    let resolved: String
    let names: [String]
    do throws(Errno) {
      resolved = try FileCalls.resolve(path)
      names = try FileCalls.names(resolved)
    } catch {
      throw failure(path, error)
    }
    if let mount = MountTable.entries().last(where: { $0.mountpoint == resolved }) {
      throw CommandFailure(
        .mountpoint,
        mount.isView
          ? "a view is mounted at '\(path)' already; 'projfs unmount \(path)' ends it"
          : "'\(path)' is a mountpoint already (\(mount.type)); choose another directory")
    }
    if resolved == gitDirectory || resolved.hasPrefix(gitDirectory + "/") {
      throw CommandFailure(
        .mountpoint, "'\(path)' lies inside the repository's git directory '\(gitDirectory)'; choose another directory")
    }
    guard names.isEmpty else {
      throw CommandFailure(.mountpoint, "mountpoint '\(path)' is not empty; choose an empty directory")
    }
    return resolved
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
