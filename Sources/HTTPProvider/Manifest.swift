internal import FoundationEssentials
internal import Provider

/// What a manifest projects: directories by their IDs and contents by their digests, all checked.
///
/// A directory's ID is the digest of what it lists, so equal directories of two manifests are one.
struct Manifest: Sendable {
  /// Where the bytes of a content are.
  enum Source: Sendable {
    /// Behind a URL, relative to the manifest's base.
    case remote(url: String, size: Int64, chunks: Chunks?)
    /// In memory: the target of a symbolic link.
    case inline([UInt8])
  }

  /// The digests of a content's pieces, all of `size` bytes but the last.
  struct Chunks: Sendable {
    let size: Int64
    /// 32 bytes each.
    let digests: [UInt8]

    func digest(at index: Int) -> Digest { Digest(unchecked: Array(digests[index * 32..<index * 32 + 32])) }
  }

  /// An entry, for messages: made into words only when there is something to say.
  struct Place {
    let index: Int
    let path: [UInt8]

    func error(_ what: String) -> ManifestError { ManifestError("entry \(index), '\(shown(path))': \(what)") }
  }

  private(set) var root: DirectoryID
  private(set) var directories: [DirectoryID: DirectoryListing] = [:]
  private(set) var contents: [Digest: Source] = [:]
  /// What URLs are relative to, itself relative to the manifest's URL.
  let base: String

  /// Reads and checks a manifest. `resolves` says whether a URL, relative to a base, leads somewhere.
  init(_ bytes: Data, resolves: (_ url: String, _ base: String) -> Bool) throws(ManifestError) {
    let file = try ManifestFile.read(bytes)
    let directory = file.base ?? ""
    base = directory.isEmpty || directory.hasSuffix("/") ? directory : directory + "/"
    guard resolves(".", base) else { throw ManifestError("'base' is no URL of http or https") }
    var tree = ManifestTree()
    for (index, entry) in file.entries.enumerated() {
      let path = try Self.bytes(entry.path, entry.pathBase64, "path", index)
      let place = Place(index: index, path: path)
      if let url = entry.url, !resolves(url, base) {
        throw place.error("'url' is no URL of http or https, or has credentials in it")
      }
      try tree.add(path, try Self.item(entry, path, place, &contents), place)
    }
    do throws(ProviderError) {
      root = try tree.finish(&directories)
    } catch {
      throw ManifestError("\(error)")
    }
  }

  private static func item(
    _ entry: ManifestFile.Entry, _ path: [UInt8], _ place: Place, _ contents: inout [Digest: Source]
  ) throws(ManifestError) -> ManifestTree.Item {
    let isLink = entry.target != nil || entry.targetBase64 != nil
    let isDirectory = entry.directory == true
    let isFile = entry.sha256 != nil || entry.size != nil
    guard [isLink, isDirectory, isFile].filter({ $0 }).count == 1 else {
      throw place.error("not one of a file (size, sha256), a link (target) and a directory")
    }
    if isDirectory { return .directory(try permissions(entry.mode, or: 0o755, place)) }
    if isLink {
      let target = try bytes(entry.target, entry.targetBase64, "target", place.index)
      guard !target.isEmpty, target.count < 4096, !target.contains(0) else {
        throw place.error("a target that no link can have")
      }
      let digest = try self.digest(of: target, place)
      contents[digest] = .inline(target)
      return .link(digest, size: Int64(target.count))
    }
    guard let size = entry.size, size >= 0 else { throw place.error("no size, or one below 0") }
    guard let digest = entry.sha256.flatMap({ Digest(hexadecimal: $0) }) else {
      throw place.error("'sha256' is not 64 hexadecimal digits")
    }
    guard (size == 0) == (digest == emptyDigest) else {
      throw place.error("a size of \(size) and a digest that is not of so many bytes")
    }
    switch contents[digest] {
    case .remote(_, let known, _) where known != size:
      throw place.error("a size of \(size), and \(known) for the same digest before")
    case .inline(let known) where known.count != size:
      throw place.error("a size of \(size), and \(known.count) for the same digest before")
    case .remote(_, _, .some): break
    case .remote, .inline, nil:
      let url = entry.url ?? escaped(path)
      contents[digest] =
        size == 0 ? .inline([]) : .remote(url: url, size: size, chunks: try chunks(entry, size, place))
    }
    return .file(digest, size: size, permissions: try permissions(entry.mode, or: 0o644, place))
  }

  private static func chunks(
    _ entry: ManifestFile.Entry, _ size: Int64, _ place: Place
  ) throws(ManifestError) -> Chunks? {
    guard let digests = entry.chunks, let chunk = entry.chunkSize else {
      guard entry.chunks == nil, entry.chunkSize == nil else {
        throw place.error("'chunks' and 'chunk_size' belong together")
      }
      return nil
    }
    guard chunk >= 4096, chunk <= 16 << 20 else {
      throw place.error("a chunk_size that is not between 4096 and 16777216")
    }
    guard Int64(digests.count) == (size - 1) / chunk + 1 else {
      throw place.error("\(digests.count) chunks of \(chunk) bytes do not make \(size)")
    }
    var all: [UInt8] = []
    all.reserveCapacity(digests.count * 32)
    for text in digests {
      guard let digest = Digest(hexadecimal: text) else {
        throw place.error("a chunk that is not 64 hexadecimal digits")
      }
      all += digest.bytes
    }
    return Chunks(size: chunk, digests: all)
  }

  private static func permissions(
    _ mode: String?, or standard: UInt16, _ place: Place
  ) throws(ManifestError) -> UInt16 {
    guard let mode else { return standard }
    guard let bits = UInt16(mode, radix: 8), bits <= 0o7777 else {
      throw place.error("a mode of '\(mode.prefix(20))', which is not octal")
    }
    return bits
  }

  private static func bytes(
    _ text: String?, _ base64: String?, _ what: String, _ index: Int
  ) throws(ManifestError) -> [UInt8] {
    switch (text, base64) {
    case (let text?, nil): return Array(text.utf8)
    case (nil, let base64?):
      guard let data = Data(base64Encoded: base64) else {
        throw ManifestError("entry \(index): '\(what)_base64' is not base64")
      }
      return Array(data)
    default: throw ManifestError("entry \(index): no '\(what)', or two")
    }
  }

  private static func digest(of bytes: [UInt8], _ place: Place) throws(ManifestError) -> Digest {
    do throws(ProviderError) {
      return try Digest(of: bytes)
    } catch {
      throw place.error("\(error)")
    }
  }

  private static let emptyDigest = Digest(
    hexadecimal: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

  /// A path as a relative URL: all but the plainest bytes as `%XX`.
  static func escaped(_ path: [UInt8]) -> String {
    var result = ""
    result.reserveCapacity(path.count)
    for byte in path {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += (digits.count == 1 ? "%0" : "%") + digits
      }
    }
    return result
  }
}

/// Bytes as text for a message: short, and without control characters.
func shown(_ bytes: some Collection<UInt8>) -> String {
  let text = String(decoding: Array(bytes.prefix(200)), as: UTF8.self)
  return String(
    String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
}
