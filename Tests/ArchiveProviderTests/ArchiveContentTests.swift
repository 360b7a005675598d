import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@testable import ArchiveProvider

@Suite struct ArchiveContentTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private var archive: String { "\(directory.path)/archive" }

  private func read(_ path: String) throws -> [UInt8] { try FileCalls.contents(path) }

  private func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    let file = try FileCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array(bytes))
  }

  /// A few files with bytes that are different everywhere, as a tar or a zip.
  private func sample(_ kind: String, sizes: [Int], at path: String? = nil) throws {
    try python(
      """
      path, kind, sizes = sys.argv[1], sys.argv[2], [int(size) for size in sys.argv[3].split(',')]
      def data(number, size): return random.Random(number).randbytes(size // 2) + bytes(size - size // 2)
      if kind == 'zip':
        with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
          for number, size in enumerate(sizes): z.writestr(f'd{number % 3}/f{number}', data(number, size))
      else:
        with tarfile.open(path, 'w:' + kind) as t:
          for number, size in enumerate(sizes):
            info = tarfile.TarInfo(f'd{number % 3}/f{number}')
            info.size = size
            t.addfile(info, io.BytesIO(data(number, size)))
      """, path ?? archive, kind, sizes.map(String.init).joined(separator: ","))
  }

  private static let kinds = ["", "gz", "bz2", "xz", "zip"]

  @Test("Any part of any file is its part, in any order, with little kept of what was decompressed", arguments: kinds)
  func ranges(kind: String) async throws {
    try sample(kind, sizes: [3_000_000, 10, 0, 9_000_000, 70_000, 12_000_000])
    let whole = try ArchiveContent(path: archive)
    let content = try ArchiveContent(path: archive, decodedLimit: 1)
    var random = SeededRandom(seed: 5)
    for number in [5, 0, 3, 1, 4, 2] {
      let id = try await content.content(at: "d\(number % 3)/f\(number)")
      let bytes = try await whole.bytes(of: id)
      #expect(try await content.sizes(of: [id]) == [Int64(bytes.count)])
      for _ in 0..<(bytes.isEmpty ? 0 : 4) {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, start + Int.random(in: 1...2_000_000, using: &random))
        let target = try FileCalls.open("\(directory.path)/part", O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        var sink = ContentSink(descriptor: FileDescriptor(rawValue: target.rawValue))
        try await content.fetch(id, range: Int64(start)..<Int64(end), into: &sink)
        let part = try FileCalls.read(target.rawValue, at: 0, count: end - start + 1)
        #expect(part == Array(bytes[start..<end]), "\(number): \(start)..<\(end)")
      }
    }
  }

  @Test("Many read at once, each what is its own", arguments: kinds)
  func concurrency(kind: String) async throws {
    try sample(kind, sizes: (0..<40).map { $0 * 9_973 })
    let whole = try ArchiveContent(path: archive)
    let expected = try await whole.tree()
    let content = try ArchiveContent(path: archive, decodedLimit: 1)
    try await withThrowingTaskGroup(of: [[UInt8]: String].self) { group in
      for _ in 0..<6 { group.addTask { try await content.tree() } }
      for try await tree in group { #expect(tree == expected) }
    }
  }

  @Test("The index is kept for the version of the archive that it is of, and made anew where it is damaged")
  func index() async throws {
    try sample("gz", sizes: [1000, 2000, 3000])
    let cache = "\(directory.path)/cache"
    let first = try ArchiveContent(path: archive, cacheDirectory: cache)
    let names = try FileCalls.names(cache).filter { $0.hasSuffix(".archive-index") }
    #expect(names.count == 1 && names[0].utf8.count <= 255)
    let kept = try read("\(cache)/\(names[0])")
    let file = try ArchiveFile.open(archive)
    let index = try #require(ArchiveIndexFile.load(file, in: CacheDirectory(path: cache)))
    #expect(ArchiveIndexFile.encode(index, version: file.version.encoded) == kept)
    #expect(ArchiveIndexFile.decode(kept, version: Array(file.version.encoded.dropLast())) == nil)
    var random = SeededRandom(seed: 1)
    for _ in 0..<50 {
      var damaged = kept
      damaged[Int.random(in: 0..<kept.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      #expect(ArchiveIndexFile.decode(damaged, version: file.version.encoded) == nil)
      let cut = Array(kept.prefix(Int.random(in: 0..<kept.count, using: &random)))
      #expect(ArchiveIndexFile.decode(cut, version: file.version.encoded) == nil)
    }
    try write([1, 2, 3], to: "\(cache)/\(names[0])")
    let again = try ArchiveContent(path: archive, cacheDirectory: cache)
    #expect(try read("\(cache)/\(names[0])") == kept)
    #expect(try await again.tree() == first.tree())
    #expect(try await again.content(at: "d0/f0") == first.content(at: "d0/f0"))
    // No place to keep it is no failure.
    _ = try ArchiveContent(path: archive, cacheDirectory: "/proc/none")
    // What is no archive leaves nothing behind.
    let text = try directory.write("text", "no archive")
    #expect(throws: ArchiveSourceError.self) {
      try ArchiveContent(path: text, cacheDirectory: "\(directory.path)/other")
    }
    #expect(access("\(directory.path)/other", F_OK) != 0)
  }

  @Test("An archive that is replaced stays as it was; one that is written to is never mixed", arguments: kinds)
  func replaced(kind: String) async throws {
    try sample(kind, sizes: [1_000_000, 2000])
    let content = try ArchiveContent(path: archive, decodedLimit: 1)
    let id = try await content.content(at: "d0/f0")
    let bytes = try await content.bytes(of: id)
    let other = "\(directory.path)/other"
    try sample(kind, sizes: [1_000_001, 2000], at: other)
    try FileCalls.rename(other, to: archive)
    #expect(try await content.bytes(of: id) == bytes)

    let new = try ArchiveContent(path: archive, decodedLimit: 1)
    let newID = try await new.content(at: "d0/f0")
    #expect(newID != id)
    await #expect(throws: ProviderError.self) { try await new.bytes(of: id) }
    await #expect(throws: ProviderError.self) { try await new.list(try await content.root()) }
    let copy = try read(archive)
    try write(copy.map { $0 ^ 0x20 }, to: archive)
    await #expect(
      throws: ProviderError.damaged("the archive '\(archive)' was written to while it is projected; mount it again")
    ) { try await new.bytes(of: newID) }
  }

  @Test("A damaged archive gives exact bytes or a failure", arguments: kinds)
  func damage(kind: String) async throws {
    try sample(kind, sizes: [20_000, 5_000, 700, 40_000])
    let good = try ArchiveContent(path: archive)
    let expected = try await good.tree()
    let bytes = try read(archive)
    var random = SeededRandom(seed: 11)
    let damaged = "\(directory.path)/damaged"
    for round in 0..<60 {
      var copy = bytes
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let isCut = round.isMultiple(of: 2)
      if isCut {
        copy.removeLast(bytes.count - place)
      } else {
        copy[place] ^= UInt8.random(in: 1...255, using: &random)
      }
      try write(copy, to: damaged)
      let content: ArchiveContent
      do {
        content = try ArchiveContent(path: damaged)
      } catch {
        if case .system(let error, _) = error { Issue.record("\(place): \(error)") }
        continue
      }
      let root = try await content.root()
      guard let shown = try? await content.tree(below: root) else { continue }
      // The data of a tar has no checksum, and the names in a zip have none.
      if kind == "" && !isCut { continue }
      let same = kind == "zip" ? shown.filter { expected[$0.key]?.hasPrefix("file") ?? false } : shown
      for (path, what) in same where kind != "zip" || what.hasPrefix("file 644") || what.hasPrefix("file 600") {
        #expect(expected[path] == what, "\(String(decoding: path, as: UTF8.self)), \(place) of \(bytes.count)")
      }
    }
  }

  @Test("What is no archive says why")
  func errors() async throws {
    let none = "\(directory.path)/none"
    #expect(throws: ArchiveSourceError.missing(path: none)) { try ArchiveContent(path: none) }
    #expect(throws: ArchiveSourceError.notAnArchive(path: directory.path, reason: "it is no regular file")) {
      try ArchiveContent(path: directory.path)
    }
    try #require(mkfifo("\(directory.path)/fifo", 0o644) == 0)
    #expect(throws: ArchiveSourceError.self) { try ArchiveContent(path: "\(directory.path)/fifo") }
    let text = try directory.write("text", String(repeating: "no archive\n", count: 100))
    #expect(throws: ArchiveSourceError.notAnArchive(path: text, reason: "it is neither tar, cpio nor zip")) {
      try ArchiveContent(path: text)
    }
    try run("gzip", "-k", text)
    #expect(throws: ArchiveSourceError.self) { try ArchiveContent(path: text + ".gz") }
    for magic: [UInt8] in [
      [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4], [0x50, 0x4b, 3, 4], [0x1f, 0x8b], [0x5d, 0, 0],
    ] {
      try write(magic, to: archive)
      #expect(throws: ArchiveSourceError.self, "\(magic)") { try ArchiveContent(path: archive) }
    }
    // Empty archives are archives.
    try write([], to: archive)
    #expect(try await ArchiveContent(path: archive).tree().isEmpty)
    try write([UInt8](repeating: 0, count: 10_240), to: archive)
    #expect(try await ArchiveContent(path: archive).tree().isEmpty)
    try python("zipfile.ZipFile(sys.argv[1], 'w').close()", archive)
    #expect(try await ArchiveContent(path: archive).tree().isEmpty)
    try python("tarfile.open(sys.argv[1], 'w:gz').close()", archive)
    #expect(try await ArchiveContent(path: archive).tree().isEmpty)
  }

  @Test("Encrypted members are listed, and denied")
  func encrypted() async throws {
    try directory.write("secret", "text")
    try directory.write("open", "text")
    try run(
      "sh", "-c", "cd \(directory.path) && zip -q -P password \(archive).zip secret && zip -q \(archive).zip open")
    let content = try ArchiveContent(path: archive + ".zip")
    #expect(try await content.bytes(of: try await content.content(at: "open")) == Array("text".utf8))
    let id = try await content.content(at: "secret")
    await #expect(throws: ProviderError.denied("member 0 of '\(archive).zip' is encrypted")) {
      try await content.bytes(of: id)
    }
  }

  @Test("IDs that are none of the archive's name nothing")
  func strangers() async throws {
    try sample("", sizes: [10])
    let content = try ArchiveContent(path: archive)
    let id = try await content.content(at: "d0/f0")
    for bytes: [UInt8] in [[], [7], id.bytes + [1], Array(id.bytes.dropLast()), Array(id.bytes.dropLast()) + [99]] {
      await #expect(throws: ProviderError.self) { try await content.bytes(of: ContentID(bytes)) }
      await #expect(throws: ProviderError.self) { try await content.list(DirectoryID(bytes)) }
    }
    await #expect(throws: ProviderError.self) { try await content.list(DirectoryID(id.bytes)) }
  }
}
