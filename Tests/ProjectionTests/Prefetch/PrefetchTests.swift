import Posix
import Provider
import Synchronization
import TestSupport
import Testing

@testable import Projection

/// Contents that are fetched ahead of use.
@Suite struct PrefetchTests {
  /// Everything at and below one directory.
  private struct OneDirectory: PathSelection {
    let path: [UInt8]

    func coverage(of directory: [UInt8]) -> PathCoverage {
      if directory == path || directory.starts(with: path + [UInt8(ascii: "/")]) { return .all }
      return directory.isEmpty || path.starts(with: directory + [UInt8(ascii: "/")]) ? .some : .none
    }

    func selects(_ path: [UInt8]) -> Bool { false }
  }

  /// A tree whose contents are to be fetched in the order of their names, backwards.
  private final class BackwardsProvider: FetchOrderProvider {
    private let names: [String]
    private let fetched = Mutex<[String]>([])
    var order: [String] { fetched.withLock { $0 } }
    let isWrong: Bool

    init(count: Int, isWrong: Bool = false) {
      names = (0..<count).map { String(1000 + $0) }
      self.isWrong = isWrong
    }

    func root() async throws -> DirectoryID { "root" }

    func list(_ directory: DirectoryID) async throws -> DirectoryListing {
      var listing = DirectoryListing()
      for name in names { listing.append(.file(name, content: ContentID(name.utf8), size: nil)) }
      return listing
    }

    func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
      fetched.withLock { $0.append(String(decoding: content.bytes, as: UTF8.self)) }
      try sink.write(content.bytes)
    }

    func fetchOrder(of contents: [ContentID]) async throws -> [Int] {
      if isWrong { return [0, 0] }
      return contents.indices.sorted { contents[$1].bytes.lexicographicallyPrecedes(contents[$0].bytes) }
    }
  }

  @Test("Only directories that may have something are listed")
  func otherTrees() async throws {
    let provider = TreeProvider()
    for number in 0..<10 {
      provider.add("d\(number)", .directory("d\(number)"), in: "")
      provider.add("e", .directory("d\(number)/e"), in: "d\(number)")
      for file in 0..<5 { provider.addFile("f\(file)", in: "d\(number)/e", text: "\(number) \(file)") }
    }
    let fixture = try await Fixture(provider)
    let done = try await fixture.fileSystem.prefetch(OneDirectory(path: Array("d3/e".utf8)))
    #expect(done.total == 5 && done.files == 5 && done.fetched == 5 && done.bytes == 15)
    for number in 0..<10 { #expect(provider.count(.list("d\(number)")) == (number == 3 ? 1 : 0)) }
    // Once more: nothing is missing.
    let again = try await fixture.fileSystem.prefetch(OneDirectory(path: Array("d3".utf8)))
    #expect(again.files == 5 && again.fetched == 0)
    let paths = try await fixture.fileSystem.hydratedPaths(EveryPath())
    #expect(paths == (0..<5).map { Array("d3/e/f\($0)".utf8) })
  }

  @Test("The provider's order is kept, unless it makes no sense", arguments: [false, true])
  func order(isWrong: Bool) async throws {
    let provider = BackwardsProvider(count: 100, isWrong: isWrong)
    let fixture = try await Fixture(provider)
    let done = try await fixture.fileSystem.prefetch(EveryPath(), width: 1)
    #expect(done.fetched == 100 && done.bytes == 400)
    let order = provider.order
    #expect(order == order.sorted { isWrong ? $0 < $1 : $0 > $1 })
  }

  @Test("One content at many paths is fetched once; what fails is counted, what comes later is compared")
  func contents() async throws {
    let provider = TreeProvider()
    for number in 0..<3 { provider.addFile("same\(number)", text: "same", listed: false) }
    provider.addFile("bad", text: "bad")
    provider.add("long", .file(id: "long", text: "longer than was said", listedSize: nil), in: "")
    provider.fail(.fetch("bad"), with: .unavailable("not now"))
    let fixture = try await Fixture(provider)
    let calls = ProgressCalls()
    let done = try await fixture.fileSystem.prefetch(EveryPath()) { calls.note($0) }
    #expect(done.total == 5 && done.files == 4 && done.failed == 1 && done.fetched == 4)
    #expect(calls.value.last == done)
    #expect(provider.count(.fetch("same")) == 1)
  }

  @Test("What is there already is told of at once, and what is fetched one after the other")
  func telling() async throws {
    let provider = TreeProvider()
    for number in 0..<5000 { provider.addFile("f\(number)", text: "\(number)") }
    provider.add("late", .directory("late"), in: "")
    for number in 0..<3 { provider.addFile("l\(number)", in: "late", text: "late \(number)") }
    let fixture = try await Fixture(provider)
    let first = ProgressCalls()
    let late = try await fixture.fileSystem.prefetch(OneDirectory(path: Array("late".utf8))) { first.note($0) }
    #expect(late.fetched == 3 && first.value.map(\.files) == [1, 2, 3])
    let second = ProgressCalls()
    let done = try await fixture.fileSystem.prefetch(EveryPath()) { second.note($0) }
    #expect(done.files == 5003 && done.fetched == 5000)
    #expect(second.value.map(\.files) == Array(3...5003))
    let third = ProgressCalls()
    #expect(try await fixture.fileSystem.prefetch(EveryPath()) { third.note($0) }.fetched == 0)
    #expect(third.value.map(\.files) == [5003] && third.value.map(\.total) == [5003])
  }

  @Test("It ends where the store has as much as it may have")
  func limited() async throws {
    let provider = TreeProvider()
    for number in 0..<100 {
      provider.addFile("f\(number)", text: String(repeating: "x", count: 90) + "\(1_000_000_000 + number)")
    }
    let fixture = try await Fixture(provider, contentLimit: 5000)
    let done = try await fixture.fileSystem.prefetch(EveryPath())
    #expect(done.isLimited && done.fetched >= 47 && done.fetched <= 50)
    #expect(fixture.fileSystem.evictionCounts.evicted == 0)
  }

  @Test("Workers run on threads of their own, also behind a suspension")
  func executor() async throws {
    let executor = ThreadsExecutor("of a test", count: 2)
    for _ in 0..<20 {
      let names = await Task(executorPreference: executor) { () -> [[UInt8]] in
        let before = try? FileCalls.contents("/proc/thread-self/comm")
        await Task.yield()
        let after = try? FileCalls.contents("/proc/thread-self/comm")
        return [before, after].compactMap { $0 }
      }.value
      #expect(names == [Array("of a test\n".utf8), Array("of a test\n".utf8)])
    }
    executor.end()
  }
}

/// What was said, one after the other.
private final class ProgressCalls: Sendable {
  private let calls = Mutex<[ProjectionCore.PrefetchProgress]>([])

  var value: [ProjectionCore.PrefetchProgress] { calls.withLock { $0 } }

  func note(_ progress: ProjectionCore.PrefetchProgress) { calls.withLock { $0.append(progress) } }
}
