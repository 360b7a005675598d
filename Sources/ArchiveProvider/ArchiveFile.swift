internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// How an archive's members are reached.
enum ArchiveKind: UInt32 {
  /// tar or cpio as it is.
  case plain
  /// tar or cpio, compressed as a whole: with gzip, or otherwise.
  case gzip
  case compressed
  /// zip, whose members are compressed one by one.
  case zip

  /// The kind of a file that begins with `bytes`; nil for what is known not to be read.
  static func of(_ bytes: [UInt8]) -> ArchiveKind? {
    func begins(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
    // A tar begins with a name, which may be anything.
    if bytes.dropFirst(257).starts(with: Array("ustar".utf8)) { return .plain }
    if begins([0x1f, 0x8b]) { return .gzip }
    if begins([0x50, 0x4b, 3, 4]) || begins([0x50, 0x4b, 5, 6]) { return .zip }
    if begins([0x37, 0x7a, 0xbc, 0xaf]) || begins(Array("Rar!".utf8)) { return nil }
    let compressed: [[UInt8]] = [
      Array("BZh".utf8), [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], [0x28, 0xb5, 0x2f, 0xfd], [4, 0x22, 0x4d, 0x18],
      [0x1f, 0x9d], Array("LZIP".utf8), [0x5d, 0, 0],
    ]
    if compressed.contains(where: begins) { return .compressed }
    // A frame to be skipped, with which zstd files may begin.
    if bytes.count >= 4, bytes[0] & 0xf0 == 0x50, bytes[1...3].elementsEqual([0x2a, 0x4d, 0x18]) { return .compressed }
    return .plain
  }
}

/// The file of an archive, which stays the one that was opened, whatever happens to its name.
final class ArchiveFile: Sendable {
  /// The absolute path, without symbolic links.
  let path: String
  /// The version that was opened, and which every answer is about.
  let version: FileVersion
  let kind: ArchiveKind
  /// Whether it is compressed as a whole.
  var isCompressed: Bool { kind == .gzip || kind == .compressed }
  private let descriptor: OwnedDescriptor

  private init(_ path: String, _ descriptor: consuming OwnedDescriptor, _ version: FileVersion, _ kind: ArchiveKind) {
    self.path = path
    self.descriptor = descriptor
    self.version = version
    self.kind = kind
  }

  /// Opens an archive, and waits until its last change is far enough back to be told from another one: up to 25 ms, or two
  /// seconds on file systems with coarse times.
  static func open(_ path: String) throws(ArchiveSourceError) -> ArchiveFile {
    do throws(Errno) {
      let resolved = try FileCalls.resolve(path)
      // O_NONBLOCK: it may be a FIFO.
      let descriptor = try FileCalls.open(resolved, O_RDONLY | O_NONBLOCK)
      let facts = try FileFacts(descriptor.rawValue)
      guard facts.mode & S_IFMT == S_IFREG else { throw .invalidArgument }
      let version = facts.version
      while version.nanosecondsToSettle() > 0 { usleep(useconds_t(version.nanosecondsToSettle() / 1000 + 1)) }
      guard let kind = ArchiveKind.of(try FileCalls.read(descriptor.rawValue, at: 0, count: 512)) else {
        throw .notSupported
      }
      return ArchiveFile(resolved, descriptor, version, kind)
    } catch {
      throw switch error {
      case .noSuchFileOrDirectory, .notDirectory: .missing(path: path)
      case .permissionDenied: .denied(path: path)
      case .invalidArgument: .notAnArchive(path: path, reason: "it is no regular file")
      case .notSupported: .notAnArchive(path: path, reason: "7z and rar are not among those that are")
      default: .system(error, path: path)
      }
    }
  }

  /// Throws `damaged` where the file has been written to: nothing that was read since can be believed.
  func check() throws(ProviderError) {
    let present: FileVersion
    do {
      present = try FileFacts(descriptor.rawValue).version
    } catch {
      throw .system(error, "cannot read '\(path)'")
    }
    // A new name or other permissions change nothing that is in it.
    guard present.size == version.size, present.modified == version.modified else {
      throw .damaged("the archive '\(path)' was written to while it is projected; mount it again")
    }
  }

  /// At most `count` bytes from `offset`.
  func read(at offset: Int64, count: Int) throws(ProviderError) -> [UInt8] {
    do {
      return try FileCalls.read(descriptor.rawValue, at: offset, count: count)
    } catch {
      throw .system(error, "cannot read '\(path)'")
    }
  }

  /// The same into memory; -1 where it fails.
  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int64 {
    (try? FileCalls.read(descriptor.rawValue, at: offset, into: buffer)).map(Int64.init) ?? -1
  }

  /// Whether it is a zip that has no member, and so nothing before its end record.
  ///
  /// libarchive, as of 3.6, looks for that record everywhere but at the beginning of the file.
  func isZipWithoutMembers() throws(ProviderError) -> Bool {
    let record = try read(at: 0, count: 22)
    // The record's signature; then the numbers of disks and of members.
    return record.count == 22 && record.starts(with: [0x50, 0x4b, 5, 6]) && record[4..<12].allSatisfy { $0 == 0 }
  }

  /// The file opened once more, with a position of its own.
  func reopened() throws(ProviderError) -> OwnedDescriptor {
    do {
      return try FileCalls.open("/proc/self/fd/\(descriptor.rawValue)", O_RDONLY)
    } catch {
      throw .system(error, "cannot read '\(path)'")
    }
  }
}
