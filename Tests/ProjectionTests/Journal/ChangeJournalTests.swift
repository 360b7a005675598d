import Posix
import TestSupport
import Testing

@testable import Projection

@Suite struct ChangeJournalTests {
  private let fixture: JournalFixture

  init() throws {
    fixture = try JournalFixture()
  }

  @Test("An answer names each path once, with the widest scope, and nothing older than the token")
  func answers() throws {
    let journal = try fixture.open()
    journal.record("before")
    let token = journal.token
    for path in ["a", "b/c", "a"] { journal.record(path) }
    #expect(journal.paths(since: token) == ["a", "b/c"])
    journal.record("a", .subtree)
    journal.record("b/c")
    let changes = journal.changes(since: token)
    #expect(changes.texts == ["a/", "b/c"])
    #expect(journal.paths(since: changes.token) == [])
    #expect(journal.isOnDisk)
    #expect(journal.lastFailure == nil)
  }

  @Test("Sequence numbers count the records")
  func sequence() throws {
    let journal = try fixture.open()
    #expect(journal.token.sequence == 0)
    #expect(journal.record("a") == 1)
    #expect(journal.record("b") == 2)
    #expect(journal.record("a") == 1, "recorded since the last token")
    #expect(journal.record("a", .subtree) == 3, "says more than the record there is")
    #expect(journal.record("a") == 3)
    #expect(journal.token.sequence == 3)
    #expect(journal.record("a") == 4)
  }

  @Test("A record is in the file when it returns, one write for each; a repetition writes nothing")
  func written() throws {
    let journal = try fixture.open()
    #expect(try fixture.size() == JournalHeader.size)
    journal.record("some/path")
    #expect(try fixture.size() == JournalHeader.size + JournalRecord.overhead + 9)
    journal.record("some/path")
    #expect(try fixture.size() == JournalHeader.size + JournalRecord.overhead + 9)
    let token = journal.token
    journal.record("some/path")
    #expect(try fixture.size() == JournalHeader.size + 2 * (JournalRecord.overhead + 9))
    #expect(journal.paths(since: token) == ["some/path"])
  }

  @Test("Paths are bytes of any value and length, and the root is one")
  func anyBytes() throws {
    let journal = try fixture.open()
    let token = journal.token
    let paths: [[UInt8]] = [
      [], Array(1...255), [0xff, 0xfe], Array(repeating: 0x61, count: 100_000),
      Array(repeating: 0x62, count: JournalRecord.longestPath),
    ]
    for path in paths { journal.record(path) }
    let expected = paths.map { ChangeJournal.Change(path: $0, scope: .entry) }
    #expect(journal.changes(since: token) == .exact(paths: expected, token: journal.token))
  }

  @Test("For a path that is too long, the nearest directory above it stands, with all below")
  func tooLong() throws {
    let journal = try fixture.open()
    let token = journal.token
    let directory = [UInt8](repeating: 0x61, count: JournalRecord.longestPath)
    journal.record(directory + Array("/b".utf8))
    journal.record([UInt8](repeating: 0x61, count: JournalRecord.longestPath + 1))
    let expected = [
      ChangeJournal.Change(path: directory, scope: .subtree), ChangeJournal.Change(path: [], scope: .subtree),
    ]
    #expect(journal.changes(since: token) == .exact(paths: expected, token: journal.token))
  }

  @Test("A token of another journal, of the future, or none, is answered with unknown")
  func foreignTokens() throws {
    let journal = try fixture.open()
    journal.record("a")
    let now = journal.token
    let tokens: [ChangeJournal.Token?] = [
      nil, ChangeJournal.Token(instance: now.instance ^ 1, sequence: now.sequence),
      ChangeJournal.Token(instance: now.instance, sequence: now.sequence + 1),
      ChangeJournal.Token(instance: now.instance, sequence: .max),
    ]
    for token in tokens { #expect(journal.changes(since: token) == .unknown(token: now)) }
    #expect(journal.paths(since: now) == [], "none of this does harm")
  }

  @Test("Two segments are kept, and everything since the older one began can be answered")
  func rotation() throws {
    let journal = try fixture.open(segmentLimit: 1000)
    var tokens = [journal.token]
    for number in 0..<500 {
      journal.record("file \(number)")
      tokens.append(journal.token)
      #expect(try fixture.size() <= 1000)
    }
    #expect(try fixture.names == ["journal", "journal.old"])
    let answers = tokens.map { journal.paths(since: $0) }
    let known = answers.drop { $0 == nil }
    #expect(known.count > 30 && known.count < 90)
    for (number, answer) in zip(known.indices, known) {
      #expect(answer == (number..<500).map { "file \($0)" }.sorted())
    }
  }

  @Test("What is recorded together is as what is recorded one by one", arguments: [200, 1000, 100_000, 1 << 20])
  func together(segmentLimit: Int) throws {
    let other = try JournalFixture()
    let (together, single) = (try fixture.open(segmentLimit: segmentLimit), try other.open(segmentLimit: segmentLimit))
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededRandom(seed: seed)
    var tokens = [(together.token, single.token)]
    for _ in 0..<20 {
      let changes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        (
          path: Array("d\(Int.random(in: 0..<9, using: &random))/f\(Int.random(in: 0..<99, using: &random))".utf8),
          scope: Bool.random(using: &random) ? ChangeJournal.Scope.entry : .subtree
        )
      }
      together.record(changes)
      for (path, scope) in changes { single.record(path, scope) }
      tokens.append((together.token, single.token))
      #expect(tokens.last?.0.sequence == tokens.last?.1.sequence, "seed \(seed)")
      #expect(try segmentLimit < 1000 || fixture.size() <= segmentLimit, "seed \(seed)")
    }
    for (one, two) in tokens {
      // Segments begin elsewhere, so one of them may know less of the past.
      guard let found = together.paths(since: one), let expected = single.paths(since: two) else { continue }
      #expect(found == expected, "seed \(seed)")
    }
    #expect(together.paths(since: tokens[19].0) != nil || segmentLimit < 100_000, "seed \(seed)")
    try together.close(clean: true)
    let again = try fixture.open(segmentLimit: segmentLimit)
    #expect(again.token.sequence == tokens[20].0.sequence && again.lastFailure == nil, "seed \(seed)")
  }

  @Test("A hundred thousand changes are answered, within the limit of the two files")
  func many() throws {
    let journal = try fixture.open()
    let token = journal.token
    for number in 0..<100_000 { journal.record("some directory \(number % 100)/some file \(number)") }
    let late = journal.token
    journal.record("late")
    guard case .exact(let paths, _) = journal.changes(since: token) else {
      Issue.record("unknown")
      return
    }
    #expect(paths.count == 100_001)
    #expect(Set(paths).count == 100_001)
    #expect(journal.paths(since: late) == ["late"])
    #expect(try fixture.size() <= ChangeJournal.defaultSegmentLimit)
    #expect(try fixture.size("journal.old") <= ChangeJournal.defaultSegmentLimit)
  }

  @Test("After a clean stop the journal goes on, with both segments", arguments: [300, 1 << 20])
  func cleanStop(segmentLimit: Int) throws {
    let first = try fixture.open(segmentLimit: segmentLimit)
    for number in 0..<10 { first.record("old \(number)") }
    let token = first.token
    for number in 0..<10 { first.record("new \(number)") }
    try first.close(clean: true)

    let second = try fixture.open(segmentLimit: segmentLimit)
    #expect(second.token == ChangeJournal.Token(instance: token.instance, sequence: 20))
    second.record("last")
    #expect(second.paths(since: token) == ["last"] + (0..<10).map { "new \($0)" })
    #expect(second.lastFailure == nil)
  }

  @Test("After an unclean stop nothing is known of the time before", arguments: [false, true])
  func uncleanStop(closes: Bool) throws {
    let first = try fixture.open()
    first.record("a")
    let token = first.token
    if closes { try first.close(clean: false) }
    let second = try fixture.open(afterCleanStop: false)
    #expect(second.token.instance != token.instance)
    #expect(second.paths(since: token) == nil)
    #expect(try fixture.names == ["journal"])
  }

  @Test("After the machine was started anew, an end in order counts for nothing")
  func otherBoot() throws {
    let first = try fixture.open()
    let token = first.token
    try first.close(clean: true)
    let second = try fixture.open(afterCleanStop: false)
    #expect(second.paths(since: token) == nil)
    #expect(second.lastFailure == nil)
  }

  @Test("A journal that did not come to its end is not gone on with, whatever the caller says")
  func noEnd() throws {
    let first = try fixture.open()
    first.record("a")
    let token = first.token
    let second = try fixture.open(afterCleanStop: true)
    #expect(second.paths(since: token) == nil)
    #expect(second.lastFailure == .damaged)
  }

  @Test("A record after the end, or a file still open for writing, makes the end void")
  func voidEnd() throws {
    for opensFile in [false, true] {
      let first = try fixture.open()
      let token = first.token
      if opensFile { _ = first.beginWriting("w") }
      try first.close(clean: true)
      if !opensFile { first.record("late") }
      #expect(first.paths(since: token) == nil)
      #expect(try fixture.open().paths(since: token) == nil)
    }
  }

  @Test("What a journal leaves has the names it says, and is for its owner's eyes only")
  func files() throws {
    let journal = try fixture.open(segmentLimit: 100)
    for number in 0..<20 { journal.record("file \(number)") }
    #expect(Set(try fixture.names).isSubset(of: ChangeJournal.fileNames))
    #expect(try fixture.permissions() == 0o600)
  }
}
