internal import CLinux
internal import Glibc
package import SystemPackage

/// Who uses a file, and when it was used last.
extension FileCalls {
  /// Whether nobody but the caller has an open file open: no process, no mapping, no file system that serves it. Nobody can
  /// open it then until the descriptor is closed; who tries waits.
  ///
  /// True as well where the file system cannot tell.
  package static func claim(_ descriptor: CInt) -> Bool {
    projfs_take_lease(descriptor) == 0 || Errno.current != .wouldBlock
  }

  /// Sets an open file's time of access to the present, and leaves the time of modification alone.
  package static func noteAccess(_ descriptor: CInt) throws(Errno) {
    try retrying { projfs_note_access(descriptor) }
  }

  /// The same for an entry of a directory.
  package static func noteAccess(at directory: CInt, _ path: String) throws(Errno) {
    try retrying { projfs_note_access_at(directory, path) }
  }
}
