import GitProvider
import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

extension GitContentTests {
  /// Repositories that lack objects, or have wrong ones.
  @Suite struct Damage {
    private let test: TestRepository

    init() throws {
      test = try TestRepository()
    }

    private func expectFailure(
      isMissing: Bool, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
      let failure = await #expect(throws: ProviderError.self, sourceLocation: location) { try await body() }
      switch failure {
      case .missing: #expect(isMissing, sourceLocation: location)
      case .damaged: #expect(!isMissing, sourceLocation: location)
      default: Issue.record("\(String(describing: failure))", sourceLocation: location)
      }
    }

    @Test("A blob or a tree that is gone is missing, and everything else is there")
    func missing() async throws {
      let content = try test.content()
      let blob = try test.id("HEAD:README")
      let tree = try test.id("HEAD:dir")
      for id in [blob, tree] { try FileCalls.remove(test.looseObject(id)) }
      await expectFailure(isMissing: true) { _ = try await content.sizes(of: [blob]) }
      await expectFailure(isMissing: true) { _ = try await content.sizes(of: [try test.id("HEAD:run"), blob]) }
      await expectFailure(isMissing: true) { _ = try await content.bytes(of: blob, in: test.directory) }
      await expectFailure(isMissing: true) { _ = try await content.list(DirectoryID(tree.bytes)) }
      #expect(try await content.names(try await content.root()).count == 4)
      #expect(try await content.bytes(of: try test.id("HEAD:run"), in: test.directory).count == 10)
    }

    @Test("A root tree that is gone is found out before anything is mounted")
    func missingRoot() async throws {
      let repository = try test.open()
      let revision = try repository.revision("HEAD")
      try FileCalls.remove(test.looseObject(try test.id("HEAD^{tree}")))
      await expectFailure(isMissing: true) { _ = try GitContent(repository: repository, revision: revision) }
    }

    @Test("An object whose file is empty, cut short or noise is damaged", arguments: [0, 1, 10, 20, nil])
    func corrupt(length: Int?) async throws {
      try await expectDamage(length: length)
    }

    /// Leaves so much of a blob's and a tree's files, or inverts them.
    private func expectDamage(length: Int?) async throws {
      let blob = try test.id("HEAD:dir/file")
      let tree = try test.id("HEAD:dir")
      let content = try test.content()
      for id in [blob, tree] {
        let path = test.looseObject(id)
        let bytes = try FileCalls.contents(path)
        try FileCalls.remove(path)
        let file = try FileCalls.open(path, O_WRONLY | O_CREAT, mode: 0o444)
        try FileCalls.writeAll(file.rawValue, length.map { Array(bytes.prefix($0)) } ?? bytes.map { ~$0 })
      }
      await #expect(throws: ProviderError.self) { try await content.bytes(of: blob, in: test.directory) }
      await #expect(throws: ProviderError.self) { try await content.list(DirectoryID(tree.bytes)) }
    }

    @Test("An object of another type than is asked for is damaged")
    func wrongType() async throws {
      let content = try test.content()
      let blob = try test.id("HEAD:README")
      for name in ["HEAD:dir", "HEAD"] {
        let id = try test.id(name)
        await expectFailure(isMissing: false) { _ = try await content.sizes(of: [id]) }
        await expectFailure(isMissing: false) { _ = try await content.bytes(of: id, in: test.directory) }
      }
      await expectFailure(isMissing: false) { _ = try await content.list(DirectoryID(blob.bytes)) }
    }

    @Test("What is no object id is an error, and no crash", arguments: [0, 1, 19, 21, 22, 28, 32])
    func wrongIDs(length: Int) async throws {
      let content = try test.content()
      // A blob with a conversion takes 21 bytes, a tree with a context 28; none of these exists.
      let bytes = [UInt8](repeating: 1, count: length)
      await #expect(throws: ProviderError.self) { _ = try await content.sizes(of: [ContentID(bytes)]) }
      await #expect(throws: ProviderError.self) { _ = try await content.list(DirectoryID(bytes)) }
    }

    @Test("A stored tree that makes no sense is damaged")
    func nonsenseTree() async throws {
      let tree = contentID(try test.git.storeObject("tree", Array("this is no tree".utf8)))
      let content = try test.content()
      await expectFailure(isMissing: false) { _ = try await content.list(DirectoryID(tree.bytes)) }
    }

    @Test("Asked to verify objects, a blob or tree whose bytes are another's is damaged")
    func verifiedObjects() async throws {
      let blob = try test.id("HEAD:README")
      let tree = try test.id("HEAD:dir")
      try test.replace(blob, withObjectOf: "another text")
      try FileCalls.remove(test.looseObject(tree))
      let root = test.looseObject(try test.id("HEAD^{tree}"))
      try FileCalls.retrying { link(root, test.looseObject(tree)) }

      let content = try test.content(verifyObjects: true)
      await expectFailure(isMissing: false) { _ = try await content.bytes(of: blob, in: test.directory) }
      await expectFailure(isMissing: false) { _ = try await content.list(DirectoryID(tree.bytes)) }
      #expect(try await content.bytes(of: try test.id("HEAD:run"), in: test.directory) == Array("#!/bin/sh\n".utf8))

      // Without being asked, objects are believed, as git believes them.
      let trusting = try test.content()
      #expect(try await trusting.bytes(of: blob, in: test.directory) == Array("another text".utf8))
    }

    @Test(
      "A stored content is right exactly when it has the blob's bytes",
      arguments: ["read me\n", "read me", "", "READ ME\n"])
    func verification(text: String) async throws {
      let path = try test.directory.write("stored", text)
      let file = try FileCalls.open(path, O_RDONLY)
      let isRight = try await test.content().verify(
        try test.id("HEAD:README"), file: FileDescriptor(rawValue: file.rawValue))
      #expect(isRight == (text == "read me\n"))
    }
  }
}
