internal import Glibc
public import Logging
internal import Posix
public import Provider
internal import Synchronization
internal import SystemPackage

/// An archive as a provider: tar and cpio, as they are or compressed (gzip, bzip2, xz, zstd, lz4, lzip, lzma), and zip.
/// Nothing is unpacked.
///
/// The tree is the one that `tar` makes when it extracts: the last member of a name wins, directories that are missing are
/// made, hard links share a content. Members whose names lead out of the archive, and what is neither a file nor a
/// directory nor a symbolic link, are left out; the listing of the root says so.
///
/// A content ID is the archive's version (its inode number, size and times) and the number of a member, so an archive that
/// was changed has other IDs. The file that was opened is projected whatever becomes of its name; once it is written to,
/// every fetch fails with `ProviderError.damaged`.
///
/// What a compressed tar is decompressed to is kept in a file without a name, up to `decodedLimit` bytes, for those who
/// read in another order than the archive's. Decompression of more than a few MiB runs on threads of its own.
public final class ArchiveContent: SizeProvider, RangedContentProvider {
  private let file: ArchiveFile
  private let stream: DecodedStream?
  private let index: ArchiveIndex
  private let readers = Mutex(MemberReaders())
  private let turns = MemberTurns()
  private let prefix: [UInt8]

  /// From how many bytes on a member is read on a thread of its own, and how many are decompressed at once.
  private static let large: Int64 = 8 << 20
  private static let piece = 4 << 20

  /// Projects the archive at `path`. Blocks for as long as reading it takes, or, where its index was kept, a moment.
  ///
  /// `cacheDirectory` is where the index is kept and what is decompressed; without it the index is not kept, and
  /// `/var/tmp` takes the rest. A `cacheDirectory` that cannot be written to is no failure, and `logger` is told.
  public init(
    path: String, cacheDirectory: String? = nil, decodedLimit: Int64 = 1 << 30,
    logger: Logger = Logger(label: "projfs.archive")
  ) throws(ArchiveSourceError) {
    let file = try ArchiveFile.open(path)
    self.file = file
    prefix = file.version.encoded
    do throws(ProviderError) {
      let cache = cacheDirectory.map(CacheDirectory.init(path:))
      stream = try Self.stream(of: file, in: cache, limit: decodedLimit, logger)
      if let known = cache.flatMap({ ArchiveIndexFile.load(file, in: $0) }) {
        index = known
      } else {
        guard let made = try ArchiveIndexer(file: file, stream: stream).index() else {
          throw .unsupported("it is neither tar, cpio nor zip")
        }
        index = made
        try file.check()
        guard let cache else { return }
        do throws(Errno) {
          try ArchiveIndexFile.save(made, file, in: cache)
        } catch {
          logger.warning("the index of '\(path)' cannot be kept in '\(cache.path)': \(error)")
        }
      }
    } catch {
      throw Self.failure(error, path, file)
    }
  }

  private static func stream(
    of file: ArchiveFile, in cache: CacheDirectory?, limit: Int64, _ logger: Logger
  ) throws(ProviderError) -> DecodedStream? {
    guard file.isCompressed else { return nil }
    if let cache {
      do throws(ProviderError) {
        return try DecodedStream(file, in: cache, limit: limit)
      } catch {
        logger.warning("/var/tmp takes what is decompressed of '\(file.path)', for '\(cache.path)' cannot: \(error)")
      }
    }
    return try DecodedStream(file, in: CacheDirectory(path: "/var/tmp"), limit: limit)
  }

  private static func failure(_ error: ProviderError, _ path: String, _ file: ArchiveFile) -> ArchiveSourceError {
    if (try? file.check()) == nil { return .changing(path: path) }
    return switch error {
    case .damaged(let reason): .damaged(path: path, reason: reason)
    case .unsupported(let reason): .notAnArchive(path: path, reason: reason)
    case .denied: .denied(path: path)
    case .system(let error, _): .system(error, path: path)
    case .missing(let reason), .unavailable(let reason), .wrongSize(let reason), .outdated(let reason):
      .damaged(path: path, reason: reason)
    }
  }

  /// The absolute path of the archive, without symbolic links.
  public var path: String { file.path }

  // MARK: - IDs

  private func contentID(_ member: UInt32) -> [UInt8] { id(7, member) }

  private func directoryID(_ number: UInt32) -> [UInt8] { id(6, number) }

  private func id(_ tag: UInt8, _ number: UInt32) -> [UInt8] {
    var bytes = [tag] + prefix
    FileVersion.append(UInt64(number), to: &bytes)
    return bytes
  }

  private func number(_ tag: UInt8, in id: [UInt8]) -> UInt32? {
    guard id.first == tag, id.dropFirst().starts(with: prefix) else { return nil }
    var rest = id.dropFirst(1 + prefix.count)
    guard let number = FileVersion.takeNumber(from: &rest), rest.isEmpty else { return nil }
    return UInt32(exactly: number)
  }

  private func find(
    _ content: ContentID
  ) throws(ProviderError) -> (content: ArchiveIndex.Content, form: ArchiveIndex.Content.Form) {
    guard let member = number(7, in: content.bytes), let found = index.content(ofMember: member),
      let form = ArchiveIndex.Content.Form(rawValue: found.form)
    else { throw .missing("content \(content) is none of this version of '\(path)'") }
    return (found, form)
  }

  // MARK: - What a provider does

  /// The directory that the archive would be extracted to.
  public func root() async throws -> DirectoryID { DirectoryID(directoryID(0)) }

  /// The entries of a directory, with the sizes of files.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    guard let number = number(6, in: directory.bytes),
      let listing = index.list(number, content: contentID, directory: directoryID)
    else { throw ProviderError.missing("directory \(directory) is none of this version of '\(path)'") }
    return listing
  }

  /// The sizes of members, which the index has.
  public func sizes(of contents: [ContentID]) async throws -> [Int64] {
    try contents.map { try find($0).content.size }
  }

  /// Writes the bytes of a member.
  public func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    let (found, form) = try find(content)
    try await copy(found, form, 0..<found.size, into: &sink)
  }

  /// Writes a part of the bytes of a member. Of a compressed member of a zip, what comes before has to be decompressed,
  /// unless it was asked for last.
  public func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    let (found, form) = try find(content)
    guard range.lowerBound >= 0, range.upperBound <= found.size else {
      throw ProviderError.missing("content \(content) has no bytes \(range)")
    }
    try await copy(found, form, range, into: &sink)
  }

  private func copy(
    _ content: ArchiveIndex.Content, _ form: ArchiveIndex.Content.Form, _ range: Range<Int64>,
    into sink: inout ContentSink
  ) async throws {
    try file.check()
    switch form {
    case .encrypted: throw ProviderError.denied("member \(content.member) of '\(path)' is encrypted")
    case .link:
      try sink.write(Array(index.text(at: content.offset + range.lowerBound, count: Int64(range.count))))
    case .direct: try await copy(range, from: content.offset, into: &sink)
    case .sparse, .zipped, .counted: try await decode(content, form, range, into: &sink)
    }
    try file.check()
  }

  private func copy(_ range: Range<Int64>, from offset: Int64, into sink: inout ContentSink) async throws {
    var position = range.lowerBound
    while position < range.upperBound {
      try Task.checkCancellation()
      let count = Int(min(range.upperBound - position, Int64(DecodedStream.mostBytes)))
      let bytes: [UInt8]
      let place = offset + position
      if let stream {
        bytes = try await stream.read(at: place, count: count)
      } else {
        let isLarge = Int64(range.count) >= Self.large
        bytes = try await Self.perform(isLarge) { [file] () throws(ProviderError) in
          try file.read(at: place, count: count)
        }
      }
      guard bytes.count == count else { throw ProviderError.damaged("archive '\(path)' is cut short") }
      try sink.write(bytes)
      position += Int64(count)
    }
  }

  private func decode(
    _ content: ArchiveIndex.Content, _ form: ArchiveIndex.Content.Form, _ range: Range<Int64>,
    into sink: inout ContentSink
  ) async throws {
    guard !range.isEmpty else { return }
    await turns.enter(content.member)
    defer { turns.leave(content.member) }
    try Task.checkCancellation()
    let isLarge = content.size >= Self.large || form != .zipped
    let (file, stream) = (file, stream)
    var reader = readers.withLock { $0.take(content.member, at: range.lowerBound) }
    if reader == nil {
      reader = try await Self.perform(isLarge) { () throws(ProviderError) in
        Sole(try MemberReader(content, form, in: file, stream))
      }
    }
    guard let reader else { return }
    while reader.value.position < range.upperBound {
      try Task.checkCancellation()
      let start = reader.value.position
      let limit = start < range.lowerBound ? range.lowerBound : range.upperBound
      let count = Int(min(limit - start, Int64(Self.piece)))
      let bytes = try await Self.perform(isLarge) { () throws(ProviderError) in try reader.value.next(count) }
      guard bytes.count == count else { throw ProviderError.damaged("archive '\(path)': a member is too short") }
      if start >= range.lowerBound { try sink.write(bytes) }
    }
    if reader.value.position < content.size { readers.withLock { $0.put(reader) } }
  }

  /// Does work here, or on a thread of its own.
  private static func perform<Value: Sendable>(
    _ beside: Bool, _ body: @escaping @Sendable () throws(ProviderError) -> Value
  ) async throws(ProviderError) -> Value {
    if beside { return try await Threads.run("archive reader", body) }
    return try body()
  }
}
