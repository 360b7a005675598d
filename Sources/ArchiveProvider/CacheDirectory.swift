internal import Glibc
internal import Posix
internal import SystemPackage

/// A directory for what is made of an archive. Open until its last user has gone.
final class CacheDirectory: Sendable {
  private let descriptor: OwnedDescriptor

  private init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// Opens a directory, which is made where it is missing.
  static func open(_ path: String) throws(Errno) -> CacheDirectory {
    CacheDirectory(try Directories.make(path))
  }

  /// A file without a name, open for reading and writing.
  func unnamedFile() throws(Errno) -> OwnedDescriptor {
    do throws(Errno) {
      return try FileCalls.openTemporary(in: descriptor.rawValue, mode: 0o600)
    } catch {
      guard [.notSupported, .isDirectory, .noSuchFileOrDirectory].contains(error) else { throw error }
    }
    // A file system without unnamed files.
    let name = "decoded.\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
    let file = try FileCalls.open(at: descriptor.rawValue, name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    try FileCalls.remove(at: descriptor.rawValue, name)
    return file
  }

  /// The bytes of a file; nil where it cannot be read.
  func contents(of name: String) -> [UInt8]? { try? FileCalls.contents(at: descriptor.rawValue, name) }

  /// Puts a file with these bytes in the place of `name`, which a power cut may undo.
  func replace(_ name: String, with bytes: [UInt8]) throws(Errno) {
    try FileCalls.replace(at: descriptor.rawValue, name, with: bytes, isLasting: false)
  }
}
