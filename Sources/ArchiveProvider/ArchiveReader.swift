internal import CArchive
internal import Provider
internal import SystemPackage

/// Where libarchive reads from.
protocol ArchiveInput: Sendable {
  /// Reads at `offset`; returns how many bytes, 0 at the end, or -1 where reading failed.
  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int64
}

extension ArchiveFile: ArchiveInput {}

/// One member's header.
struct ArchiveMember {
  /// nil where libarchive cannot say it.
  var path: [UInt8]?
  var hardLink: [UInt8]?
  var symbolicLink: [UInt8]?
  /// In bytes; nil where the header does not say.
  var size: Int64?
  var headerOffset: Int64
  var dataOffset: Int64
  var mode: UInt32
  var isEncrypted: Bool
  var isSparse: Bool
}

/// An archive that libarchive reads, from the first member to the last. Used by one thread at a time.
final class ArchiveReader {
  enum Format {
    case compressed
    case stream
    case zip
    case zipMember

    fileprivate var value: projfs_archive_format {
      switch self {
      case .compressed: projfs_archive_compressed
      case .stream: projfs_archive_stream
      case .zip: projfs_archive_zip
      case .zipMember: projfs_archive_zip_member
      }
    }
  }

  private let archive: OpaquePointer
  /// Kept for as long as `archive` reads from it.
  private let input: Box
  private let name: String

  private final class Box {
    let input: any ArchiveInput
    init(_ input: any ArchiveInput) { self.input = input }
  }

  /// Begins `start` bytes behind the beginning of `input`, whose length is nil where it is not known. `name` is for messages.
  init(
    _ format: Format, _ input: any ArchiveInput, start: Int64 = 0, length: Int64?, name: String
  ) throws(ProviderError) {
    self.input = Box(input)
    self.name = name
    let read: projfs_archive_read = { context, buffer, count, offset in
      // SAFETY: the context is the box of the reader that makes the call, which keeps it.
      let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
      return box.input.read(at: offset, into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
    }
    guard
      let archive = projfs_archive_open(
        format.value, read, Unmanaged.passUnretained(self.input).toOpaque(), start, length ?? -1)
    else { throw .system(.noMemory, "cannot read '\(name)'") }
    self.archive = archive
  }

  deinit { projfs_archive_close(archive) }

  /// The next member; nil behind the last.
  func next() throws(ProviderError) -> ArchiveMember? {
    var member = projfs_archive_member()
    switch projfs_archive_next(archive, &member) {
    case projfs_archive_end: return nil
    case projfs_archive_ok: break
    default: throw failure
    }
    return ArchiveMember(
      path: Self.bytes(member.path), hardLink: Self.bytes(member.hard_link),
      symbolicLink: Self.bytes(member.symbolic_link), size: member.size < 0 ? nil : member.size,
      headerOffset: member.header_offset, dataOffset: member.data_offset, mode: member.mode,
      isEncrypted: member.is_encrypted, isSparse: member.is_sparse)
  }

  /// Calls `body` with the next data of the member and how far behind its beginning it lies; returns false at the end. What
  /// is left out in between is zeros.
  func nextBlock(
    _ body: (UnsafeRawBufferPointer, Int64) throws(ProviderError) -> Void
  ) throws(ProviderError) -> Bool {
    var block: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    switch projfs_archive_data(archive, &block, &count, &offset) {
    case projfs_archive_end: return false
    case projfs_archive_ok:
      try body(UnsafeRawBufferPointer(start: block, count: count), offset)
      return true
    default: throw failure
    }
  }

  /// Whether the input is nothing that libarchive knows in this format.
  var isUnknown: Bool { projfs_archive_is_unknown(archive) }

  private var failure: ProviderError {
    .damaged("archive '\(name)': \(String(cString: projfs_archive_message(archive)))")
  }

  private static func bytes(_ string: UnsafePointer<CChar>?) -> [UInt8]? {
    string.map { string in Array(UnsafeRawBufferPointer(start: string, count: Self.length(string))) }
  }

  private static func length(_ string: UnsafePointer<CChar>) -> Int {
    var count = 0
    while string[count] != 0 { count += 1 }
    return count
  }
}
