import DirectoryProvider
import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite struct DirectoryContentTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func source() throws -> DirectoryContent { try DirectoryContent(path: directory.path) }

  @Test("A projection is what the directory is, and its IDs are found again after a restart", arguments: 1...6)
  func agreement(seed: UInt64) async throws {
    var random = RandomTree(seed: seed)
    try random.fill(directory.path, entries: 150)
    let expected = try NativeTree.tree(below: directory.path)
    #expect(try await source().tree() == expected, "seed \(seed)")

    // Each ID again, by providers that have listed nothing.
    let first = try source()
    let second = try source()
    var waiting = [try await first.root()]
    while let id = waiting.popLast() {
      let listing = try await second.list(id).sorted()
      let before = try await first.list(id).sorted()
      #expect(id.bytes.count <= ContentID.maximumLength)
      #expect(listing.count == before.count, "seed \(seed)")
      for index in 0..<listing.count where listing.kind(at: index) == .directory {
        waiting.append(listing.directory(at: index))
      }
      let fresh = try source()
      for index in 0..<listing.count where listing.kind(at: index) != .directory {
        let content = before.content(at: index)
        #expect(content.bytes.count <= ContentID.maximumLength)
        let size = Int64(try await fresh.bytes(of: content).count)
        #expect(size == before.size(at: index), "seed \(seed)")
        #expect(try await fresh.sizes(of: [content]) == [size])
      }
    }
  }

  @Test("Paths of any length are found, and names that fill the limit")
  func deep() async throws {
    // Longer than PATH_MAX: made piece by piece.
    var parent = try FileCalls.open(directory.path, O_RDONLY | O_DIRECTORY)
    let name = String(repeating: "d", count: 200)
    for _ in 0..<25 {
      try FileCalls.makeDirectory(at: parent.rawValue, name)
      parent = try FileCalls.open(at: parent.rawValue, name, O_RDONLY | O_DIRECTORY)
    }
    let longest = Array(repeating: UInt8(ascii: "n"), count: 255)
    for (name, text) in [(longest, "long"), (Array("short".utf8), "short")] {
      let file = try EntryCalls.open(at: parent.rawValue, name, O_WRONLY | O_CREAT, mode: 0o644)
      try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    }
    var id = try await source().root()
    var content = try source()
    for _ in 0..<25 {
      // Each level by a provider without any memory.
      content = try source()
      id = try await content.list(id).sorted().directory(at: 0)
    }
    let listing = try await content.list(id).sorted()
    #expect(listing.count == 2)
    for (index, text) in [(0, "long"), (1, "short")] {
      #expect(try await source().bytes(of: listing.content(at: index)) == Array(text.utf8))
    }
  }

  @Test("Hard links share a content, and a change of one is a change of all")
  func hardLinks() async throws {
    try directory.write("a", "text")
    _ = try directory.makeDirectory("d")
    try #require(link("\(directory.path)/a", "\(directory.path)/d/b") == 0)
    let content = try source()
    let old = try await content.content(at: "a")
    #expect(try await content.content(at: "d/b") == old)
    #expect(try await content.bytes(of: old) == Array("text".utf8))
    try directory.write("d/b", "other")
    await #expect(throws: ProviderError.self) { try await content.bytes(of: old) }
    let new = try await content.content(at: "a")
    #expect(new != old)
    // The name that the ID was made from goes; the other one stays.
    try FileCalls.remove("\(directory.path)/a")
    let last = try await content.content(at: "d/b")
    #expect(try await content.bytes(of: last) == Array("other".utf8))
  }

  @Test("FIFOs, sockets and devices are left out, and other file systems")
  func leftOut() async throws {
    try #require(mkfifo("\(directory.path)/fifo", 0o644) == 0)
    try directory.write("file", "")
    let listing = try await source().list(try await source().root())
    #expect(listing.count == 1)
    #expect(listing.rejections.map(\.reason) == ["a FIFO"])

    let top = try DirectoryContent(path: "/")
    let everything = try await top.list(try await top.root())
    #expect(everything.rejections.contains { $0.name == Array("proc".utf8) && $0.reason.contains("mounted") })
    // Nor is there another way in.
    await #expect(throws: ProviderError.self) { try await top.list(DirectoryID([4] + Array("proc".utf8))) }
  }

  @Test("No ID leads out of the source")
  func escape() async throws {
    let inner = try directory.makeDirectory("inner")
    try directory.write("outside", "secret")
    try #require(symlink("..", "\(inner)/up") == 0)
    let content = try DirectoryContent(path: inner)
    for path in ["..", "up", "/etc", "../outside", "./../outside"] {
      await #expect(throws: ProviderError.self, "\(path)") {
        try await content.list(DirectoryID([4] + Array(path.utf8)))
      }
    }
    let file = try await source().content(at: "outside")
    for path in ["../outside", "up/outside"] {
      // The version of a file outside, with a path that leads there.
      let id = ContentID(Array(file.bytes.dropLast("outside".utf8.count)) + Array(path.utf8))
      await #expect(throws: ProviderError.self, "\(path)") { try await content.bytes(of: id) }
    }
    for id: [UInt8] in [[], [0], [9], [2, 1], Array(repeating: 0xff, count: 119), Array(repeating: 2, count: 60)] {
      await #expect(throws: ProviderError.self) { try await content.bytes(of: ContentID(id)) }
      await #expect(throws: ProviderError.self) { try await content.list(DirectoryID(id)) }
    }
  }

  @Test("Parts of a file are its parts, and large files are copied whole")
  func ranges() async throws {
    var random = SeededRandom(seed: 7)
    let bytes = (0..<(40 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 12) }
    let file = try FileCalls.open("\(directory.path)/large", O_WRONLY | O_CREAT, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, bytes)
    let content = try source()
    let id = try await content.content(at: "large")
    #expect(try await content.bytes(of: id) == bytes)
    for _ in 0..<20 {
      let start = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 1...3_000_000, using: &random))
      let target = try FileCalls.open("\(directory.path)/part", O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
      var sink = ContentSink(descriptor: FileDescriptor(rawValue: target.rawValue))
      try await content.fetch(id, range: Int64(start)..<Int64(end), into: &sink)
      #expect(try FileCalls.read(target.rawValue, at: 0, count: end - start + 1) == Array(bytes[start..<end]))
    }
  }

  @Test("A source that is none says why")
  func errors() async throws {
    let file = try directory.write("file", "")
    #expect(throws: DirectorySourceError.missing(path: "\(directory.path)/none")) {
      try DirectoryContent(path: "\(directory.path)/none")
    }
    #expect(throws: DirectorySourceError.notADirectory(path: file)) { try DirectoryContent(path: file) }
  }

  @Test("What this user may not read is denied", .enabled(if: !Availability.root, "root may read everything"))
  func denied() async throws {
    let file = try directory.write("file", "text")
    let inner = try directory.makeDirectory("inner")
    let content = try source()
    let id = try await content.entry(at: "inner").id
    try #require(chmod(file, 0) == 0 && chmod(inner, 0) == 0)
    defer { _ = chmod(inner, 0o755) }
    #expect(throws: DirectorySourceError.denied(path: inner)) { try DirectoryContent(path: inner) }
    await #expect(throws: ProviderError.denied("'inner' of '\(directory.path)'")) {
      try await content.list(DirectoryID(id))
    }
    await #expect(throws: ProviderError.denied("'file' of '\(directory.path)'")) {
      try await content.bytes(of: try await content.content(at: "file"))
    }
  }

  @Test("How another path lies to the source")
  func overlap() throws {
    let inner = try directory.makeDirectory("inner")
    _ = try directory.makeDirectory("inner2")
    let content = try DirectoryContent(path: inner)
    #expect(content.overlap(with: inner) == .same)
    #expect(content.overlap(with: inner + "/../inner") == .same)
    #expect(content.overlap(with: inner + "/deeper") == .inside)
    #expect(content.overlap(with: directory.path) == .around)
    #expect(content.overlap(with: "/") == .around)
    #expect(content.overlap(with: inner + "2") == nil)
    #expect(try DirectoryContent(path: "/").overlap(with: inner) == .inside)
  }
}
