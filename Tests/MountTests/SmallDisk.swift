import Posix
import TestSupport

/// A small ext4 file system of a test's own, which can be filled up and broken.
///
/// The file that holds it may lie on a disk that is too small for it: then the device fails, as a real one does.
final class SmallDisk: Sendable {
  /// How large it is.
  static let bytes = 24 << 20
  /// Where it is mounted.
  let path: String
  /// How many files it can have.
  let inodes: Int
  private let image: String
  // Not to be removed before this is unmounted.
  private let home: TemporaryDirectory

  /// Makes one and mounts it in `home`.
  init(
    in home: TemporaryDirectory, image: String? = nil, inodes: Int = 512, formatting: [String] = []
  ) throws {
    self.home = home
    self.inodes = inodes
    path = try home.makeDirectory("disk")
    self.image = image ?? "\(home.path)/disk.image"
    // Few inodes, so that they can be used up as well; no blocks that only root gets.
    let format = ["-q", "-F", "-b", "4096", "-m", "0", "-N", "\(inodes)", "-E", "lazy_itable_init=0,nodiscard"]
    try Self.run(["truncate", "-s", "\(Self.bytes)", self.image])
    try Self.run(["mkfs.ext4"] + format + formatting + [self.image])
    try mount()
  }

  deinit {
    _ = try? Subprocess.run(["umount", "-l", "-q", path])
  }

  /// Mounts it.
  func mount(_ options: String...) throws {
    try Self.run(["mount", "-o", (["loop", "errors=remount-ro"] + options).joined(separator: ","), image, path])
  }

  /// Unmounts it; with `isDamaged`, and repairs it.
  func unmount(isDamaged: Bool = false) throws {
    try Self.run(["umount", path])
    guard isDamaged else { return }
    let check = try Subprocess.run(["e2fsck", "-f", "-y", image])
    // 1: there were errors, and they are corrected.
    guard check.exitCode <= 1 else { throw Failure(arguments: ["e2fsck"], errors: check.output + check.errors) }
  }

  /// Makes every call that needs the disk fail with EIO, until it is mounted again. What was written before is kept.
  func breakDown() throws {
    // FS_IOC_SHUTDOWN, which no program of util-linux or e2fsprogs makes.
    let program = """
      import fcntl, os, struct, sys
      fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 0))
      """
    try Self.run(["python3", "-c", program, path])
  }

  /// Makes every change fail with EROFS, as ext4 does after an error.
  func abort() throws {
    try Self.run(["sync", "-f", path])
    try Self.run(["mount", "-o", "remount,abort", path])
  }

  /// A program failed.
  struct Failure: Error {
    let arguments: [String]
    let errors: String
  }

  static func run(_ arguments: [String]) throws {
    let outcome = try Subprocess.run(arguments)
    guard outcome.exitCode == 0 else { throw Failure(arguments: arguments, errors: outcome.errors) }
  }
}
