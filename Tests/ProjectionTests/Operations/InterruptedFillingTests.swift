import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// A server that was killed while a placeholder's file got its content, at each stage of it.
@Suite struct InterruptedFillingTests {
  private let tree = TreeProvider()
  private let files = BackingFiles(registrar: FakeRegistrar())
  private let text = "text of file"

  init() {
    tree.addFile("file", id: "file", text: text)
  }

  /// The view after a server made the file a placeholder, and left `length` bytes in the local one when it died.
  private func interrupted(at length: Int) async throws -> (fixture: Fixture, before: NodeAttributes) {
    let first = try await Fixture(tree, owner: Caller(thread: 0).owner)
    let node = try await first.lookup("file").node
    var change = AttributeChange()
    change.permissions = 0o600
    _ = try await first.fileSystem.change(node, change, with: files, by: Fixture.caller)
    let before = try await first.fileSystem.attributes(of: node)
    let file = try FileCalls.open(first.directory.path + "/state/local/file", O_RDWR)
    let placeholder = Placeholder(
      content: ContentID("file".utf8), size: before.size, accessed: before.accessed, modified: before.modified)
    try ExtendedAttributes.set(file.rawValue, Marks.fillingName, to: Marks.Filling(placeholder).bytes)
    try DataCalls.truncate(file.rawValue, to: 0)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8.prefix(length)))
    return (try await Fixture(tree, owner: Caller(thread: 0).owner, in: first.directory), before)
  }

  @Test("The file looks as before, and has all of its content", arguments: [0, 5, 12])
  func looks(length: Int) async throws {
    let (fixture, before) = try await interrupted(at: length)
    let found = try await fixture.lookup("file")
    #expect(found.attributes.size == before.size && found.attributes.modified == before.modified)
    #expect(found.attributes.inode == before.inode)
    #expect(try await fixture.read(found.node) == text)
    let check = try LocalTreeCheck(of: tree, in: fixture.directory.path + "/state", owner: nil)
    #expect(try await check.findings().isEmpty)
  }

  @Test("Times that are set then are kept by the next server", arguments: [0, 5, 12])
  func times(length: Int) async throws {
    let (fixture, _) = try await interrupted(at: length)
    var change = AttributeChange()
    change.modified = .at(TimeStamp(seconds: 5))
    let node = try await fixture.lookup("file").node
    _ = try await fixture.fileSystem.change(node, change, with: files, by: Fixture.caller)
    let next = try await Fixture(tree, owner: Caller(thread: 0).owner, in: fixture.directory)
    let found = try await next.lookup("file")
    #expect(found.attributes.modified == TimeStamp(seconds: 5) && found.attributes.size == Int64(text.utf8.count))
  }

  @Test("It can be cut, written to, and emptied", arguments: [0, 5, 12])
  func changes(length: Int) async throws {
    for size in [0, 4, 12, 20] as [Int64] {
      let (fixture, _) = try await interrupted(at: length)
      var change = AttributeChange()
      change.size = size
      let node = try await fixture.lookup("file").node
      #expect(try await fixture.fileSystem.change(node, change, with: files, by: Fixture.caller).size == size)
      let next = try await Fixture(tree, owner: Caller(thread: 0).owner, in: fixture.directory)
      let expected = text.prefix(Int(size)) + String(repeating: "\0", count: max(0, Int(size) - text.count))
      #expect(try await next.read(try await next.lookup("file").node) == expected)
    }
  }

  @Test("It settles as what it shows", arguments: [0, 5, 12])
  func settles(length: Int) async throws {
    let (fixture, before) = try await interrupted(at: length)
    var change = AttributeChange()
    change.permissions = 0o644
    let node = try await fixture.lookup("file").node
    _ = try await fixture.fileSystem.change(node, change, with: files, by: Fixture.caller)
    let settled = try await fixture.fileSystem.settle(with: files) { _ in }
    #expect(settled.count == 1)
    let found = try await fixture.lookup("file")
    #expect(found.attributes.size == before.size && found.attributes.modified == before.modified)
    #expect(try await fixture.read(found.node) == text)
  }
}
