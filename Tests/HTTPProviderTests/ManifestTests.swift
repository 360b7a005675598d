internal import FoundationEssentials
internal import Provider
internal import TestSupport
internal import Testing

@testable import HTTPProvider

/// Manifests by themselves.
@Suite("HTTP manifests")
struct ManifestTests {
  private static let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

  private static func read(_ text: String) throws(ManifestError) -> Manifest {
    try Manifest(Data(text.utf8)) { _, _ in true }
  }

  private static func file(_ path: String, _ more: String = "") -> String {
    #"{"path":"\#(path)","size":5,"sha256":"\#(hash)"\#(more)}"#
  }

  @Test("What cannot be is said to be so, with its place")
  func badFiles() {
    let texts: [(String, String)] = [
      ("", "not JSON"), ("[]", "wrong type"), ("{}", "missing"),
      (#"{"format":"x","version":1,"entries":[]}"#, "format"),
      (#"{"format":"projfs-manifest","version":2,"entries":[]}"#, "version 2"),
      (#"{"format":"projfs-manifest","version":1,"entries":[{"path":5}]}"#, "entries[0].path"),
    ]
    for (text, words) in texts { #expect(Self.failure(text).contains(words), "\(text)") }
  }

  /// Why a text is no manifest.
  private static func failure(_ text: String) -> String {
    do throws(ManifestError) {
      _ = try read(text)
      return "it is one"
    } catch {
      return error.description
    }
  }

  @Test("Entries that cannot be are said to be so, with index and path")
  func badEntries() {
    let hash = Self.hash
    func file(_ path: String, _ more: String = "") -> String { Self.file(path, more) }
    var entries: [(String, String)] = []
    entries.append((file("/a"), "absolute"))
    entries.append((file("a/../b"), "'..'"))
    entries.append((file("./a"), "'.'"))
    entries.append((file("a//b"), "empty"))
    entries.append((file(""), "empty"))
    entries.append((file("a/"), "empty"))
    entries.append((file("a\\u0000b"), "NUL"))
    entries.append((file(String(repeating: "x", count: 256)), "255"))
    entries.append((file("a") + "," + file("a"), "twice"))
    entries.append((file("a") + "," + file("a/b"), "should be a directory"))
    entries.append((file("a/b") + "," + file("a"), "also a directory"))
    entries.append((#"{"path":"d","directory":true},{"path":"d","directory":true}"#, "twice"))
    entries.append((#"{"path":"d","directory":true},"# + file("d"), "also a directory"))
    entries.append((file("d") + #",{"path":"d","directory":true}"#, "should be a directory"))
    entries.append((#"{"path":"a","size":-1,"sha256":"\#(hash)"}"#, "below 0"))
    entries.append((#"{"path":"a","size":0,"sha256":"\#(hash)"}"#, "digest"))
    entries.append((#"{"path":"a","size":5,"sha256":"12"}"#, "64"))
    entries.append((#"{"path":"a","size":5}"#, "64"))
    entries.append((#"{"path":"a","sha256":"\#(hash)"}"#, "size"))
    entries.append((#"{"path":"a"}"#, "not one of"))
    entries.append((#"{"path":"a","target":"b","size":5}"#, "not one of"))
    entries.append((#"{"path":"a","target":""}"#, "target"))
    entries.append((#"{"path":"a","path_base64":"YQ==","target":"b"}"#, "or two"))
    entries.append((#"{"path_base64":"?","target":"b"}"#, "base64"))
    entries.append((#"{"target":"b"}"#, "no 'path'"))
    entries.append((file("a", #","mode":"999""#), "octal"))
    entries.append((file("a", #","mode":"17777""#), "octal"))
    entries.append((file("a", #","chunk_size":4096"#), "together"))
    entries.append((file("a", #","chunk_size":1,"chunks":[]"#), "chunk_size"))
    entries.append((file("a", #","chunk_size":4096,"chunks":[]"#), "do not make"))
    entries.append((file("a", #","chunk_size":4096,"chunks":["x"]"#), "hexadecimal"))
    entries.append((file("a") + #",{"path":"b","size":6,"sha256":"\#(hash)"}"#, "5 for the same digest"))
    for (entries, words) in entries {
      let failure = Self.failure(Server.manifest([entries]))
      #expect(failure.contains(words), "\(entries.prefix(200)): \(failure)")
      let index = entries.contains("},{") ? 1 : 0
      #expect(failure.contains("entry \(index)"), "\(failure)")
    }
  }

  @Test(
    "URLs that lead nowhere are said to",
    arguments: ["ftp://host/x", "http://u:p@host/x", "file:///etc/passwd", "http://"])
  func badURLs(url: String) throws {
    let source = try HTTPSource("https://host/dir/manifest.json")
    #expect(throws: ManifestError.self) {
      _ = try Manifest(Data(Server.manifest([Self.file("a", #","url":"\#(url)""#)]).utf8)) {
        source.resolve($0, base: $1) != nil
      }
    }
  }

  @Test(
    "Where contents are",
    arguments: [
      ("a b", "", "https://host/dir/a%20b"), ("../x", "", "https://host/x"), ("/x", "", "https://host/x"),
      ("x?key=1", "files/", "https://host/dir/files/x?key=1"), ("http://other/x", "files/", "http://other/x"),
      ("x", "https://other/", "https://other/x"),
    ])
  func urls(relative: String, base: String, absolute: String) throws {
    let source = try HTTPSource("https://user:password@host/dir/manifest.json?key=1#fragment")
    let escaped = relative == "a b" ? Manifest.escaped(Array(relative.utf8)) : relative
    #expect(source.resolve(escaped, base: base)?.absoluteString == absolute)
    #expect(source.url.absoluteString == "https://host/dir/manifest.json?key=1")
    #expect(HTTPSource.shown(source.url) == "https://host/dir/manifest.json?…")
  }

  @Test("Equal directories have equal IDs, and others do not")
  func identity() throws {
    let one = try Self.read(Server.manifest([Self.file("a/x"), Self.file("b/x"), Self.file("c/y")]))
    let other = try Self.read(
      Server.manifest([Self.file("b/x"), Self.file("c/x"), Self.file("d/x", #","mode":"755""#)]))
    func ids(_ manifest: Manifest) -> [DirectoryID] {
      guard let root = manifest.directories[manifest.root] else { return [] }
      return (0..<root.count).map { root.directory(at: $0) }
    }
    #expect(ids(one)[0] == ids(one)[1])
    #expect(ids(one)[1] != ids(one)[2])
    #expect(ids(one)[0] == ids(other)[1])
    #expect(ids(other)[1] != ids(other)[2])
    #expect(one.root != other.root)
    #expect(one.contents.count == 1)
  }

  @Test("A manifest of 100,000 files is read")
  func large() throws {
    // Digests have to differ, for sizes do.
    let text = Server.manifest(
      (0..<100_000).map { number in
        let digits = String(number, radix: 16)
        let hash = String(repeating: "0", count: 64 - digits.count) + digits
        return
          #"{"path":"directory-\#(number % 1000)/file-\#(number).txt","size":\#(number + 1),"sha256":"\#(hash)","mode":"644"}"#
      })
    let start = ContinuousClock.now
    let manifest = try Self.read(text)
    print("\(text.utf8.count) bytes of manifest in \(ContinuousClock.now - start)")
    #expect(manifest.directories[manifest.root]?.count == 1000)
    #expect(manifest.contents.count == 100_000)
    #expect(manifest.directories.count == 1001)
  }
}
