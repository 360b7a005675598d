internal import Glibc
internal import Posix
package import SystemPackage

/// What a mount needs of the machine, found out before anything is mounted.
package enum FuseDevice {
  /// Why nothing can be mounted.
  package enum Defect: Error, Sendable {
    /// There is no /dev/fuse.
    case missing(Errno)
    /// Root may not open it.
    case denied(Errno)
    /// Without root the program fusermount3 is needed, and there is none.
    case helperMissing
  }

  /// Throws what is missing.
  package static func check() throws(Defect) {
    do throws(Errno) {
      _ = try FileCalls.open("/dev/fuse", O_RDWR)
    } catch {
      switch error {
      case .noSuchFileOrDirectory, .operationNotSupportedByDevice, .noSuchAddressOrDevice: throw .missing(error)
      default:
        // fusermount3 opens the device for those who may not.
        if geteuid() == 0 { throw .denied(error) }
      }
    }
    if geteuid() != 0, !isInPath("fusermount3") { throw .helperMissing }
  }

  private static func isInPath(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}
