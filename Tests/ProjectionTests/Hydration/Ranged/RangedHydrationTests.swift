import Glibc
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

/// Large contents, hydrated by pieces.
@Suite struct RangedHydrationTests {
  private static let size: Int64 = (5 << 20) + 12_345
  private static let piece = RangedFixture.piece
  private let provider = RangedProvider([("big", Self.size), ("other", 2 << 20), ("small", 1000)])

  @Test(
    "A read fetches what it needs, and not the file", arguments: [0, 1 << 20, (2 << 20) + 300, size - 100] as [Int64])
  func little(start: Int64) async throws {
    let view = try await RangedFixture(provider)
    #expect(try await view.isRight("big", start..<min(Self.size, start + 4096)))
    #expect(provider.bytesAskedFor <= 1 << 20)
    #expect(provider.wholeFetches == 0)
    #expect(try view.fixture.store.contents().isEmpty)
    let snapshot = view.snapshot
    #expect(snapshot.count == 0 && snapshot.bytes == provider.bytesAskedFor && snapshot.failures == 0)
    #expect(snapshot.processes.first?.usage.hydrations == 0 && snapshot.processes.first?.usage.bytes == snapshot.bytes)
    #expect(try await view.isRight("big", start..<start + 10))
    #expect(provider.ranges.count == 1)
  }

  @Test("Small files are fetched at once")
  func small() async throws {
    let view = try await RangedFixture(provider)
    #expect(try await view.isRight("small", 10..<20))
    #expect(provider.ranges.isEmpty && provider.wholeFetches == 1)
    #expect(view.snapshot.count == 1 && view.snapshot.bytes == 1000)
  }

  @Test("A read at the end, behind it, and of nothing gives what there is")
  func ends() async throws {
    let view = try await RangedFixture(provider)
    #expect(try await view.read("big", Self.size - 5..<Self.size + 100).count == 5)
    #expect(try await view.read("big", Self.size..<Self.size + 100).isEmpty)
    #expect(try await view.read("big", (Self.size << 20)..<(Self.size << 20) + 1).isEmpty)
  }

  @Test("A reader waits for its piece, and not for others'")
  func independent() async throws {
    let view = try await RangedFixture(provider)
    provider.answer { $0.lowerBound == 0 ? .held : .honest }
    let waiting = Task { try await view.isRight("big", 0..<100) }
    await eventually("it waits") { provider.waiting == 1 }
    #expect(try await view.isRight("big", (3 << 20)..<(3 << 20) + 100))
    #expect(view.fileSystem.hydrationsInFlight == 1)
    provider.release()
    #expect(try await waiting.value)
    #expect(view.fileSystem.hydrationsInFlight == 0)
  }

  @Test("Many who want one piece share one fetch; those who want another one do not")
  func sharing() async throws {
    let view = try await RangedFixture(provider)
    provider.answer { _ in .held }
    let readers = (0..<20).map { _ in Task { try await view.isRight("big", 100..<200) } }
    await eventually("all wait") { view.snapshot.shared == 19 }
    let other = Task { try await view.isRight("big", (2 << 20)..<(2 << 20) + 1) }
    await eventually("two fetches wait") { provider.waiting == 2 }
    provider.release()
    for reader in readers { #expect(try await reader.value) }
    #expect(try await other.value)
    #expect(provider.ranges.count == 2 && view.snapshot.shared == 19)
  }

  @Test("Who reads all of it ends with the file in the store, verified, and counted once")
  func whole() async throws {
    let view = try await RangedFixture(provider)
    try await view.readAll("big", size: Self.size)
    await eventually("it is stored") { view.fixture.store.contains("big") }
    await eventually("it is counted") { view.snapshot.count == 1 }
    #expect(provider.verifications == 1 && provider.wholeFetches == 0)
    #expect(provider.bytesAskedFor == Self.size, "no byte twice")
    #expect(view.snapshot.bytes == Self.size)
    #expect(Set(provider.ranges.map(\.lowerBound)).count == provider.ranges.count)
    #expect(provider.ranges.count < 15, "a reader that reads on is fetched ahead of")
    let stored = try #require(try view.fixture.store.openFile("big"))
    #expect(
      try FileCalls.read(stored.rawValue, at: 0, count: Int(Self.size) + 1)
        == RangedProvider.bytes(of: "big", 0..<Self.size))
    #expect(try FileCalls.status(stored.rawValue).st_mode & 0o7777 == 0o444)
    // From there on it is a content like any other.
    #expect(try await view.isRight("big", 0..<100))
    #expect(provider.bytesAskedFor == Self.size)
  }

  @Test("Where a file is wanted whole, its pieces are put together with what is there")
  func completing() async throws {
    let view = try await RangedFixture(provider)
    #expect(try await view.isRight("big", (1 << 20)..<(1 << 20) + 1))
    let node = try await view.fixture.lookup("big").node
    let files = (0..<3).map { _ in
      Task { OpenFile(try await view.fileSystem.contents(of: node, by: Fixture.caller).release()) }
    }
    for file in files {
      #expect(
        try FileCalls.read(try await file.value.rawValue, at: 0, count: Int(Self.size) + 1)
          == RangedProvider.bytes(of: "big", 0..<Self.size))
    }
    #expect(provider.bytesAskedFor == Self.size && view.snapshot.count == 1)
  }

  @Test("A large file is prefetched whole")
  func prefetching() async throws {
    let view = try await RangedFixture(provider)
    await view.fileSystem.prefetch([Array("big".utf8), Array("other".utf8), Array("small".utf8)])
    #expect(try view.fixture.store.contents().count == 3)
    #expect(view.snapshot.count == 3 && view.snapshot.bytes == Self.size + (2 << 20) + 1000)
  }

  @Test("A content that another server has completed meanwhile is read from there")
  func elsewhere() async throws {
    let view = try await RangedFixture(provider)
    #expect(try await view.isRight("big", 0..<1))
    let other = try await RangedFixture(RangedProvider([("big", Self.size)]), in: view.fixture.directory)
    try await other.readAll("big", size: Self.size)
    await eventually("it is stored") { other.fixture.store.contains("big") }
    #expect(try await view.isRight("big", (4 << 20)..<(4 << 20) + 1))
    #expect(provider.ranges.count == 1)
  }
}

/// Pieces that fail.
@Suite struct RangedFailureTests {
  private static let size: Int64 = 4 << 20
  private let provider = RangedProvider([("big", Self.size)])

  private static let spoiled: [RangedProvider.Answer] = [
    .failing(.unavailable("x")), .failing(.system(.ioError, "x")), .short(1), .short(256 << 10), .long(1),
    .long(1 << 20),
  ]

  @Test(
    "A piece that fails, or is too short or too long, costs its readers an error and keeps nothing", arguments: spoiled)
  func failing(answer: RangedProvider.Answer) async throws {
    let view = try await RangedFixture(provider)
    provider.answer { _ in answer }
    for _ in 0..<2 {
      let failure = await #expect(throws: ProjectionError.self) { try await view.read("big", 100..<200) }
      switch answer {
      case .failing(let error): #expect(failure == .provider(error))
      default:
        guard case .provider(.wrongSize) = failure else {
          Issue.record("\(String(describing: failure)) is not a wrong size")
          return
        }
      }
    }
    #expect(view.snapshot.failures == 2 && view.snapshot.bytes == 0)
    provider.answer { _ in .honest }
    try await view.readAll("big", size: Self.size)
  }

  @Test("A failure while going ahead costs nobody an error who can do without")
  func ahead() async throws {
    let view = try await RangedFixture(provider)
    // What is fetched on demand is one piece.
    provider.answer { $0.count > (256 << 10) ? .failing(.unavailable("x")) : .honest }
    try await view.readAll("big", size: Self.size)
    #expect(view.snapshot.failures > 0)
    await eventually("it is stored") { view.fixture.store.contains("big") }
  }

  @Test("A reader that is interrupted leaves at once, and its fetch is cancelled")
  func interrupted() async throws {
    let view = try await RangedFixture(provider)
    provider.answer { _ in .held }
    let reader = Task { try await view.read("big", 0..<100) }
    await eventually("it waits") { provider.waiting == 1 }
    reader.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await reader.value }
    await eventually("the fetch is cancelled") { provider.cancellations == 1 }
    #expect(view.fileSystem.hydrationsInFlight == 0)
    provider.release()
    #expect(view.snapshot.failures == 0)
    provider.answer { _ in .honest }
    #expect(try await view.isRight("big", 0..<100))
  }

  @Test("What a provider writes after it was cancelled reaches nobody")
  func stubborn() async throws {
    let view = try await RangedFixture(provider)
    provider.answer { _ in .stubborn }
    let reader = Task { try await view.read("big", 0..<100) }
    await eventually("it waits") { provider.waiting == 1 }
    reader.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await reader.value }
    provider.answer { _ in .honest }
    #expect(try await view.isRight("big", 0..<100))
    provider.release()
    await eventually("it has tried") { provider.finished == 2 }
    #expect(try await view.isRight("big", 0..<(256 << 10)))
  }

  @Test("A piece that does not come costs its readers ETIMEDOUT, and is asked for again")
  func timedOut() async throws {
    let view = try await RangedFixture(provider, deadlines: ProviderDeadlines(silence: .milliseconds(20)))
    provider.answer { _ in .stubborn }
    let failure = await #expect(throws: ProjectionError.self) { try await view.read("big", 0..<100) }
    guard case .provider(.system(.timedOut, _)) = failure else {
      Issue.record("\(String(describing: failure)) is not a time-out")
      return
    }
    #expect(view.snapshot.failures == 1)
    provider.release()
    await eventually("it has tried") { provider.finished == 1 }
    #expect(view.fileSystem.hydrationsInFlight == 0)
  }

  @Test("A file whose bytes prove wrong is not kept, who has read it is named, and it is fetched anew")
  func provedWrong() async throws {
    let view = try await RangedFixture(provider)
    let told = ToldNodes()
    view.fileSystem.onOutdatedContents { told.add($0) }
    provider.answer { $0.contains(2 << 20) ? .wrong : .honest }
    let node = try await view.fixture.lookup("big").node
    #expect(try await view.isRight("big", 0..<100))
    let failure = await #expect(throws: ProjectionError.self) {
      _ = try await view.fileSystem.contents(of: node, by: Fixture.caller)
    }
    guard case .provider(.damaged) = failure else {
      Issue.record("\(String(describing: failure)) is no damage")
      return
    }
    #expect(told.nodes == [node])
    #expect(try view.fixture.store.contents().isEmpty)
    #expect(view.snapshot.count == 0)
    provider.answer { _ in .honest }
    try await view.readAll("big", size: Self.size)
    await eventually("it is stored") { view.fixture.store.contains("big") }
  }
}
