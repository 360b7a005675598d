import Posix
import TestSupport

/// An ext4 file system of a test's own, in a file that is mounted, for all that is compared.
///
/// So what is native does not depend on where temporary files are, and ext4 does not look for inodes that were not
/// deleted lately: in a directory where tests come and go, that is most of what making a file costs. Where no file can
/// be mounted, it is a temporary directory.
final class NativeDisk: Sendable {
  let home: TemporaryDirectory
  private let image: TemporaryDirectory
  private let isMounted: Bool

  init() throws {
    home = try TemporaryDirectory()
    image = try TemporaryDirectory()
    let file = image.path + "/disk"
    let steps = [
      ["truncate", "-s", "2G", file],
      ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", file],
      ["mount", "-o", "loop", file, home.path],
    ]
    isMounted = steps.allSatisfy { (try? Subprocess.run($0).exitCode) == 0 }
  }

  deinit {
    if isMounted { _ = try? Subprocess.run(["umount", "-l", home.path]) }
  }
}
