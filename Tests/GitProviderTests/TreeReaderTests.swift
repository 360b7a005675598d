import Provider
import TestSupport
import Testing

@testable import GitProvider

@Suite struct TreeReaderTests {
  private static let id = (0..<20).map { UInt8($0) }

  /// An entry of a tree object.
  private static func entry(_ mode: String, _ name: [UInt8], _ id: [UInt8] = id) -> [UInt8] {
    Array(mode.utf8) + [0x20] + name + [0] + id
  }

  private static func entry(_ mode: String, _ name: String) -> [UInt8] { entry(mode, Array(name.utf8)) }

  private func read(_ tree: [UInt8]) throws(ProviderError) -> DirectoryListing {
    let result: Result<DirectoryListing, ProviderError> = tree.withUnsafeBytes { bytes in
      Result { () throws(ProviderError) in
        var attributesFile: [UInt8]?
        return try TreeReader.listing(bytes, name: Self.id, attributesFile: &attributesFile)
      }
    }
    return try result.get()
  }

  @Test(
    "A mode means what git makes of it",
    arguments: [
      ("100644", EntryKind.file, 0o666), ("100755", .file, 0o777), ("100664", .file, 0o666),
      ("100600", .file, 0o666), ("100744", .file, 0o777), ("100655", .file, 0o666),
      ("0100644", .file, 0o666), ("120000", .symbolicLink, 0o777), ("120777", .symbolicLink, 0o777),
      ("40000", .directory, 0o777), ("040000", .directory, 0o777), ("40755", .directory, 0o777),
    ] as [(String, EntryKind, UInt16)])
  func modes(mode: String, kind: EntryKind, permissions: UInt16) throws {
    let listing = try read(Self.entry(mode, "name"))
    #expect(listing.count == 1)
    #expect(listing.kind(at: 0) == kind)
    #expect(listing.permissions(at: 0) == permissions)
    #expect(listing.size(at: 0) == nil)
    #expect((kind == .directory ? listing.directory(at: 0).bytes : listing.content(at: 0).bytes) == Self.id)
  }

  @Test(
    "A submodule, and whatever git takes for one, is an empty directory", arguments: ["160000", "0", "10644", "60000"])
  func submodules(mode: String) throws {
    let listing = try read(Self.entry(mode, "sub"))
    #expect(listing.kind(at: 0) == .directory)
    #expect(listing.directory(at: 0).bytes == TreeReader.emptyTree)
  }

  @Test(
    "Bytes that are no tree are damaged",
    arguments: [
      Array("100644 name".utf8),
      Array("100644 name\0too short".utf8),
      Array("100644".utf8),
      Array("0".utf8),
      [0],
      Array("100648 name\0".utf8) + id,
      Array("1x0644 name\0".utf8) + id,
      Array("-100644 name\0".utf8) + id,
      Array("7777777777777777 name\0".utf8) + id,
      Array(" name\0".utf8) + id,
      entry("100644", "good") + [0x31],
      Array(entry("100644", "good").dropLast()),
    ] as [[UInt8]])
  func damaged(tree: [UInt8]) {
    #expect(throws: ProviderError.damaged("object \(hexadecimal(Self.id)) is not a readable tree")) {
      try read(tree)
    }
  }

  @Test("No bytes at all are an empty directory")
  func empty() throws {
    let listing = try read([])
    #expect(listing.isEmpty && listing.rejections.isEmpty)
  }

  @Test(
    "Names that git refuses to check out are rejected, and their neighbours are there",
    arguments: [".git", ".GIT", ".Git", ".gIt", "", ".", "..", "a/b", "/"])
  func refused(name: String) throws {
    let listing = try read(Self.entry("100644", "before") + Self.entry("40000", name) + Self.entry("100644", "after"))
    #expect(listing.count == 2)
    #expect(listing.rejections.map(\.name) == [Array(name.utf8)])
  }

  @Test("Names that only resemble '.git' are there")
  func resembling() throws {
    // Each byte of ".git" changed to every other one.
    let git = Array(".git".utf8)
    var names: [[UInt8]] = [".gitignore", "git", ".gi", ".git ", ".gitmodules", "..git"].map { Array($0.utf8) }
    for place in git.indices {
      for byte in UInt8.min...UInt8.max where byte != 0 && byte != 0x2f {
        var name = git
        name[place] = byte
        let isLetterCase = place > 0 && byte == git[place] & ~0x20
        if byte != git[place], !isLetterCase { names.append(name) }
      }
    }
    let listing = try read(names.flatMap { Self.entry("100644", $0) })
    #expect(listing.rejections.map(\.name) == [])
    #expect(listing.count == names.count)
  }

  @Test("Any entries come back as they were written", arguments: 1...20)
  func roundTrip(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var tree: [UInt8] = []
    var expected: [([UInt8], [UInt8])] = []
    for number in 0..<Int.random(in: 0...100, using: &random) {
      let name =
        Array("\(number)-".utf8)
        + (0..<Int.random(in: 0...250, using: &random)).map { _ in
          let byte = UInt8.random(in: 1...255, using: &random)
          return byte == 0x2f ? 0x30 : byte
        }
      let id = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
      tree += Self.entry("100644", name, id)
      expected.append((name, id))
    }
    let listing = try read(tree)
    #expect(listing.rejections.isEmpty, "seed \(seed)")
    #expect((0..<listing.count).map { listing.withName(at: $0) { Array($0) } } == expected.map(\.0), "seed \(seed)")
    #expect((0..<listing.count).map { listing.content(at: $0).bytes } == expected.map(\.1), "seed \(seed)")
  }

  @Test("Random bytes are a tree or damaged, and never a crash", arguments: 1...20)
  func noise(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var outcomes = 0
    for _ in 0..<500 {
      var tree = Self.entry("100644", "one") + Self.entry("40000", "two") + Self.entry("120000", "three")
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: tree.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: tree[place] = UInt8.random(in: 0...255, using: &random)
        case 1: tree.removeSubrange(place...)
        default: tree.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
        if tree.isEmpty { break }
      }
      do {
        // Between one entry and as many as its shortest entries would be.
        let listing = try read(tree)
        if listing.count + listing.rejections.count <= tree.count / 22 { outcomes += 1 }
      } catch {
        if case .damaged = error { outcomes += 1 }
      }
    }
    #expect(outcomes == 500, "seed \(seed)")
  }
}
