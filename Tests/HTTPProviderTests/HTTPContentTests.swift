internal import Glibc
internal import Logging
internal import Posix
internal import Provider
internal import SystemPackage
internal import TestSupport
internal import Testing

@testable import HTTPProvider

/// A directory on a web server.
@Suite("HTTP provider")
struct HTTPContentTests {
  @Test("A directory is projected by the manifest that the script writes")
  func directory() async throws {
    let server = try await Server.start()
    let top = server.directory.path
    _ = try server.directory.makeDirectory("empty")
    _ = try server.directory.makeDirectory("sub")
    try server.write("sub/a #?%41ü", Array("odd name".utf8))
    try server.write("nothing", [])
    let large = someBytes(300_000)
    try server.write("large", large)
    #expect(chmod("\(top)/large", 0o755) == 0)
    #expect(symlink("sub/a b", "\(top)/link") == 0)
    let name: [UInt8] = [0x72, 0xFF]
    let directory = try FileCalls.open(top, O_RDONLY | O_DIRECTORY)
    let odd = try EntryCalls.open(at: directory.rawValue, name, O_WRONLY | O_CREAT, mode: 0o600)
    try FileCalls.writeAll(odd.rawValue, Array("x".utf8))
    try server.makeManifest("--chunk-size", "65536")
    let content = try await server.open()
    let root = try await content.list(try await content.root())
    #expect(root.rejections.isEmpty)
    #expect(
      (0..<root.count).map { root.name(at: $0) }
        == ["empty", "large", "link", "nothing"].map { Array($0.utf8) } + [name, Array("sub".utf8)])
    #expect((0..<root.count).map { root.kind(at: $0) } == [.directory, .file, .symbolicLink, .file, .file, .directory])
    #expect((0..<root.count).map { root.size(at: $0) } == [nil, 300_000, 7, 0, 1, nil])
    #expect(root.permissions(at: 1) == 0o755)
    #expect(root.permissions(at: 4) == 0o600)
    #expect(try await content.bytes("large") == large)
    #expect(try await content.bytes("large", 65_000..<200_001) == Array(large[65_000..<200_001]))
    #expect(try await content.bytes("nothing").isEmpty)
    #expect(try await content.bytes("link") == Array("sub/a b".utf8))
    // Shown, but a path that is not UTF-8 cannot be asked for.
    await #expect(throws: ProviderError.self) {
      _ = try await written { try await content.fetch(root.content(at: 4), into: &$0) }
    }
    #expect(try await content.list(root.directory(at: 0)).isEmpty)
    let sub = try await content.list(root.directory(at: 5))
    #expect(try await written { try await content.fetch(sub.content(at: 0), into: &$0) } == Array("odd name".utf8))
    #expect(content.displayName == server.url("manifest.json"))
    #expect(content.provider is any RangedContentProvider)
    // Twice over, so that nothing depends on the first manifest's file being there.
    try server.makeManifest()
    #expect(try await server.open().root() == content.root())
    await content.end()
    await #expect(throws: ProviderError.self) { try await content.bytes("large") }
  }

  @Test("Contents are verified against their IDs")
  func verification() async throws {
    let server = try await Server.start()
    let content = try await server.serve("file", Array("right".utf8), fault: "")
    let id = try await content.file("file")
    for (text, isRight) in [("right", true), ("wrong", false), ("right!", false), ("", false)] {
      let path = try server.directory.write("candidate", text)
      let file = try FileCalls.open(path, O_RDONLY)
      #expect(try await content.verify(id, file: FileDescriptor(rawValue: file.rawValue)) == isRight)
    }
    await content.end()
  }

  @Test("Credentials are sent to the manifest's server, and shown nowhere")
  func credentials() async throws {
    let server = try await Server.start()
    let other = try await Server.start()
    try server.write("file", Array("mine".utf8))
    try other.write("file", Array("other".utf8))
    try server.writeManifest([
      try entry("mine", Array("mine".utf8), url: "file"),
      try entry("other", Array("other".utf8), url: other.url("file")),
      try entry("moved", Array("other".utf8), url: "file?fault=redirect&to=\(other.url("file"))"),
      try entry("gone", Array("gone".utf8), url: "gone?key=secret"),
    ])
    let source = "http://me%40home:pass%3Aword@127.0.0.1:\(server.port)/manifest.json?key=secret"
    let content = try await HTTPContent(source: source, options: quick, logger: Logger(label: "test"))
    #expect(content.displayName == server.url("manifest.json") + "?…")
    #expect(try await content.bytes("mine") == Array("mine".utf8))
    #expect(try await content.bytes("other") == Array("other".utf8))
    #expect(try await content.bytes("moved") == Array("other".utf8))
    let header = "Basic bWVAaG9tZTpwYXNzOndvcmQ="
    #expect(try await server.requests().allSatisfy { $0.hasSuffix(header) })
    #expect(try await other.requests().allSatisfy { $0.hasSuffix("None") })
    do {
      _ = try await content.bytes("gone")
      Issue.record("a file that is not there")
    } catch {
      #expect("\(error)".contains("/gone"))
      #expect(!"\(error)".contains("secret"))
      #expect(!"\(error)".contains("pass"))
    }
    await content.end()
  }

  @Test(
    "What is no manifest, or is not there, is an error that says so",
    arguments: [
      ("ftp://host/x", "http"), ("no url at all", "URL"), ("http:///x", "host"), ("/path", "http"),
    ])
  func badSources(source: String, word: String) async {
    do throws(HTTPError) {
      _ = try await HTTPContent(source: source, options: quick, logger: Logger(label: "test"))
      Issue.record("\(source) was taken")
    } catch {
      guard case .badSource(let text) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(text.contains(word))
    }
  }

  @Test("A server that is not there, refuses, or has no manifest")
  func noManifest() async throws {
    let server = try await Server.start()
    try server.write("text", Array("text".utf8))
    func failure(_ path: String) async -> HTTPError? {
      do throws(HTTPError) {
        let content = try await HTTPContent(
          source: "http://user:password@127.0.0.1:\(server.port)/\(path)", options: quick, logger: Logger(label: "test")
        )
        await content.end()
        return nil
      } catch {
        #expect(!error.description.contains("password"))
        return error
      }
    }
    #expect(await failure("none") == .noManifest("\(server.url("none")): HTTP status 404"))
    #expect(await failure("text?fault=status:401") == .denied("\(server.url("text"))?…: HTTP status 401"))
    #expect(await failure("text") == .malformed(ManifestError("it is not JSON")))
    for fault in ["status:500", "close", "loop"] {
      guard case .unreachable = await failure("text?fault=\(fault)") else {
        Issue.record("\(fault)")
        continue
      }
    }
    guard case .unreachable = await Self.closedPort() else {
      Issue.record("a port on which nobody listens")
      return
    }
  }

  private static func closedPort() async -> HTTPError? {
    do throws(HTTPError) {
      // The port of the discard service, which nobody runs, and which needs a privilege to listen on.
      _ = try await HTTPContent(source: "http://127.0.0.1:9/m", options: quick, logger: Logger(label: "test"))
      return nil
    } catch {
      return error
    }
  }

  @Test("A new manifest is a new root, and what the old one had stays as long as it is served")
  func changes() async throws {
    let server = try await Server.start()
    let (one, two) = (Array("one".utf8), Array("two".utf8))
    try server.write("1", one)
    try server.write("2", two)
    try server.writeManifest([try entry("file", one, url: "1"), try entry("same", one, url: "1")])
    var options = quick
    options.interval = .milliseconds(20)
    let content = try await server.open(options: options)
    var changes = content.changes().makeAsyncIterator()
    let (oldRoot, old) = (try await content.root(), try await content.file("file"))
    // Nothing is sent while it is the same.
    try await content.check()
    #expect(try await server.requests().contains { $0.hasPrefix("/manifest.json 304") })
    try server.writeManifest([try entry("file", two, url: "2"), try entry("same", one, url: "1")])
    guard case .root(let root)? = await changes.next() else {
      Issue.record("no new root")
      return
    }
    #expect(root != oldRoot)
    #expect(try await content.root() == root)
    #expect(try await content.bytes("file") == two)
    #expect(try await content.list(oldRoot).count == 2)
    #expect(try await written { try await content.fetch(old, into: &$0) } == one)
    // The next one is not a manifest: the last one stays.
    try server.write("manifest.json", Array("{".utf8))
    // A look that was under way already may still see the old one.
    var isRefused = false
    while !isRefused { do { try await content.check() } catch is ManifestError { isRefused = true } }
    #expect(try await content.bytes("file") == two)
    // A content that its server does not have any more, nor the manifest.
    try FileCalls.remove("\(server.directory.path)/2")
    try server.writeManifest([try entry("same", one, url: "1")])
    await #expect {
      _ = try await content.bytes("file")
    } throws: { error in
      // Between the two the manifest may have been read.
      if case .outdated = error as? ProviderError { true } else { error as? ProviderError == .missing("file") }
    }
    await content.end()
    while await changes.next() != nil {}
  }
}
