import Posix
import Provider
import Synchronization
import TestSupport
import Testing

@testable import Projection

/// A store that is kept below a limit.
@Suite struct ContentLimitTests {
  /// 200 files of 1,000 bytes, with room for 50.
  private static let count = 200
  private static let limit: Int64 = 50_000

  private static func text(_ number: Int) -> String {
    String(repeating: "\(number % 10)", count: 990) + "\(1_000_000_000 + number)"
  }

  private func fixture() async throws -> Fixture {
    let provider = TreeProvider()
    for number in 0..<Self.count {
      provider.addFile("f\(number)", id: "\(number)", text: Self.text(number))
    }
    return try await Fixture(provider, contentLimit: Self.limit)
  }

  @Test("Readers get everything right while the store stays below its limit")
  func readers() async throws {
    let fixture = try await fixture()
    fixture.fileSystem.startLimiting { nil }
    let largest = Peak()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for reader in 0..<4 {
        group.addTask {
          for step in 0..<Self.count {
            let number = (step * 7 + reader * 50) % Self.count
            let node = try await fixture.lookup("f\(number)").node
            #expect(try await fixture.read(node) == Self.text(number))
            let size = try fixture.store.contents().reduce(0) { $0 + $1.size }
            largest.note(size)
          }
        }
      }
      try await group.waitForAll()
    }
    // What four readers have open while it is dropped is counted with what is stored.
    #expect(largest.value <= Self.limit + Self.limit / 20)
    let counts = fixture.fileSystem.evictionCounts
    #expect(counts.limit == Self.limit && counts.evicted >= Self.count - 50)
  }

  @Test("Where nothing can go the limit is passed, and no read fails")
  func everythingOpen() async throws {
    let fixture = try await fixture()
    fixture.fileSystem.setStoreUsers(StoreUsers(letGoElsewhere: { Set($0) }))
    fixture.fileSystem.startLimiting { nil }
    for number in 0..<Self.count {
      #expect(try await fixture.read(fixture.lookup("f\(number)").node) == Self.text(number))
    }
    #expect(try fixture.store.contents().count == Self.count)
    #expect(fixture.fileSystem.evictionCounts.evicted == 0)
  }

  @Test("A content larger than the limit is read all the same")
  func tooLarge() async throws {
    let provider = TreeProvider()
    let text = String(repeating: "x", count: Int(2 * Self.limit))
    provider.addFile("large", id: "large", text: text)
    let fixture = try await Fixture(provider, contentLimit: Self.limit)
    fixture.fileSystem.startLimiting { nil }
    #expect(try await fixture.read(fixture.lookup("large").node) == text)
  }

  @Test("What others store is noticed, and the oldest of it goes")
  func others() async throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: false)
    for number in 0..<100 { try await store.keep(ContentID("\(number)".utf8), Self.text(number)) }
    let provider = TreeProvider()
    provider.addFile("f", text: "f")
    let fixture = try await Fixture(provider, in: directory, contentLimit: Self.limit)
    fixture.fileSystem.startLimiting { nil }
    while fixture.fileSystem.evictionCounts.evicted < 55 { await Task.yield() }
    let left = try store.contents().reduce(0) { $0 + $1.size }
    #expect(left == Self.limit * 9 / 10)
  }
}

/// The largest number so far.
private final class Peak: Sendable {
  private let largest = Mutex<Int64>(0)

  var value: Int64 { largest.withLock { $0 } }

  func note(_ number: Int64) { largest.withLock { $0 = max($0, number) } }
}
