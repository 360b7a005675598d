internal import Posix
package import SystemPackage

/// What a mountpoint must be: an existing empty directory that nothing is mounted on.
package enum Mountpoint {
  /// Why a directory cannot be one.
  package enum Defect: Error, Sendable, Equatable {
    /// Something is mounted there.
    case mounted(isView: Bool, type: String)
    /// It has entries.
    case notEmpty
    /// It cannot be looked into.
    case system(Errno)
  }

  /// The absolute path of a usable mountpoint, without symbolic links.
  package static func resolve(_ path: String) throws(Defect) -> String {
    let resolved: String
    let names: [String]
    do throws(Errno) {
      resolved = try FileCalls.resolve(path)
      names = try FileCalls.names(resolved)
    } catch {
      throw .system(error)
    }
    if let mount = MountTable.entries().last(where: { $0.mountpoint == resolved }) {
      throw .mounted(isView: mount.isView, type: mount.type)
    }
    guard names.isEmpty else { throw .notEmpty }
    return resolved
  }
}
