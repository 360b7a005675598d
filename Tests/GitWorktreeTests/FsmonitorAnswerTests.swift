import Glibc
import Logging
import Posix
import Projection
import Provider
import TestSupport
import Testing

@testable import GitWorktree

@Suite("What git's hook is answered") struct FsmonitorAnswerTests {
  private let home: TemporaryDirectory
  private let fileSystem: ProjectionCore
  private let caller = Caller(thread: 1)

  init() async throws {
    home = try TemporaryDirectory()
    let tree = TreeProvider()
    tree.add("directory", .directory("directory"))
    tree.addFile("file", in: "directory", text: "text")
    tree.addFile("other", text: "other")
    let state = try Directories.make(home.path + "/state")
    fileSystem = try await ProjectionCore(
      provider: tree, store: ContentStore(path: home.path + "/content", owner: nil, suspectAll: false),
      local: LocalTree(in: home.path + "/state", owner: nil),
      journal: ChangeJournal(in: state, owner: nil, afterCleanStop: false),
      options: ProjectionCore.Options(
        owner: FileOwner(user: geteuid(), group: getegid()), umask: 0o022, rootPermissions: 0o755,
        time: TimeStamp(seconds: 1), inodeKey: 1), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try home.write("state/local/.git", "gitdir: /elsewhere\n")
  }

  private func answer(_ token: String, tree: String? = "1234") throws -> [String] {
    let bytes = try #require(FsmonitorAnswer.bytes(since: token, of: fileSystem) { tree })
    return String(decoding: bytes, as: UTF8.self).split(separator: "\0").map(String.init)
  }

  private func write(_ name: String, in parent: NodeID = .root) async throws {
    let node = try await fileSystem.lookup(Array(name.utf8), in: parent, by: caller).node
    try await fileSystem.write(Array("new".utf8), to: node, at: 0, with: nil, by: caller)
  }

  @Test(
    "A token that nobody knows is answered with everything", arguments: ["", "1234567890", "projfs:tree:other", "x"])
  func unknown(token: String) throws {
    let answered = try answer(token)
    #expect(answered.count == 2 && answered[1] == "/")
    #expect(answered[0].hasPrefix("projfs:"))
    #expect(try answer(answered[0]) == answered.dropLast())
  }

  @Test("The tree's token names what is the user's, and then the journal goes on")
  func tree() async throws {
    #expect(try answer("projfs:tree:1234").count == 1)
    let directory = try await fileSystem.lookup(Array("directory".utf8), in: .root, by: caller).node
    try await write("file", in: directory)
    let since = try answer("projfs:tree:1234")
    #expect(since.dropFirst().sorted() == ["directory/file", "directory/file/"])
    // The projection moved on: it is another tree's token.
    #expect(try answer("projfs:tree:1234", tree: "5678").last == "/")
    #expect(try answer("projfs:tree:1234", tree: nil).last == "/")
    try await write("other")
    #expect(try answer(since[0]).dropFirst() == ["other"])
  }

  @Test("What git does not look at is not named: the gitfile, and the attributes of a directory")
  func concern() async throws {
    let token = try answer("")[0]
    try await write(".git")
    let directory = try await fileSystem.lookup(Array("directory".utf8), in: .root, by: caller).node
    var change = AttributeChange()
    change.permissions = 0o700
    _ = try await fileSystem.change(directory, change, with: nil, by: caller)
    #expect(try answer(token).count == 1)
    try await fileSystem.unlink(Array("file".utf8), in: directory, by: caller)
    #expect(try answer(token).dropFirst() == ["directory/file"])
    try await fileSystem.removeDirectory(Array("directory".utf8), in: .root, by: caller)
    #expect(try answer(token).dropFirst().sorted() == ["directory", "directory/", "directory/file"])
  }
}
