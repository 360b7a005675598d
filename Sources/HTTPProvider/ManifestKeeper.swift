internal import AsyncHTTPClient
internal import FoundationEssentials
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Posix
internal import Provider
internal import Synchronization

/// The manifest as the server has it, and the one before, for those who have not yet seen that there is another.
final class ManifestKeeper: Sendable {
  private struct State {
    var current: Manifest
    var previous: Manifest?
    var answer: ManifestAnswer
    /// A look at the server that is under way.
    var check: Task<Void, any Error>?
    /// Which version of a content was given in parts, so that all parts are of one: for good, for nobody here knows how
    /// long parts are kept.
    var versions: [Digest: ServerVersion] = [:]
    var readers: [UInt64: AsyncStream<ProviderChange>.Continuation] = [:]
    var lastReader: UInt64 = 0
  }

  let transport: Transport
  private let state: Mutex<State>

  /// Keeps a manifest that was just read.
  init(transport: Transport, manifest: Manifest, answer: ManifestAnswer) {
    self.transport = transport
    state = Mutex(State(current: manifest, answer: answer))
  }

  /// The manifest as it is now.
  var current: Manifest { state.withLock { $0.current } }

  /// When to look again, as the server wants it.
  var maxAge: Duration? { state.withLock { $0.answer.maxAge } }

  /// Where a content is; nil where neither manifest has it.
  func source(of digest: Digest) -> (source: Manifest.Source, base: String)? {
    state.withLock { state in
      for manifest in [state.current, state.previous] {
        if let manifest, let source = manifest.contents[digest] { return (source, manifest.base) }
      }
      return nil
    }
  }

  /// What a directory lists; nil where neither manifest has it.
  func listing(of directory: DirectoryID) -> DirectoryListing? {
    state.withLock { $0.current.directories[directory] ?? $0.previous?.directories[directory] }
  }

  // MARK: - Versions of contents

  /// Which version parts of a content were given of.
  func version(of digest: Digest) -> ServerVersion? { state.withLock { $0.versions[digest] } }

  /// Remembers a version, unless there is one already; returns the one that is remembered.
  func agree(_ version: ServerVersion, on digest: Digest) -> ServerVersion {
    state.withLock { state in
      if let known = state.versions[digest] { return known }
      state.versions[digest] = version
      return version
    }
  }

  // MARK: - Changes

  /// Looks whether the server has another manifest; whoever comes meanwhile waits for the same look.
  func check() async throws {
    let task = state.withLock { state in
      if let check = state.check { return check }
      let check = Task { try await self.look() }
      state.check = check
      return check
    }
    try await task.value
  }

  private func look() async throws {
    defer { state.withLock { $0.check = nil } }
    let known = state.withLock { $0.answer.version }
    guard let (manifest, answer) = try await ManifestAnswer.fetch(transport, known: known) else { return }
    let readers = state.withLock { state -> [AsyncStream<ProviderChange>.Continuation] in
      let hasChanged = manifest.root != state.current.root
      // With equal roots the contents are equal, but they may be elsewhere.
      if hasChanged { state.previous = state.current }
      state.current = manifest
      state.answer = answer
      return hasChanged ? Array(state.readers.values) : []
    }
    for reader in readers { reader.yield(.root(manifest.root)) }
  }

  /// The roots that come from now on. A reader that is slow gets the last one.
  func changes() -> AsyncStream<ProviderChange> {
    let (stream, continuation) = AsyncStream<ProviderChange>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.lastReader += 1
      state.readers[state.lastReader] = continuation
      return state.lastReader
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.readers.removeValue(forKey: id) }
    }
    return stream
  }

  /// Ends all streams of changes.
  func end() {
    let readers = state.withLock { state in
      defer { state.readers = [:] }
      return state.readers.values.map { $0 }
    }
    for reader in readers { reader.finish() }
  }
}

/// What a server has said of its manifest, beside the manifest.
struct ManifestAnswer: Sendable {
  let version: ServerVersion?
  let maxAge: Duration?

  /// Reads the manifest; nil where it still is the `known` one. Throws `ProviderError`, `ManifestError` or a cancellation.
  static func fetch(_ transport: Transport, known: ServerVersion?) async throws -> (Manifest, ManifestAnswer)? {
    let url = transport.source.url
    var headers: [(String, String)] = []
    if let tag = known?.tag {
      headers.append(("If-None-Match", tag))
    } else if let modified = known?.modified {
      headers.append(("If-Modified-Since", modified))
    }
    let answer = try await transport.retrying { () async throws -> (Data, ManifestAnswer)? in
      try await transport.get(url, headers) { response -> (Data, ManifestAnswer)? in
        if response.status == .notModified, known != nil { return nil }
        guard response.status == .ok else {
          throw ProviderError.damaged("\(HTTPSource.shown(url)): HTTP status \(response.status.code)")
        }
        let length = response.headers.first(name: "Content-Length").flatMap { Int($0) }
        var bytes = Data()
        bytes.reserveCapacity(min(length ?? 0, transport.options.largestManifest))
        for try await buffer in response.body {
          guard bytes.count + buffer.readableBytes <= transport.options.largestManifest else {
            throw ProviderError.unsupported(
              "\(HTTPSource.shown(url)) has more than \(transport.options.largestManifest) bytes")
          }
          buffer.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
        }
        return (bytes, ManifestAnswer(version: ServerVersion(response.headers), maxAge: maxAge(response.headers)))
      }
    }
    guard let (bytes, said) = answer else { return nil }
    // Takes a second for very many files, which is more than tasks may keep a thread for.
    let manifest: Result<Manifest, ManifestError> = await withCheckedContinuation { continuation in
      Threads.start("projfs manifest") {
        continuation.resume(
          returning: Result { () throws(ManifestError) in
            try Manifest(bytes) { transport.source.resolve($0, base: $1) != nil }
          })
      }
    }
    return (try manifest.get(), said)
  }

  /// `Cache-Control: max-age=60`.
  private static func maxAge(_ headers: HTTPHeaders) -> Duration? {
    for directive in headers[canonicalForm: "Cache-Control"] {
      let parts = directive.split(separator: "=")
      if parts.count == 2, parts[0].lowercased() == "max-age", let seconds = Int64(parts[1]), seconds >= 0 {
        return .seconds(min(seconds, 1 << 31))
      }
    }
    return nil
  }
}
