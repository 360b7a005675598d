import Glibc
import Provider
import Synchronization
import TestSupport
import Testing

@testable import Projection

@Suite struct SingleFlightTests {
  private let provider = TreeProvider()
  private let flights = SingleFlight<String, Int64>()
  private let joins = Counter()

  init() {
    provider.addFile("file", id: "key", text: "12345")
  }

  /// Counts from any thread.
  private final class Counter: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int { number.load(ordering: .relaxed) }
    func increment() { add(1) }

    @discardableResult
    func add(_ difference: Int) -> Int { number.add(difference, ordering: .relaxed).newValue }
  }

  /// Asks for the size of the one content; its provider decides when the answer comes.
  private func ask() async throws -> Int64 {
    try await flights.value(for: "key", joined: joins.increment) { [provider] in
      try await provider.sizes(of: ["key"])[0]
    }
  }

  /// Starts `count` waiters of a call that is held, and returns when all of them wait.
  private func startWaiters(_ count: Int) async -> [Task<Int64, any Error>] {
    let joinedBefore = joins.value
    let leader = Task { try await ask() }
    await provider.arrival(of: .attributes("key"))
    let followers = (1..<count).map { _ in Task { try await ask() } }
    await eventually("all others wait") { joins.value == joinedBefore + count - 1 }
    return [leader] + followers
  }

  @Test("Any number of waiters share one piece of work and its result")
  func sharing() async throws {
    provider.hold(.attributes("key"))
    let waiters = await startWaiters(50)
    #expect(flights.inFlight == 1)
    provider.release(.attributes("key"))
    for waiter in waiters { #expect(try await waiter.value == 5) }
    #expect(provider.count(.attributes("key")) == 1)
    #expect(joins.value == 49)
    #expect(flights.inFlight == 0)
  }

  @Test("A failure reaches every waiter, and the next demand tries again")
  func failure() async throws {
    provider.hold(.attributes("key"))
    provider.fail(.attributes("key"), with: .unavailable("now"))
    let waiters = await startWaiters(10)
    provider.release(.attributes("key"))
    for waiter in waiters { await #expect(throws: ProviderError.unavailable("now")) { try await waiter.value } }
    provider.fail(.attributes("key"), with: nil)
    #expect(try await ask() == 5)
    #expect(provider.count(.attributes("key")) == 2)
  }

  @Test("Work that does not suspend runs and ends on the thread of the demand, before the demand's task is handed back")
  func inline() {
    let here = pthread_self()
    let ended = Mutex<[pthread_t]>([])
    let demand = Task.immediate { [flights] in
      let value = try await flights.value(for: "key") {
        ended.withLock { $0.append(pthread_self()) }
        return 7
      }
      ended.withLock { $0.append(pthread_self()) }
      return value
    }
    #expect(ended.withLock { $0 } == [here, here])
    #expect(!demand.isCancelled)
    #expect(flights.inFlight == 0)
  }

  @Test("A waiter that is cancelled leaves at once; the others still get the value")
  func leaving() async throws {
    provider.hold(.attributes("key"))
    let waiters = await startWaiters(4)
    // The one who started the work may leave as well as any other.
    for leaver in [waiters[0], waiters[2]] {
      leaver.cancel()
      await #expect(throws: CancellationError.self) { try await leaver.value }
    }
    #expect(provider.cancellations(of: .attributes("key")) == 0)
    #expect(flights.inFlight == 1)
    provider.release(.attributes("key"))
    for stayer in [waiters[1], waiters[3]] { #expect(try await stayer.value == 5) }
    #expect(provider.count(.attributes("key")) == 1)
  }

  @Test("When the last waiter has left, the work is cancelled and the next demand starts afresh")
  func lastLeaver() async throws {
    provider.hold(.attributes("key"))
    let waiters = await startWaiters(3)
    for waiter in waiters { waiter.cancel() }
    for waiter in waiters { await #expect(throws: CancellationError.self) { try await waiter.value } }
    #expect(provider.cancellations(of: .attributes("key")) == 1)
    #expect(flights.inFlight == 0)
    let next = Task { try await ask() }
    await provider.arrival(of: .attributes("key"))
    provider.release(.attributes("key"))
    #expect(try await next.value == 5)
    #expect(provider.count(.attributes("key")) == 2)
  }

  @Test("Who was cancelled before asking starts nothing")
  func cancelledBefore() async {
    let started = Counter()
    let demand = Task { [flights] in
      withUnsafeCurrentTask { $0?.cancel() }
      return try await flights.value(for: "key") {
        started.increment()
        return 1
      }
    }
    await #expect(throws: CancellationError.self) { try await demand.value }
    #expect(started.value == 0)
    #expect(flights.inFlight == 0)
  }

  @Test("Different keys do not wait for each other")
  func independence() async throws {
    provider.hold(.attributes("key"))
    let waiters = await startWaiters(1)
    #expect(try await flights.value(for: "other") { 3 } == 3)
    #expect(flights.inFlight == 1)
    provider.release(.attributes("key"))
    #expect(try await waiters[0].value == 5)
  }

  @Test(
    "Under a storm of demands no key is worked on twice at once, and each waiter gets its key's value", arguments: 1...5
  )
  func storm(seed: UInt64) async throws {
    let storm = SingleFlight<Int, Int>()
    let keys = 8
    let busy = (0..<keys).map { _ in Counter() }
    let overlaps = Counter()
    try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for number in 0..<400 {
        var random = SeededRandom(seed: seed &* 1000 &+ UInt64(number))
        let key = Int.random(in: 0..<keys, using: &random)
        let yields = Int.random(in: 0..<4, using: &random)
        group.addTask {
          for _ in 0..<yields { await Task.yield() }
          let value = try await storm.value(for: key) {
            if busy[key].add(1) != 1 { overlaps.add(1) }
            for _ in 0..<yields { await Task.yield() }
            busy[key].add(-1)
            return key * 10
          }
          return (key, value)
        }
      }
      for try await (key, value) in group { #expect(value == key * 10, "seed \(seed)") }
    }
    #expect(overlaps.value == 0, "seed \(seed)")
    #expect(storm.inFlight == 0, "seed \(seed)")
  }

  @Test(
    "Waiters that come and go at random end with the value or cancelled, and leave nothing behind", arguments: 1...5)
  func turmoil(seed: UInt64) async {
    let storm = SingleFlight<Int, Int>()
    var random = SeededRandom(seed: seed)
    var tasks: [(key: Int, isCancelled: Bool, task: Task<Int, any Error>)] = []
    for _ in 0..<400 {
      let key = Int.random(in: 0..<4, using: &random)
      let yields = Int.random(in: 0..<10, using: &random)
      let task = Task {
        try await storm.value(for: key) {
          for _ in 0..<yields { await Task.yield() }
          try Task.checkCancellation()
          return key
        }
      }
      let isCancelled = Bool.random(using: &random)
      if Bool.random(using: &random) { await Task.yield() }
      if isCancelled { task.cancel() }
      tasks.append((key, isCancelled, task))
    }
    for (key, isCancelled, task) in tasks {
      switch await task.result {
      case .success(let value): #expect(value == key, "seed \(seed)")
      case .failure(let error): #expect(isCancelled && error is CancellationError, "seed \(seed): \(error)")
      }
    }
    await eventually("nothing is left, seed \(seed)") { storm.inFlight == 0 }
  }
}
