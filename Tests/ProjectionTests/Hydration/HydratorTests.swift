import Glibc
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite struct HydratorTests {
  private let provider = TreeProvider()
  private let directory: TemporaryDirectory
  private let store: ContentStore
  private let statistics = HydrationStatistics()
  private let log = RecordedLog()
  private let hydrator: Hydrator
  private let demand = Demand(.open, by: Caller(thread: 0))

  init() throws {
    directory = try TemporaryDirectory()
    store = try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: false)
    hydrator = Hydrator(
      provider: provider, store: store, statistics: statistics, failures: FailureLog(logger: log.logger),
      willWait: WaitHint(), policy: HydrationPolicy(deadlines: .patient))
    provider.addFile("file", id: "id", text: "12345")
  }

  private func text(size: Int64 = 5) async throws(ProjectionError) -> String {
    let file = try await hydrator.contents(of: "id", size: size, for: demand)
    do {
      return String(decoding: try FileCalls.read(file.rawValue, at: 0, count: 100), as: UTF8.self)
    } catch {
      throw .storage(error)
    }
  }

  @Test("A content is fetched once, and read from the store ever after")
  func once() async throws {
    for _ in 0..<3 { #expect(try await text() == "12345") }
    #expect(provider.count(.fetch("id")) == 1)
    #expect(try store.text(of: "id") == "12345")
    let snapshot = statistics.snapshot
    #expect(snapshot.count == 1 && snapshot.bytes == 5 && snapshot.failures == 0 && snapshot.shared == 0)
    #expect(snapshot.processes.map(\.usage.hydrations) == [1])
    #expect(snapshot.processes.first?.identity.command == "kernel")
  }

  @Test("Many who want a content at once share one fetch")
  func sharing() async throws {
    provider.hold(.fetch("id"))
    let readers = (0..<30).map { _ in Task { try await text() } }
    await eventually("all wait") { statistics.snapshot.shared == 29 }
    #expect(hydrator.inFlight == 1)
    provider.release(.fetch("id"))
    for reader in readers { #expect(try await reader.value == "12345") }
    #expect(provider.count(.fetch("id")) == 1)
    #expect(statistics.snapshot.count == 1)
    #expect(hydrator.inFlight == 0)
  }

  @Test(
    "A content of another size than users were shown is refused and not stored",
    arguments: [0, 4, 6, 1 << 40] as [Int64])
  func wrongSize(announced: Int64) async throws {
    let failure = await #expect(throws: ProjectionError.self) { try await text(size: announced) }
    guard case .provider(.wrongSize) = failure else {
      Issue.record("\(String(describing: failure)) is not a wrong size")
      return
    }
    #expect(try store.contents().isEmpty)
    #expect(statistics.snapshot.failures == 1)
    #expect(statistics.snapshot.count == 0)
  }

  @Test("Each failed fetch is counted, each content that fails is logged once, and a later fetch may work")
  func failure() async throws {
    provider.addFile("other", id: "other", text: "x")
    provider.fail(.fetch("id"), with: .missing("object"))
    provider.fail(.fetch("other"), with: .damaged("object"))
    for _ in 0..<3 {
      await #expect(throws: ProjectionError.provider(.missing("object"))) { try await text() }
    }
    await #expect(throws: ProjectionError.provider(.damaged("object"))) {
      _ = try await hydrator.contents(of: "other", size: 1, for: demand)
    }
    #expect(statistics.snapshot.failures == 4)
    #expect(log.lines.count == 2)
    #expect(log.lines.first?.contains(ContentID("id").description) == true)
    #expect(log.lines.first?.contains("missing: object") == true)
    provider.fail(.fetch("id"), with: nil)
    #expect(try await text() == "12345")
  }

  @Test("One failed fetch fails all who waited for it, and counts once")
  func sharedFailure() async throws {
    provider.hold(.fetch("id"))
    provider.fail(.fetch("id"), with: .unavailable("x"))
    let readers = (0..<10).map { _ in Task { try await text() } }
    await eventually("all wait") { statistics.snapshot.shared == 9 }
    provider.release(.fetch("id"))
    for reader in readers {
      await #expect(throws: ProjectionError.provider(.unavailable("x"))) { try await reader.value }
    }
    #expect(statistics.snapshot.failures == 1)
    #expect(log.lines.count == 1)
  }

  @Test("When the only waiter is cancelled so is the fetch; that is no failure, and the next demand fetches")
  func cancellation() async throws {
    provider.hold(.fetch("id"))
    let reader = Task { try await text() }
    await provider.arrival(of: .fetch("id"))
    reader.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await reader.value }
    await eventually("the fetch is cancelled") { provider.cancellations(of: .fetch("id")) == 1 }
    #expect(hydrator.inFlight == 0)
    provider.release(.fetch("id"))
    #expect(try await text() == "12345")
    #expect(statistics.snapshot.failures == 0)
    #expect(log.lines.isEmpty)
  }

  @Test("A reader that is cancelled does not take the fetch away from the others")
  func oneLeaves() async throws {
    provider.hold(.fetch("id"))
    let leaver = Task { try await text() }
    await provider.arrival(of: .fetch("id"))
    let stayer = Task { try await text() }
    await eventually("the other waits") { statistics.snapshot.shared == 1 }
    leaver.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await leaver.value }
    provider.release(.fetch("id"))
    #expect(try await stayer.value == "12345")
    #expect(provider.count(.fetch("id")) == 1)
  }

  @Test("An empty content is a content")
  func empty() async throws {
    provider.addFile("empty", id: "", text: "")
    let file = try await hydrator.contents(of: "", size: 0, for: demand)
    #expect(try FileCalls.status(file.rawValue).st_size == 0)
    #expect(provider.count(.fetch("")) == 1)
  }
}
