import GitProvider
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

/// Whether libgit2 verifies what it reads is one switch of the process: these tests run one after the other.
@Suite(.serialized) enum GitContentTests {}

extension GitContentTests {
  @Suite struct Reading {
    private let test: TestRepository

    init() throws {
      test = try TestRepository()
    }

    @Test("A tree is listed with what git knows of its entries, and no sizes")
    func listing() async throws {
      let content = try test.content()
      let root = try await content.root()
      let listing = try await content.list(root).sorted()
      #expect(try await content.names(root) == ["README", "dir", "link", "run"])
      #expect((0..<4).map { listing.kind(at: $0) } == [.file, .directory, .symbolicLink, .file])
      #expect((0..<4).map { listing.permissions(at: $0) } == [0o666, 0o777, 0o777, 0o777])
      #expect((0..<4).allSatisfy { listing.size(at: $0) == nil })
      #expect(listing.content(at: 0) == (try test.id("HEAD:README")))
      #expect(listing.directory(at: 1).bytes == (try test.id("HEAD:dir")).bytes)
      #expect(try await content.names(listing.directory(at: 1)) == ["file"])
    }

    @Test("Sizes and bytes are those of the blobs; a link's content is its target")
    func blobs() async throws {
      let content = try test.content()
      let expected = [
        ("README", "read me\n"), ("run", "#!/bin/sh\n"), ("dir/file", "in a directory\n"), ("link", "dir/file"),
      ]
      let ids = try expected.map { try test.id("HEAD:\($0.0)") }
      #expect(try await content.sizes(of: ids) == expected.map { Int64($0.1.utf8.count) })
      #expect(try await content.sizes(of: []).isEmpty)
      for (id, (name, text)) in zip(ids, expected) {
        let bytes = try await content.bytes(of: id, in: test.directory)
        #expect(bytes == Array(text.utf8), "\(name)")
      }
    }

    @Test("A counting sink gets the size of a blob")
    func counting() async throws {
      var sink = ContentSink.counting()
      try await test.content().fetch(try test.id("HEAD:README"), into: &sink)
      #expect(sink.bytesWritten == 8)
    }

    @Test("A submodule is an empty directory, and so is the root of an empty tree")
    func emptyDirectories() async throws {
      let commit = try test.git.git("rev-parse", "HEAD")
      try test.git.git("update-index", "--add", "--cacheinfo", "160000,\(commit),sub")
      try test.git.commit("with a submodule")
      let content = try test.content()
      let listing = try await content.list(try await content.root()).sorted()
      #expect(listing.count == 5)
      #expect(listing.kind(at: 4) == .directory)
      #expect(try await content.names(listing.directory(at: 4)) == [])

      let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
      let empty = try test.content(emptyTree)
      #expect(try await empty.names(try await empty.root()) == [])
    }

    @Test("A subdirectory, an older commit and a tag are projected as themselves")
    func revisions() async throws {
      try test.git.git("tag", "-a", "-m", "annotated", "v1")
      try test.git.git("rm", "-q", "run")
      try test.git.commit("without run")
      for (revision, names) in [
        ("HEAD", ["README", "dir", "link"]), ("v1", ["README", "dir", "link", "run"]),
        ("HEAD~1", ["README", "dir", "link", "run"]), ("HEAD:dir", ["file"]),
      ] {
        let content = try test.content(revision)
        #expect(try await content.names(try await content.root()) == names, "\(revision)")
      }
    }

    @Test("Names that git refuses are rejected; invalid UTF-8 and everything else is shown as it is")
    func names() async throws {
      let blob = try test.id("HEAD:README")
      let name: [UInt8] = [0xff, 0xfe, 0x20, 0x0a]
      let entries: [[UInt8]] = [Array(".GIT".utf8), name]
      let tree = try test.git.storeObject("tree", entries.flatMap { Array("100644 ".utf8) + $0 + [0] + blob.bytes })
      let content = try test.content(tree)
      let listing = try await content.list(try await content.root())
      #expect(listing.count == 1)
      #expect(listing.withName(at: 0) { Array($0) } == name)
      #expect(listing.rejections.map(\.name) == [Array(".GIT".utf8)])
    }

    @Test("Objects are read loose, from packs, from alternates, and after they were packed behind our back")
    func storage() async throws {
      let id = try test.id("HEAD:dir/file")
      let expected = Array("in a directory\n".utf8)
      let before = try test.content()
      #expect(try await before.bytes(of: id, in: test.directory) == expected)
      try test.git.git("gc", "-q", "--prune=now")
      #expect(throws: Errno.noSuchFileOrDirectory) { try FileCalls.status(test.looseObject(id)) }
      for content in [before, try test.content()] {
        #expect(try await content.bytes(of: id, in: test.directory) == expected)
        #expect(try await content.names(try await content.root()).count == 4)
      }

      let clone = test.directory.path + "/shared"
      try test.git.git("clone", "-q", "--shared", "--no-checkout", test.path, clone)
      let repository = try test.open(clone)
      let shared = try GitContent(repository: repository, revision: try repository.revision("HEAD"))
      #expect(try await shared.bytes(of: id, in: test.directory) == expected)
    }

    @Test("Objects are found again when their packs are packed anew, several times and with others")
    func repacked() async throws {
      try test.git.git("repack", "-q", "-a", "-d")
      let content = try test.content()
      for round in 0..<4 {
        let ids = try ["README", "run", "dir/file"].map { try test.id("HEAD:\($0)") }
        #expect(try await content.sizes(of: ids) == [8, 10, 15], "\(round)")
        #expect(try await content.names(try await content.root()).count == 4, "\(round)")
        let size = try await content.bytes(of: ids[0], in: test.directory).count
        #expect(size == 8, "\(round)")
        // Another object, so that the pack gets another name and the old one goes.
        try test.git.add("more \(round)", "more \(round)\n")
        try test.git.commit("more \(round)")
        try test.git.git("repack", "-q", "-a", "-d")
      }
    }

    @Test("Everything that git lists is projected, and nothing else, in trees of any shape", arguments: 1...3)
    func agreement(seed: UInt64) async throws {
      var random = SeededRandom(seed: seed)
      for _ in 0..<30 {
        let depth = Int.random(in: 0...4, using: &random)
        let parents = (0..<depth).map { _ in "d\(Int.random(in: 0..<3, using: &random))" }
        let text = String(repeating: "x", count: Int.random(in: 0...3000, using: &random))
        try test.git.add((parents + ["f\(Int.random(in: 0..<99, using: &random))"]).joined(separator: "/"), text)
      }
      try test.git.commit("random")
      if Bool.random(using: &random) { try test.git.git("gc", "-q") }
      let content = try test.content()
      var found: [String] = []
      var waiting = [("", try await content.root())]
      while let (path, directory) = waiting.popLast() {
        let listing = try await content.list(directory)
        for index in 0..<listing.count {
          let name = path + listing.withName(at: index) { String(decoding: $0, as: UTF8.self) }
          if listing.kind(at: index) == .directory {
            waiting.append((name + "/", listing.directory(at: index)))
          } else {
            let id = listing.content(at: index)
            found.append("\(id) \(try await content.sizes(of: [id])[0]) \(name)")
          }
        }
      }
      let listed = try test.git.git("ls-tree", "-r", "--format=%(objectname) %(objectsize) %(path)", "HEAD")
      #expect(found.sorted() == listed.split(separator: "\n").map(String.init).sorted(), "seed \(seed)")
    }

    @Test("Many tasks read at once")
    func concurrency() async throws {
      let content = try test.content()
      let id = try test.id("HEAD:README")
      let root = try await content.root()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            if number.isMultiple(of: 2) { return try await content.list(root).count == 4 }
            return try await content.sizes(of: [id, id]) == [8, 8]
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }
}
