internal import Glibc
internal import Posix
internal import SystemPackage

/// A directory for what is made of an archive. Made when something is written there, and not before.
struct CacheDirectory: Sendable {
  /// Absolute.
  let path: String

  /// A file without a name, open for reading and writing.
  func unnamedFile() throws(Errno) -> OwnedDescriptor {
    let directory = try Directories.make(path)
    do throws(Errno) {
      return try FileCalls.openTemporary(in: directory.rawValue, mode: 0o600)
    } catch {
      guard [.notSupported, .isDirectory, .noSuchFileOrDirectory].contains(error) else { throw error }
    }
    // A file system without unnamed files.
    let name = "decoded.\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
    let file = try FileCalls.open(at: directory.rawValue, name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    try FileCalls.remove(at: directory.rawValue, name)
    return file
  }

  /// The bytes of a file; nil where it cannot be read.
  func contents(of name: String) -> [UInt8]? { try? FileCalls.contents("\(path)/\(name)") }

  /// Puts a file with these bytes in the place of `name`, which a power cut may undo.
  func replace(_ name: String, with bytes: [UInt8]) throws(Errno) {
    let directory = try Directories.make(path)
    try FileCalls.replace(at: directory.rawValue, name, with: bytes, isLasting: false)
  }
}
