import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// The journal under a tree of files that change, move and are written to unseen, with copies of the tree that look only
/// at what the journal names. A copy that differs after its update is a missed change.
@Suite struct JournalModelTests {
  @Test("Undisturbed, every answer is exact, and names what was recorded since and who writes", arguments: 1...30)
  func exact(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let fixture = try JournalFixture()
    var journal = try fixture.open()
    var recorded: [String] = []
    var tokens: [(token: ChangeJournal.Token, count: Int)] = [(journal.token, 0)]
    var writers: [(token: ChangeJournal.WriterToken, path: String)] = []
    let paths = (0..<40).map { "directory \($0 % 5)/file \($0)" }

    for step in 0..<600 {
      let path = paths[Int.random(in: 0..<paths.count, using: &random)]
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<60:
        journal.record(path)
        recorded.append(path)
      case 60..<70:
        writers.append((journal.beginWriting(path), path))
      case 70..<80:
        guard let writer = writers.popLast() else { break }
        journal.endWriting(writer.token)
        recorded.append(writer.path)
      case 80..<99:
        let (token, count) = tokens[Int.random(in: 0..<tokens.count, using: &random)]
        let changes = journal.changes(since: token)
        // A record may be older than the last repetition that it stands for, and never older than the token.
        #expect(changes.texts == Set(recorded[count...] + writers.map(\.path)).sorted(), "seed \(seed), step \(step)")
        tokens.append((changes.token, recorded.count))
      default:
        guard writers.isEmpty else { break }
        try journal.close(clean: true)
        journal = try fixture.open()
      }
    }
  }

  @Test("Whatever happens to the journal, no change is missed", arguments: 1...60)
  func disturbed(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let fixture = try JournalFixture()
    let limit = [300, 1500, 1 << 20][Int(seed % 3)]
    var tree = MirroredTree(journal: try fixture.open(segmentLimit: limit))
    var copies = [TreeCopy](repeating: TreeCopy(), count: 3)
    var exactAnswers = 0

    for step in 0..<500 {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<70:
        tree.change(&random)
      case 70..<91:
        let index = Int.random(in: 0..<copies.count, using: &random)
        if copies[index].update(from: tree) { exactAnswers += 1 }
        #expect(copies[index].states == tree.states, "seed \(seed), step \(step)")
      case 91..<93:
        let steps = JournalDirectory.Step.allCases.filter { _ in Bool.random(using: &random) }
        fixture.fail(steps, with: .ioError)
      case 93..<96:
        fixture.fail()
      case 96:
        try damage(fixture, &random)
      default:
        var isClean = Bool.random(using: &random)
        do throws(Errno) { try tree.journal.close(clean: isClean) } catch { isClean = false }
        if Int.random(in: 0..<3, using: &random) == 0 { try damage(fixture, &random) }
        // Files that are open at the end are written to until nobody has them, without a server to see it.
        tree.restart(with: try fixture.open(afterCleanStop: isClean, segmentLimit: limit), silently: !isClean, &random)
      }
    }
    for index in copies.indices {
      _ = copies[index].update(from: tree)
      #expect(copies[index].states == tree.states, "seed \(seed), at the end")
    }
    #expect(exactAnswers > 10, "seed \(seed): not all is unknown")
  }

  private func damage(_ fixture: JournalFixture, _ random: inout SeededRandom) throws {
    guard let name = try fixture.names.randomElement(using: &random) else { return }
    let size = try fixture.size(name)
    guard size > 0 else { return }
    let offset = Int.random(in: 0..<size, using: &random)
    if Bool.random(using: &random) {
      try fixture.damage(name, at: offset, UInt8.random(in: 1...255, using: &random))
    } else {
      try fixture.truncate(name, to: offset)
    }
  }
}
