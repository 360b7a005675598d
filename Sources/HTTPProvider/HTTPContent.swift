internal import AsyncHTTPClient
internal import FoundationEssentials
public import Logging
internal import NIOHTTP1
internal import Posix
public import Provider
public import SystemPackage

/// What a manifest on a web server projects: docs/Manifest.md.
///
/// A content's ID is its SHA-256, and whole contents are hashed while they come: bytes that are not those of the manifest
/// fail. Directories are in memory. Where the server has another manifest, the projection's root changes.
public final class HTTPContent: RangedContentProvider, ContentVerifier, ChangingProvider, NonblockingProvider {
  /// The source as it may be shown: without user, password and query.
  public let displayName: String

  private let keeper: ManifestKeeper
  private let poller: Task<Void, Never>
  private let hasRanges: Bool

  /// Reads the manifest at a URL, `https://user:password@host/path/manifest.json`.
  ///
  /// Returns when it was read and checked. What goes wrong later and is nobody's answer goes to `logger`.
  public init(
    source: String, options: HTTPOptions = HTTPOptions(), logger: Logger
  ) async throws(HTTPError) {
    let source = try HTTPSource(source)
    displayName = HTTPSource.shown(source.url)
    let transport = Transport(source: source, options: options)
    do {
      guard let (manifest, answer) = try await ManifestAnswer.fetch(transport, known: nil) else {
        throw HTTPError.unreachable("\(HTTPSource.shown(source.url)) answers what was not asked")
      }
      hasRanges = await Self.probe(transport, manifest)
      keeper = ManifestKeeper(transport: transport, manifest: manifest, answer: answer)
    } catch {
      await transport.end()
      switch error {
      case let error as HTTPError: throw error
      case let error as ManifestError: throw .malformed(error)
      case let error as ProviderError: throw HTTPError(error)
      default: throw .unreachable("\(HTTPSource.shown(source.url)): \(error)")
      }
    }
    poller = Task { [keeper] in await Self.poll(keeper, options.interval, logger) }
  }

  deinit {
    poller.cancel()
    keeper.end()
  }

  /// Ends all requests and connections. Requests fail from now on.
  public func end() async {
    poller.cancel()
    keeper.end()
    await keeper.transport.end()
  }

  /// This as a provider that can do what the server can: what to project. A server that gives whole files only is not asked
  /// for parts.
  public var provider: any ContentProvider {
    hasRanges ? self : WholeContent(content: self)
  }

  // MARK: - The manifest

  /// The root of the manifest as it is now.
  public func root() async throws -> DirectoryID { keeper.current.root }

  /// The entries of a directory of this manifest or the one before.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    guard let listing = keeper.listing(of: directory) else {
      throw ProviderError.outdated("directory \(directory) is not in the manifest any more")
    }
    return listing
  }

  /// New roots.
  public func changes() -> AsyncStream<ProviderChange> { keeper.changes() }

  /// Looks now whether there is another manifest.
  func check() async throws { try await keeper.check() }

  private static func poll(_ keeper: ManifestKeeper, _ interval: Duration?, _ logger: Logger) async {
    var hasFailed = false
    while true {
      let wanted = interval ?? min(max(keeper.maxAge ?? .seconds(60), .seconds(5)), .seconds(3600))
      do { try await Task.sleep(for: wanted) } catch { return }
      do {
        try await keeper.check()
        if hasFailed { logger.notice("the manifest can be read again") }
        hasFailed = false
      } catch {
        if Task.isCancelled { return }
        // Once, for it may last.
        if !hasFailed { logger.warning("the manifest cannot be read; the last one stays: \(error)") }
        hasFailed = true
      }
    }
  }

  // MARK: - Contents

  /// Writes a content; fails where its bytes are not those of the manifest, and may have written some of them.
  public func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    let digest = try Self.digest(content)
    switch try source(of: digest) {
    case .inline(let bytes): try sink.write(bytes)
    case .remote(let url, let size, _):
      do {
        var hasher = try Hasher256()
        try await Download(transport: keeper.transport, url: url, size: size).run(0..<size) { bytes in
          hasher.update(bytes)
          try sink.write(bytes)
        }
        guard hasher.finish() == digest else {
          throw ProviderError.damaged("\(HTTPSource.shown(url)) has other bytes than the manifest says")
        }
      } catch let error as ProviderError {
        throw await explain(error, digest)
      }
    }
  }

  /// Writes a part of a content. Verified where the manifest has digests of its chunks; if not, all parts of a content are
  /// of one version of the server's, as far as the server tells versions apart.
  public func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    guard !range.isEmpty else { return }
    let digest = try Self.digest(content)
    switch try source(of: digest) {
    case .inline(let bytes):
      guard range.lowerBound >= 0, range.upperBound <= bytes.count else { throw Self.outside(range) }
      try sink.write(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    case .remote(let url, let size, let chunks):
      guard range.lowerBound >= 0, range.upperBound <= size else { throw Self.outside(range) }
      var download = Download(transport: keeper.transport, url: url, size: size)
      do {
        if let chunks {
          var cutter = ChunkVerifier(chunks: chunks, size: size, range: range)
          try await download.run(cutter.fetched) { bytes in
            try cutter.take(bytes) { bytes throws(ProviderError) in try sink.write(bytes) }
          }
        } else {
          download.known = keeper.version(of: digest)
          download.agree = { [keeper] in keeper.agree($0, on: digest) }
          try await download.run(range) { bytes in try sink.write(bytes) }
        }
      } catch let error as ProviderError {
        throw await explain(error, digest)
      }
    }
  }

  /// Whether a file has the bytes that its content ID says.
  public func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
    let digest = try Self.digest(content)
    let found: Result<Digest, ProviderError> = await withCheckedContinuation { continuation in
      // Takes seconds for a large file, which is more than tasks may keep a thread for.
      Threads.start("projfs verify") {
        continuation.resume(returning: Result { () throws(ProviderError) in try Self.digest(of: file) })
      }
    }
    return try found.get() == digest
  }

  private static func digest(of file: FileDescriptor) throws(ProviderError) -> Digest {
    var hasher = try Hasher256()
    var position: Int64 = 0
    do throws(Errno) {
      while true {
        let bytes = try FileCalls.read(file.rawValue, at: position, count: 1 << 20)
        if bytes.isEmpty { return hasher.finish() }
        bytes.withUnsafeBytes { hasher.update($0) }
        position += Int64(bytes.count)
      }
    } catch {
      throw .system(error, "cannot read a file to be hashed")
    }
  }

  private static func digest(_ content: ContentID) throws(ProviderError) -> Digest {
    guard content.bytes.count == 32 else { throw .missing("content \(content)") }
    return Digest(unchecked: content.bytes)
  }

  private static func outside(_ range: Range<Int64>) -> ProviderError {
    .unsupported("bytes \(range.lowerBound) to \(range.upperBound), which lie outside the content")
  }

  /// Where a content is: in memory or at a URL.
  private enum Place {
    case inline([UInt8])
    case remote(URL, size: Int64, Manifest.Chunks?)
  }

  private func source(of digest: Digest) throws(ProviderError) -> Place {
    guard let (source, base) = keeper.source(of: digest) else {
      throw .outdated("content \(ContentID(digest.bytes)) is not in the manifest any more")
    }
    switch source {
    case .inline(let bytes): return .inline(bytes)
    case .remote(let relative, let size, let chunks):
      guard let url = keeper.transport.source.resolve(relative, base: base) else {
        throw .damaged("'\(shown(Array(relative.utf8)))' in the manifest is no URL")
      }
      return .remote(url, size: size, chunks)
    }
  }

  /// What it means that the server does not have what the manifest says: there may be another manifest.
  private func explain(_ error: ProviderError, _ digest: Digest) async -> ProviderError {
    switch error {
    case .missing, .damaged, .wrongSize, .outdated: break
    case .unavailable, .denied, .unsupported, .system: return error
    }
    try? await keeper.check()
    if keeper.current.contents[digest] == nil { return .outdated(error.description) }
    if case .outdated(let what) = error { return .damaged("\(what), and the manifest is the same") }
    return error
  }

  /// Whether the server gives parts of files; true where that cannot be found out.
  private static func probe(_ transport: Transport, _ manifest: Manifest) async -> Bool {
    for case .remote(let relative, _, _) in manifest.contents.values {
      guard let url = transport.source.resolve(relative, base: manifest.base) else { continue }
      let isWhole = try? await transport.get(url, [("Range", "bytes=0-0")]) { response in
        if response.status == .ok { return true }
        _ = try? await response.body.collect(upTo: 16)
        return false
      }
      return isWhole != true
    }
    return true
  }
}

/// An `HTTPContent` of a server that gives whole files only.
struct WholeContent: ContentVerifier, ChangingProvider, NonblockingProvider {
  let content: HTTPContent

  func root() async throws -> DirectoryID { try await content.root() }
  func list(_ directory: DirectoryID) async throws -> DirectoryListing { try await content.list(directory) }
  func fetch(_ id: ContentID, into sink: inout ContentSink) async throws { try await content.fetch(id, into: &sink) }
  func changes() -> AsyncStream<ProviderChange> { content.changes() }
  func verify(_ id: ContentID, file: FileDescriptor) async throws -> Bool {
    try await content.verify(id, file: file)
  }
}
