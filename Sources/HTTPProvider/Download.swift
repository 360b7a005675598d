internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import Provider

/// The bytes of one content on a server, or some of them, in order and each once, however often it is cut.
struct Download {
  let transport: Transport
  let url: URL
  /// The size of the whole.
  let size: Int64
  /// Which version of it the server had before, where that matters.
  var known: ServerVersion?
  /// Given the version that the server has, returns the one that it has to be: others may fetch other parts meanwhile.
  var agree: @Sendable (ServerVersion) -> ServerVersion = { $0 }

  /// Gives `take` the bytes of `range`.
  ///
  /// Goes on where it was cut, of the same version. Throws `ProviderError.outdated` where the server has another one.
  func run(_ range: Range<Int64>, _ take: (UnsafeRawBufferPointer) throws -> Void) async throws {
    var version = known
    var position = range.lowerBound
    var last = position
    try await transport.retrying {
      var headers: [(String, String)] = []
      let isPart = position > 0 || range.upperBound < size
      if isPart {
        headers.append(("Range", "bytes=\(position)-\(range.upperBound - 1)"))
        if let condition = version?.condition { headers.append(("If-Range", condition)) }
      }
      try await transport.get(url, headers) { response in
        let found = ServerVersion(response.headers)
        version = version ?? found.map(agree)
        if let version, !version.matches(found) {
          throw ProviderError.outdated("\(HTTPSource.shown(url)) is another version than before")
        }
        var skipped = try start(response, position, isPart: isPart)
        for try await buffer in response.body {
          try buffer.withUnsafeReadableBytes { bytes in
            var bytes = bytes[...]
            let skip = Int(min(skipped, Int64(bytes.count)))
            skipped -= Int64(skip)
            bytes = bytes.dropFirst(skip)
            if Int64(bytes.count) > range.upperBound - position {
              // A server that gives the whole where a part was asked for goes on; nobody else may.
              guard response.status == .ok, range.upperBound < size else {
                throw ProviderError.wrongSize("\(HTTPSource.shown(url)) gives more than \(size) bytes, or than it said")
              }
              bytes = bytes.prefix(Int(range.upperBound - position))
            }
            guard !bytes.isEmpty else { return }
            try take(UnsafeRawBufferPointer(rebasing: bytes))
            position += Int64(bytes.count)
          }
          if position == range.upperBound, range.upperBound < size { break }
        }
      }
      guard position == range.upperBound else {
        throw Transport.Failure(
          error: .unavailable("\(HTTPSource.shown(url)) was cut after \(position) of \(size) bytes"), isTransient: true)
      }
    } hasProgressed: {
      defer { last = position }
      return position > last
    }
  }

  /// How many bytes of a response come before `position`. Throws where they are not what was asked for.
  private func start(_ response: HTTPClientResponse, _ position: Int64, isPart: Bool) throws -> Int64 {
    let shown = HTTPSource.shown(url)
    guard response.status == .partialContent else {
      guard response.status == .ok else { throw ProviderError.damaged("\(shown): HTTP status \(response.status.code)") }
      if let length = response.headers.first(name: "Content-Length").flatMap({ Int64($0) }), length != size {
        throw ProviderError.wrongSize("\(shown) has \(length) bytes and not \(size)")
      }
      return position
    }
    guard isPart, let range = ContentRange(response.headers.first(name: "Content-Range") ?? "") else {
      throw ProviderError.damaged("\(shown) gives a part that it does not name, or that was not asked for")
    }
    if let total = range.total, total != size {
      throw ProviderError.wrongSize("\(shown) has \(total) bytes and not \(size)")
    }
    guard range.first == position else {
      throw ProviderError.damaged(
        "\(shown) gives bytes from \(range.first) on where those from \(position) were asked for")
    }
    return 0
  }
}

/// What tells versions of a content apart on a server.
struct ServerVersion: Sendable, Equatable {
  var tag: String?
  var modified: String?

  init?(_ headers: HTTPHeaders) {
    tag = headers.first(name: "ETag")
    modified = headers.first(name: "Last-Modified")
    if tag == nil, modified == nil { return nil }
  }

  /// Whether both may be one version. Where nothing is said it may.
  func matches(_ other: ServerVersion?) -> Bool {
    guard let other else { return true }
    if let tag, let otherTag = other.tag { return Self.opaque(tag) == Self.opaque(otherTag) }
    if let modified, let otherModified = other.modified { return modified == otherModified }
    return true
  }

  /// The value of `If-Range`, which wants a strong tag or a date.
  var condition: String? {
    if let tag { return tag.hasPrefix("W/") ? nil : tag }
    return modified
  }

  private static func opaque(_ tag: String) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...] }
}

/// `bytes 0-99/1000` or `bytes 0-99/*`.
struct ContentRange: Equatable {
  let first: Int64
  let last: Int64
  let total: Int64?

  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
    let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
    let ends = parts.first?.split(separator: "-", omittingEmptySubsequences: false) ?? []
    guard parts.count == 2, ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0,
      first <= last
    else { return nil }
    if parts[1] == "*" {
      total = nil
    } else {
      guard let number = Int64(parts[1]), last < number else { return nil }
      total = number
    }
    self.first = first
    self.last = last
  }
}
