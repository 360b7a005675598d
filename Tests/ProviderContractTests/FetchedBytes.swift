import Glibc
import Posix
import Provider
import Synchronization
import SystemPackage
import TestSupport

/// What a provider gives for contents, fetched the way the core does: into a file.
struct FetchedBytes: Sendable {
  private let home: TemporaryDirectory

  init() throws {
    home = try TemporaryDirectory()
  }

  private func makeFile() throws -> OwnedDescriptor {
    let directory = try FileCalls.open(home.path, O_RDONLY | O_DIRECTORY)
    return try FileCalls.openTemporary(in: directory.rawValue, mode: 0o600)
  }

  /// All bytes of a content. Throws what the provider, or the sink, throws.
  func whole(_ content: ContentID, of provider: any ContentProvider) async throws -> [UInt8] {
    let file = try makeFile()
    var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
    try await provider.fetch(content, into: &sink)
    let bytes = try Self.contents(file)
    guard sink.bytesWritten == bytes.count else {
      throw ProviderError.wrongSize("\(sink.bytesWritten) bytes reported, \(bytes.count) written")
    }
    return bytes
  }

  /// The bytes of a range.
  func range(
    _ range: Range<Int64>, of content: ContentID, _ provider: any RangedContentProvider
  ) async throws -> [UInt8] {
    let collected = Mutex([UInt8](repeating: 0, count: range.count))
    var sink = ContentSink(range: range) { bytes, offset throws(Errno) in
      collected.withLock { collected in
        let start = Int(offset - range.lowerBound)
        collected.replaceSubrange(start..<start + bytes.count, with: bytes)
      }
    }
    try await provider.fetch(content, range: range, into: &sink)
    guard sink.bytesWritten == Int64(range.count) else {
      throw ProviderError.wrongSize("\(range.count) bytes asked for, \(sink.bytesWritten) came")
    }
    return collected.withLock { $0 }
  }

  /// A file that holds some bytes, open.
  func file(holding bytes: [UInt8]) throws -> OwnedDescriptor {
    let file = try makeFile()
    try FileCalls.writeAll(file.rawValue, bytes)
    return file
  }

  private static func contents(_ file: borrowing OwnedDescriptor) throws -> [UInt8] {
    try FileCalls.read(file.rawValue, at: 0, count: Int(FileCalls.status(file.rawValue).st_size))
  }
}
