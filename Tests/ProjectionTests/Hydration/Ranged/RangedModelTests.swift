import Posix
import Projection
import Provider
import Synchronization
import TestSupport
import Testing

/// Random reads by several readers at once, of a provider that fails in every way it can: what is read is right, or an error.
@Suite struct RangedModelTests {
  private static let size: Int64 = (3 << 20) + 4321

  /// How one reader goes through the file.
  private struct Reader {
    var random: SeededRandom
    var position: Int64 = 0

    mutating func next() -> Range<Int64> {
      switch Int.random(in: 0..<10, using: &random) {
      case 0: position = max(0, RangedModelTests.size - Int64.random(in: 1...300_000, using: &random))
      case 1...3: position = Int64.random(in: 0..<RangedModelTests.size, using: &random)
      default: break
      }
      if position >= RangedModelTests.size { position = 0 }
      let length = Bool.random(using: &random) ? 128 << 10 : Int64.random(in: 1...700_000, using: &random)
      let range = position..<min(RangedModelTests.size, position + length)
      position = range.upperBound
      return range
    }
  }

  @Test("Whatever the provider does, no reader gets a wrong byte, and in the end the file is whole", arguments: 1...3)
  func reading(seed: UInt64) async throws {
    let directory = try TemporaryDirectory()
    let provider = RangedProvider([("big", Self.size)])
    var random = SeededRandom(seed: seed)
    for round in 0..<4 {
      provider.answer(Self.faults(seed: random.next()))
      let view = try await RangedFixture(provider, suspectAll: round == 2, in: directory)
      let running = Counter(4)
      let readers = (0..<4).map { _ in
        let reader = Reader(random: SeededRandom(seed: random.next()))
        return Task {
          defer { running.add(-1) }
          return await Self.wrongReads(reader, view)
        }
      }
      while running.value > 0 {
        provider.release()
        await Task.yield()
      }
      for reader in readers { #expect(await reader.value == [], "seed \(seed), round \(round)") }
      provider.release()
      if round % 2 == 0 { view.fileSystem.putPartsAway() }
    }
    provider.answer { _ in .honest }
    let view = try await RangedFixture(provider, in: directory)
    try await view.readAll("big", size: Self.size)
    await eventually("it is stored") { view.fixture.store.contains("big") }
    let node = try await view.fixture.lookup("big").node
    let file = OpenFile(try await view.fileSystem.contents(of: node, by: Fixture.caller).release())
    #expect(try file.bytes == RangedProvider.bytes(of: "big", 0..<Self.size), "seed \(seed)")
    #expect(provider.wholeFetches == 0)
  }

  /// The ranges that a reader was given and that were not right. Some reads are interrupted.
  private static func wrongReads(_ start: Reader, _ view: RangedFixture) async -> [Range<Int64>] {
    var reader = start
    var wrong: [Range<Int64>] = []
    for _ in 0..<40 {
      let range = reader.next()
      let read = Task { try await view.isRight("big", range) }
      if Int.random(in: 0..<5, using: &reader.random) == 0 {
        for _ in 0..<Int.random(in: 0..<3, using: &reader.random) { await Task.yield() }
        read.cancel()
      }
      // What fails is no wrong byte.
      if (try? await read.value) == false { wrong.append(range) }
    }
    return wrong
  }

  /// Faults that follow from the seed and how many fetches there were.
  private static func faults(seed: UInt64) -> @Sendable (Range<Int64>) -> RangedProvider.Answer {
    let source = RandomSource(seed)
    return { range in
      source.next { random in
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .failing(.unavailable("x"))
        case 1: .short(Int.random(in: 1...range.count, using: &random))
        case 2: .long(Int.random(in: 1...300_000, using: &random))
        case 3...4: .held
        case 5: .stubborn
        default: .honest
        }
      }
    }
  }
}

/// Random numbers for whoever comes.
private final class RandomSource: Sendable {
  private let random: Mutex<SeededRandom>

  init(_ seed: UInt64) {
    random = Mutex(SeededRandom(seed: seed))
  }

  func next<Result: Sendable>(_ body: (inout SeededRandom) -> Result) -> Result {
    random.withLock { body(&$0) }
  }
}
