import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Projection

@Suite struct DeadlineTests {
  /// Waits for something that never comes, whoever cancels it; ends with `release`.
  private final class Hanging: Sendable {
    private let continuation = Mutex<CheckedContinuation<Void, Never>?>(nil)
    private let released = Ended()

    func hang() async {
      await withCheckedContinuation { continuation in
        self.continuation.withLock { $0 = continuation }
        if released.isNoted { release() }
      }
    }

    func release() {
      released.note()
      continuation.withLock { $0.take() }?.resume()
    }
  }

  @Test("What ends at once ends before the task is handed back")
  func inline() async throws {
    let ended = Ended()
    let task = Task.immediate {
      let answer = try await withDeadline(.seconds(60), for: "x") { 42 }
      ended.note()
      return answer
    }
    #expect(ended.isNoted)
    #expect(try await task.value == 42)
  }

  @Test("What fails, fails")
  func failing() async {
    await #expect(throws: ProviderError.missing("x")) {
      try await withDeadline(.seconds(60), for: "x") { throw ProviderError.missing("x") }
    }
  }

  @Test("Who does not answer is given up, even if it does not listen")
  func hanging() async {
    let hanging = Hanging()
    await #expect(throws: ProviderError.system(.timedOut, "the provider does not answer: a name")) {
      try await withDeadline(.milliseconds(20), for: "a name") { await hanging.hang() }
    }
    hanging.release()
  }

  @Test("As long as something moves there is time")
  func moving() async throws {
    let hanging = Hanging()
    let looks = Counter()
    try await withDeadline(
      .milliseconds(20), for: "x",
      progress: {
        let count = looks.add(1)
        if count == 10 { hanging.release() }
        return Int64(count)
      }
    ) { await hanging.hang() }
    #expect(looks.value >= 10)
  }

  @Test("When nothing moves any more, time runs out")
  func stalled() async {
    let hanging = Hanging()
    let looks = Counter()
    await #expect(throws: ProviderError.self) {
      try await withDeadline(
        .milliseconds(20), for: "x", progress: { Int64(min(5, looks.add(1))) }
      ) { await hanging.hang() }
    }
    #expect(looks.value > 5)
    hanging.release()
  }

  @Test("Who is cancelled leaves at once, whatever the provider does")
  func cancelled() async {
    let hanging = Hanging()
    let task = Task { try await withDeadline(.seconds(3600), for: "x") { await hanging.hang() } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    hanging.release()
  }

  @Test("A listing that does not come costs its callers ETIMEDOUT, and the next one works")
  func listing() async throws {
    let tree = TreeProvider()
    tree.addFile("file", text: "x")
    tree.hold(.list(""))
    let fixture = try await Fixture(tree, deadlines: ProviderDeadlines(answer: .milliseconds(20)))
    let failure = await #expect(throws: ProjectionError.self) { try await fixture.lookup("file") }
    guard case .provider(.system(.timedOut, _)) = failure else {
      Issue.record("\(String(describing: failure)) is not a time-out")
      return
    }
    await eventually("it is cancelled") { tree.cancellations(of: .list("")) == 1 }
    tree.release(.list(""))
    #expect(try await fixture.lookup("file").attributes.size == 1)
  }

  @Test(
    "A size and a fetch that do not come cost their callers ETIMEDOUT, and nothing is kept", arguments: [true, false])
  func fetch(listed: Bool) async throws {
    let tree = TreeProvider()
    tree.addFile("file", id: "id", text: "x", listed: listed)
    tree.hold(listed ? .fetch("id") : .attributes("id"))
    let limit = Duration.milliseconds(20)
    let fixture = try await Fixture(tree, deadlines: ProviderDeadlines(answer: limit, silence: limit))
    let failure = await #expect(throws: ProjectionError.self) {
      _ = try await fixture.read(try await fixture.lookup("file").node)
    }
    guard case .provider(.system(.timedOut, _)) = failure else {
      Issue.record("\(String(describing: failure)) is not a time-out")
      return
    }
    #expect(try fixture.store.contents().isEmpty)
    #expect(fixture.fileSystem.statistics.snapshot.failures == (listed ? 1 : 0))
    #expect(fixture.fileSystem.hydrationsInFlight == 0)
    tree.release(.fetch("id"))
    tree.release(.attributes("id"))
    #expect(try await fixture.read(try await fixture.lookup("file").node) == "x")
  }
}
