import Glibc
import Logging
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@testable import DirectoryProvider

@Suite(.timeLimit(.minutes(30))) struct ChangesTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func source(limit: Int = 100, poll: Duration = .seconds(60)) throws -> DirectoryContent {
    try DirectoryContent(
      path: directory.path, watchLimit: limit, pollInterval: poll,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  /// Reads changes until all of some paths were named, or everything was.
  private func expect(_ paths: [String], in changes: inout AsyncStream<ProviderChange>.Iterator) async {
    var missing = Set(paths.map { Array($0.utf8) })
    while !missing.isEmpty, let change = await changes.next(isolation: nil) {
      switch change {
      case .paths(let paths): missing.subtract(paths)
      case .everything: return
      default: Issue.record("\(change)")
      }
    }
    #expect(missing.isEmpty)
  }

  @Test("Whatever changes in a directory that was listed is said, and nothing of others")
  func files() async throws {
    _ = try directory.makeDirectory("d")
    _ = try directory.makeDirectory("other")
    let content = try source()
    var changes = content.changes().makeAsyncIterator()
    _ = try await content.tree(below: DirectoryID(try await content.entry(at: "d").id))
    let steps: [(String, () throws -> Void)] = [
      ("d", { try directory.write("d/file", "text") }),
      ("d", { try directory.write("d/file", "other") }),
      ("d", { try #require(chmod("\(directory.path)/d/file", 0o600) == 0) }),
      ("d", { try FileCalls.rename("\(directory.path)/d/file", to: "\(directory.path)/d/new") }),
      ("d", { try FileCalls.remove("\(directory.path)/d/new") }),
      ("", { try directory.write("file", "text") }),
      (
        "",
        {
          try directory.write("other/file", "nobody has listed this one")
          try #require(chmod("\(directory.path)/d", 0o700) == 0)
        }
      ),
    ]
    for (path, step) in steps {
      try step()
      await expect([path], in: &changes)
    }
  }

  @Test("A directory that is moved, replaced or removed changes with all that is known below it")
  func directories() async throws {
    _ = try Directories.make("\(directory.path)/a/b/c")
    _ = try Directories.make("\(directory.path)/x/b/c")
    let content = try source()
    var changes = content.changes().makeAsyncIterator()
    _ = try await content.tree()
    try EntryCalls.rename(
      at: FileCalls.workingDirectory, Array("\(directory.path)/a".utf8), to: FileCalls.workingDirectory,
      Array("\(directory.path)/x".utf8), .exchange)
    await expect(["", "a", "a/b", "a/b/c", "x", "x/b", "x/b/c"], in: &changes)
    // Listed anew, they are watched where they are now.
    _ = try await content.tree()
    try directory.write("x/b/c/file", "")
    await expect(["x/b/c"], in: &changes)
    _ = try Subprocess.run(["rm", "-r", "\(directory.path)/x"])
    await expect(["", "x", "x/b", "x/b/c"], in: &changes)
    _ = try Directories.make("\(directory.path)/x/b/c")
    await expect([""], in: &changes)
    _ = try await content.tree()
    try directory.write("x/b/c/file", "")
    await expect(["x/b/c"], in: &changes)
  }

  @Test("Where there are too many directories, everything is said to change at intervals")
  func limit() async throws {
    for number in 0..<10 { _ = try directory.makeDirectory("\(number)") }
    let content = try source(limit: 3, poll: .milliseconds(20))
    var changes = content.changes().makeAsyncIterator()
    _ = try await content.tree()
    #expect(await changes.next(isolation: nil) == .everything)
    #expect(await changes.next(isolation: nil) == .everything)
  }

  @Test("What was listed before anybody asked for changes is listed anew")
  func late() async throws {
    let content = try source()
    _ = try await content.tree()
    var changes = content.changes().makeAsyncIterator()
    #expect(await changes.next(isolation: nil) == .everything)
    // A second reader gets what the first gets, and the first goes on when it has left.
    do {
      var second = content.changes().makeAsyncIterator()
      _ = try await content.tree()
      try directory.write("file", "")
      await expect([""], in: &second)
    }
    await expect([""], in: &changes)
    try directory.write("file2", "")
    await expect([""], in: &changes)
  }

  @Test("A source that is moved is unavailable until something is at its path again")
  func root() async throws {
    let path = try directory.makeDirectory("source")
    try directory.write("source/file", "old")
    let content = try DirectoryContent(
      path: path, watchLimit: 100, pollInterval: .milliseconds(20),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    var changes = content.changes().makeAsyncIterator()
    let old = try await content.content(at: "file")
    try FileCalls.rename(path, to: path + "2")
    #expect(await changes.next(isolation: nil) == .everything)
    await #expect(throws: ProviderError.unavailable("the directory '\(path)' was moved or removed")) {
      try await content.bytes(of: old)
    }
    _ = try directory.makeDirectory("source")
    try directory.write("source/file", "new")
    #expect(await changes.next(isolation: nil) == .everything)
    let new = try await content.content(at: "file")
    #expect(try await content.bytes(of: new) == Array("new".utf8))
    await #expect(throws: ProviderError.self) { try await content.bytes(of: old) }
  }

  @Test("Lost events are a change of everything; ended watches are forgotten")
  func events() {
    var watched = WatchedDirectories()
    #expect(watched.add(1, at: []) == nil)
    #expect(watched.add(2, at: Array("a".utf8)) == nil)
    #expect(watched.take([.init(watch: -1, mask: UInt32(IN_Q_OVERFLOW), name: [])]).isEverything)
    // Another directory at the same path, and the same one at another path.
    #expect(watched.add(3, at: Array("a".utf8)) == 2)
    #expect(watched.add(3, at: Array("b".utf8)) == nil)
    #expect(!watched.isWatched(Array("a".utf8)))
    #expect(watched.take([.init(watch: 3, mask: UInt32(IN_MODIFY), name: [1])]).paths == [Array("b".utf8)])
    #expect(watched.take([.init(watch: 3, mask: UInt32(IN_IGNORED), name: [])]) == .init())
    #expect(watched.count == 1)
    #expect(watched.take([.init(watch: 3, mask: UInt32(IN_MODIFY), name: [1])]) == .init())
    #expect(watched.take([.init(watch: 1, mask: UInt32(IN_MOVE_SELF), name: [])]).isRootLost)
  }
}
