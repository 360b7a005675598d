import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@testable import GitProvider

@Suite("Files are what git writes into a working tree")
struct CheckoutIdentityTests {
  @Test("Random attributes, configurations and contents")
  func random() async throws {
    let first = TestSeed.any
    let count = TestSeed.count(15)
    var converted = 0
    var withoutAnswer = 0
    for seed in first..<first + UInt64(count) {
      var random = SeededRandom(seed: seed)
      let home = try TemporaryDirectory()
      let repository = try RandomAttributesRepository(in: home.path, &random)
      do {
        try repository.fixture.git("worktree", "add", "-q", "--detach", home.path + "/native", "main")
      } catch let failure as GitFixture.Failure where failure.errors.contains("died of signal") {
        // Some attributes crash git 2.39 itself, seldom: then there is nothing to compare with, and only to survive.
        withoutAnswer += 1
        let content = try Self.content(repository.fixture.path, "HEAD")
        #expect(try await content.list(content.root()).count > 0, "seed \(seed)")
        continue
      }
      var walk = try Walk(repository.fixture.path, home: home.path)
      try await walk.compare(try await walk.content.root(), "")
      // The second time nothing new is named.
      let ids = walk.ids
      walk.ids = []
      try await walk.compare(try await walk.content.root(), "")
      #expect(walk.ids == ids)
      #expect(walk.differences == [], "seed \(seed)")
      converted += ids.count { $0.count == 21 }
    }
    #expect(withoutAnswer <= count / 3, "git crashes from seed \(first) on")
    #expect(converted > 0, "nothing was converted from seed \(first) on")
  }

  @Test("Without rules that count, IDs are those of the objects; text=auto keeps files as they are")
  func plain() async throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add(".gitattributes", "*.c diff=cpp\n/docs/** linguist-documentation\n[attr]mine diff\n")
    try repository.add("docs/a.c", "a\n")
    try repository.commit()
    try repository.add("docs/.gitattributes", "* text=auto\n")
    try repository.commit()
    for revision in ["HEAD", "HEAD~1"] {
      let content = try Self.content(repository.path, revision)
      #expect(try await content.root().description == repository.git("rev-parse", "\(revision)^{tree}") + "2f")
      let top = try await content.list(content.root()).sorted()
      #expect(try top.directory(at: 1).description == repository.git("rev-parse", "\(revision):docs"))
      let docs = try await content.list(top.directory(at: 1)).sorted()
      #expect(
        try docs.content(at: docs.count - 1).description == repository.git("rev-parse", "\(revision):docs/a.c"))
    }
  }

  @Test("A rule that looks at names has one context for the whole tree, and paths that no rule reaches have none")
  func contextsAreShared() async throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add(".gitattributes", "/a/x/*.c ident\n")
    for name in ["a/x/f.c", "a/y/f.c", "b/x/f.c"] { try repository.add(name, "$Id$\n") }
    try repository.commit()
    try repository.add(".gitattributes", "*.c ident\n")
    try repository.commit()
    let byName = try await Self.directories(Self.content(repository.path, "HEAD"))
    #expect(Set(byName.values.map { $0.bytes.dropFirst(20) }).count == 1 && byName["a"]?.bytes.count == 28)
    let byPath = try await Self.directories(Self.content(repository.path, "HEAD~1"))
    #expect(byPath.filter { $0.value.bytes.count == 28 }.keys.sorted() == ["a", "a/x"])
  }

  @Test("A converted content is verified by converting again")
  func verification() async throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add(".gitattributes", "* eol=crlf ident\n")
    try repository.add("a", "$Id$\nb\n")
    try repository.commit()
    let content = try Self.content(repository.path, "HEAD")
    let listing = try await content.list(content.root()).sorted()
    let id = listing.content(at: 1)
    #expect(id.bytes.count == 21)
    let blob = try repository.git("rev-parse", "HEAD:a")
    for (text, isRight) in [
      ("$Id: \(blob) $\r\nb\r\n", true), ("$Id: \(blob) $\r\nb\r\n\r\n", false), ("$Id: \(blob) $\r\nb\r", false),
      ("$Id$\nb\n", false), ("", false),
    ] {
      let file = try FileCalls.open(try home.write("stored", text), O_RDONLY)
      #expect(try await content.verify(id, file: FileDescriptor(rawValue: file.rawValue)) == isRight, "\(text)")
    }
    let unknown = ContentID(id.bytes.prefix(20) + [0x77])
    await #expect(throws: ProviderError.self) { _ = try await content.sizes(of: [unknown]) }
    let stranger = DirectoryID(Array(repeating: 1, count: 28))
    await #expect(throws: ProviderError.self) { _ = try await content.list(stranger) }
  }

  private static func content(_ path: String, _ revision: String) throws -> GitContent {
    let repository = try GitRepository(path: path)
    return try GitContent(repository: repository, revision: try repository.revision(revision))
  }

  private static func directories(_ content: GitContent) async throws -> [String: DirectoryID] {
    var found: [String: DirectoryID] = [:]
    var waiting = [(path: "", id: try await content.root())]
    while let next = waiting.popLast() {
      let listing = try await content.list(next.id).sorted()
      for index in 0..<listing.count where listing.kind(at: index) == .directory {
        let path = next.path + listing.withName(at: index) { String(decoding: $0, as: UTF8.self) }
        found[path] = listing.directory(at: index)
        waiting.append((path + "/", listing.directory(at: index)))
      }
    }
    return found
  }
}

/// Compares a provider's tree with a working tree.
private struct Walk {
  let content: GitContent
  let native: String
  let scratch: String
  /// All IDs in the order seen.
  var ids: [[UInt8]] = []
  var differences: [String] = []
  private var bytesOf: [ContentID: [UInt8]] = [:]

  init(_ path: String, home: String) throws {
    let repository = try GitRepository(path: path)
    content = try GitContent(repository: repository, revision: try repository.revision("main"))
    native = home + "/native/"
    scratch = home + "/scratch"
  }

  mutating func compare(_ directory: DirectoryID, _ path: String) async throws {
    let listing = try await content.list(directory).sorted()
    ids.append(directory.bytes)
    var names: [String] = []
    for index in 0..<listing.count {
      let name = listing.withName(at: index) { String(decoding: $0, as: UTF8.self) }
      names.append(name)
      if listing.kind(at: index) == .directory {
        try await compare(listing.directory(at: index), path + name + "/")
      } else {
        let isLink = listing.kind(at: index) == .symbolicLink
        try await compare(listing.content(at: index), isLink: isLink, path + name)
      }
    }
    let wanted = try FileCalls.names(native + path).filter { ![".", "..", ".git"].contains($0) }
    if wanted.sorted() != names.sorted() { differences.append("\(path): \(names) and not \(wanted)") }
  }

  private mutating func compare(_ id: ContentID, isLink: Bool, _ path: String) async throws {
    ids.append(id.bytes)
    let file = try FileCalls.open(scratch, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
    var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
    try await content.fetch(id, into: &sink)
    let shown = try FileCalls.contents(scratch)
    let wanted = isLink ? Array(try FileCalls.linkTarget(native + path).utf8) : try FileCalls.contents(native + path)
    if shown != wanted {
      let texts = [shown, wanted].map { String(decoding: $0.prefix(300), as: UTF8.self).debugDescription }
      differences.append("\(path): \(texts[0]) and not \(texts[1])")
    }
    let size = try await content.sizes(of: [id])[0]
    if size != wanted.count || sink.bytesWritten != size { differences.append("\(path): size \(size)") }
    if bytesOf[id, default: shown] != shown { differences.append("\(path): two contents for \(id)") }
    bytesOf[id] = shown
    if try await !content.verify(id, file: FileDescriptor(rawValue: file.rawValue)) {
      differences.append("\(path): not verified")
    }
  }
}
