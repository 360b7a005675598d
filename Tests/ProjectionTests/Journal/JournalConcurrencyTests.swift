import Synchronization
import TestSupport
import Testing

@testable import Projection

@Suite struct JournalConcurrencyTests {
  /// Files whose state is a number that grows, and how much of it was recorded.
  private final class Files: Sendable {
    static let count = 50

    private struct Versions {
      var current = [Int](repeating: 0, count: Files.count)
      var recorded = [Int](repeating: 0, count: Files.count)
    }

    private let versions = Mutex(Versions())

    /// Changes a file; returns its version.
    func change(_ file: Int) -> Int {
      versions.withLock { versions in
        versions.current[file] += 1
        return versions.current[file]
      }
    }

    /// Notes that the change to `version`, and all before it, are in the journal.
    func noteRecorded(_ file: Int, _ version: Int) {
      versions.withLock { $0.recorded[file] = max($0.recorded[file], version) }
    }

    var current: [Int] { versions.withLock { $0.current } }
    var recorded: [Int] { versions.withLock { $0.recorded } }
  }

  /// A copy of the versions that looks only at what the journal names.
  private struct Copy {
    var versions = [Int](repeating: 0, count: Files.count)
    var token: ChangeJournal.Token?
    var exactAnswers = 0

    mutating func update(_ journal: ChangeJournal, _ files: Files) {
      let changes = journal.changes(since: token)
      token = changes.token
      let current = files.current
      guard case .exact(let paths, _) = changes else {
        versions = current
        return
      }
      exactAnswers += 1
      for file in paths.compactMap({ Int(String(decoding: $0.path, as: UTF8.self)) }) { versions[file] = current[file] }
    }
  }

  private static func change(_ files: Files, _ journal: ChangeJournal, seed: UInt64) async {
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let file = Int.random(in: 0..<Files.count, using: &random)
      if Int.random(in: 0..<4, using: &random) == 0 {
        let writer = journal.beginWriting(Array("\(file)".utf8))
        _ = files.change(file)
        await Task.yield()
        let version = files.change(file)
        journal.endWriting(writer)
        files.noteRecorded(file, version)
      } else {
        let version = files.change(file)
        journal.record("\(file)")
        files.noteRecorded(file, version)
      }
      await Task.yield()
    }
  }

  @Test("Whoever asks while others record sees all that was recorded when he asked", arguments: [1000, 1 << 20])
  func mirrors(segmentLimit: Int) async throws {
    let fixture = try JournalFixture()
    let journal = try fixture.open(segmentLimit: segmentLimit)
    let files = Files()

    await withTaskGroup(of: Void.self) { group in
      for seed in 1...4 {
        group.addTask { await Self.change(files, journal, seed: UInt64(seed)) }
      }
      for _ in 0..<3 {
        group.addTask {
          var copy = Copy()
          for _ in 0..<300 {
            let recorded = files.recorded
            copy.update(journal, files)
            #expect(zip(copy.versions, recorded).allSatisfy { $0 >= $1 })
            await Task.yield()
          }
          #expect(copy.exactAnswers > 100)
        }
      }
    }
    #expect(journal.lastFailure == nil)
  }
}
