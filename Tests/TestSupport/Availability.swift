internal import Glibc
internal import Posix

/// What this machine lets tests do. A test that needs more is skipped, visibly.
package enum Availability {
  /// Whether a view can be mounted.
  package static let fuse: Bool = {
    guard (try? FileCalls.open("/dev/fuse", O_RDWR)) != nil else { return false }
    return geteuid() == 0 || (try? Subprocess.run(["fusermount3", "--version"]).exitCode) == 0
  }()

  /// Whether tests run as root, and so may mount other file systems, change users and drop caches.
  package static let root = geteuid() == 0
}
