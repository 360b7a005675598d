import Glibc
import Posix
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// Random operations, watches and vetoes: what is asked and told is what a second account of it says.
@Suite struct EventModelTests {
  private static let errors: [Errno] = [.diskQuotaExceeded, .improperLink, .textFileBusy, .noMemory]
  private static let places = ["", "x", "x/z", "y", "a", "x/a", "y/b", "c/c"]

  /// What the observer forbids, at random, and what it has forbidden last.
  private final class Judge: Sendable {
    private let state: Mutex<(random: SeededRandom, last: Errno?)>

    init(seed: UInt64) { state = Mutex((SeededRandom(seed: seed), nil)) }

    func judge() throws {
      let error = state.withLock { state -> Errno? in
        guard Int.random(in: 0..<10, using: &state.random) == 0 else { return nil }
        state.last = EventModelTests.errors.randomElement(using: &state.random)
        return state.last
      }
      if let error { throw Veto(error) }
    }

    func takeLast() -> Errno? { state.withLock { $0.last.take() } }
  }

  private static func watches(_ random: inout SeededRandom) -> [Watch] {
    // One that always wants closes, so that every open is remembered.
    [Watch(Array("nowhere".utf8), after: .opensAndCloses)]
      + (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Watch(
          Array((places.randomElement(using: &random) ?? "").utf8),
          before: EventMask(rawValue: UInt32.random(in: 0..<1 << 16, using: &random)),
          after: EventMask(rawValue: UInt32.random(in: 0..<1 << 16, using: &random)))
      }
  }

  @Test("Whatever is done, asked and forbidden, events are those that the model expects")
  func model() async throws {
    for _ in 0..<2 {
      let seed = UInt64.random(in: 0...UInt64.max)
      let problems = try await Self.run(seed: seed, operations: 200)
      #expect(problems == [], "seed \(seed)")
    }
  }

  /// Runs operations until something is not as expected; returns what.
  private static func run(seed: UInt64, operations: Int) async throws -> [String] {
    var random = SeededRandom(seed: seed)
    let home = try TemporaryDirectory()
    let reference = try ReferenceTree(at: try home.makeDirectory("reference"))
    let tree = TreeProvider()
    try CoreModelTests.seed(tree, reference)
    let view = ViewDriver(try await Fixture(tree, owner: CoreModelTests.owner, in: home), .refused)
    // The targets of the provider's links are fetched when they become the user's, which is no event of theirs alone.
    let link = try await view.fixture.lookup("l").node
    _ = try await view.fixture.fileSystem.target(of: link, by: Fixture.caller)

    let judge = Judge(seed: random.next())
    let observer = RecordingObserver { _ in try judge.judge() }
    let observation = try view.fixture.fileSystem.observe(observer, ObserverOptions(watches: watches(&random)))
    var before = try reference.snapshot()
    var model = EventModel(before)
    var generator = OperationGenerator(random: SeededRandom(seed: random.next()))
    var history: [String] = []
    var lastNumber: UInt64 = 0
    for _ in 0..<operations {
      if Int.random(in: 0..<10, using: &random) == 0 { try observation.setWatches(watches(&random)) }
      let wanted = WatchTree(observation.watches)
      // Names are given that the view knows.
      for path in before.entries.keys where !path.isEmpty { _ = try await view.fixture.lookup(path) }
      let operation = generator.next(
        before.entries.filter { !$0.key.isEmpty }.mapValues(\.kind), openFiles: view.openFiles.count)
      history.append("\(operation)")
      let expected = model.expected(operation, before)
      var failure: ProjectionError?
      do throws(ProjectionError) { try await view.apply(operation) } catch { failure = error }
      await observation.deliver()
      let (asked, told) = (observer.takeQuestions(), observer.takeLines())
      let veto = judge.takeLast()

      var problems: [String] = []
      let questions = expected.asked.filter { !wanted.wanted(of: $0).before.isEmpty }.map(\.text)
      if asked != (veto == nil ? questions : Array(questions.prefix(asked.count))) {
        problems.append("asked \(asked) instead of \(questions)")
      }
      var events: [String] = []
      if let veto {
        if failure != .vetoed(veto) {
          problems.append("ends with \(failure.map { "\($0)" } ?? "success"), not \(veto)")
        }
      } else {
        let succeeds = (try? reference.apply(operation)) != nil
        if succeeds != (failure == nil) { problems.append("ends with \(failure.map { "\($0)" } ?? "success")") }
        if succeeds {
          events = expected.told.filter { !wanted.wanted(of: $0).after.isEmpty }.map(\.text)
          model.succeeded(operation, before)
        }
      }
      if told != events { problems.append("told \(told) instead of \(events)") }
      let numbers = observer.told.map(\.number)
      if let first = numbers.last, first < lastNumber || numbers != numbers.sorted() {
        problems.append("numbers do not grow")
      }
      lastNumber = numbers.last ?? lastNumber
      guard problems.isEmpty else { return history.suffix(12) + ["watches \(observation.watches)"] + problems }
      before = try reference.snapshot()
    }
    await observation.end()
    return try await view.snapshot().differences(from: reference.snapshot()).filter { !$0.hasPrefix(":") }
  }
}
