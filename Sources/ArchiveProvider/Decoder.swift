internal import CArchive
internal import Posix
internal import Provider
internal import SystemPackage

/// Decompresses an archive's file, from the beginning to the end. Used by one thread at a time.
final class Decoder {
  private enum Engine {
    case gzip(OpaquePointer)
    /// With how many bytes came so far.
    case other(ArchiveReader, position: Int64)
    case empty
  }

  private var engine: Engine
  private let path: String

  init(_ file: ArchiveFile) throws(ProviderError) {
    path = file.path
    if file.kind == .gzip {
      guard let gzip = projfs_gzip_open(try file.reopened().release()) else {
        throw .system(.noMemory, "cannot read '\(file.path)'")
      }
      engine = .gzip(gzip)
    } else {
      let reader = try ArchiveReader(.compressed, file, length: file.version.size, name: file.path)
      engine = try reader.next() == nil ? .empty : .other(reader, position: 0)
    }
  }

  deinit {
    if case .gzip(let gzip) = engine { projfs_gzip_close(gzip) }
  }

  /// The next bytes, up to about a MiB; empty at the end.
  func next() throws(ProviderError) -> [UInt8] {
    switch engine {
    case .empty: return []
    case .gzip(let gzip):
      var failed = false
      let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
        guard let start = buffer.baseAddress else { return }
        let read = projfs_gzip_read(gzip, start, buffer.count)
        failed = read < 0
        count = max(0, Int(read))
      }
      if failed { throw .damaged("archive '\(path)': the gzip data is damaged or cut short") }
      return bytes
    case .other(let reader, var position):
      var bytes: [UInt8] = []
      let path = path
      while bytes.count < 1 << 20 {
        let isMore = try reader.nextBlock { block, offset throws(ProviderError) in
          guard offset == position else { throw .damaged("archive '\(path)': data is missing") }
          position += Int64(block.count)
          bytes.append(contentsOf: block)
        }
        if !isMore { break }
      }
      engine = .other(reader, position: position)
      return bytes
    }
  }
}
