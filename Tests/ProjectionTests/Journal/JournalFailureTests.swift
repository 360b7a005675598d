import SystemPackage
import Testing

@testable import Projection

@Suite struct JournalFailureTests {
  private let fixture: JournalFixture

  init() throws {
    fixture = try JournalFixture()
  }

  @Test("A full disk costs the past and no record, and the journal goes back to the disk when it can")
  func fullDisk() throws {
    let journal = try fixture.open()
    journal.record("a")
    let old = journal.token
    fixture.fail(.append, .create)
    journal.record("b")
    #expect(journal.lastFailure == .system(.noSpace))
    #expect(!journal.isOnDisk)
    #expect(journal.paths(since: old) == nil)

    let token = journal.token
    for path in ["c", "d", "c"] { journal.record(path) }
    #expect(journal.paths(since: token) == ["c", "d"])
    #expect(!journal.isOnDisk)

    fixture.fail()
    let changes = journal.changes(since: token)
    #expect(journal.isOnDisk)
    #expect(changes.texts == ["c", "d"])
    journal.record("e")
    #expect(journal.paths(since: token) == ["c", "d", "e"])
    try journal.close(clean: true)
    #expect(try fixture.open().paths(since: token) == ["c", "d", "e"])
  }

  @Test("Without questions the disk is tried again after some records")
  func retry() throws {
    let journal = try fixture.open()
    fixture.fail(.append)
    journal.record("first")
    let token = journal.token
    fixture.fail()
    for number in 0..<2000 { journal.record("file \(number)") }
    #expect(journal.isOnDisk)
    #expect(journal.paths(since: token)?.count == 2000)
  }

  @Test("In memory the journal is bounded, and says so of what it dropped")
  func boundedInMemory() throws {
    let journal = try fixture.open(segmentLimit: 10_000)
    fixture.fail(.append, .create)
    journal.record("first")
    let early = journal.token
    for number in 0..<5000 { journal.record("file \(number)") }
    #expect(journal.paths(since: early) == nil)
    let late = journal.token
    journal.record("last")
    #expect(journal.paths(since: late) == ["last"])
    #expect(!journal.isOnDisk)
    #expect(journal.lastFailure == .system(.noSpace), "nothing of it is damage")
  }

  @Test("Any step that fails leaves the right answers or none", arguments: JournalDirectory.Step.allCases)
  func anyStep(step: JournalDirectory.Step) throws {
    let first = try fixture.open()
    let early = first.token
    first.record("a")
    try first.close(clean: true)

    fixture.fail([step], with: .ioError)
    let second = try fixture.open(segmentLimit: 200)
    for number in 0..<10 { second.record("file \(number)") }
    let token = second.token
    second.record("b")
    // The token moved the journal to a disk that takes files and no records.
    #expect(second.paths(since: token) == (step == .append ? nil : ["b"]))
    if let paths = second.paths(since: early) { #expect(paths.contains("a") && paths.contains("file 9")) }
    var isClean = true
    do { try second.close(clean: true) } catch { isClean = false }
    #expect(isClean || step != .remove)

    fixture.fail()
    let third = try fixture.open(afterCleanStop: isClean, segmentLimit: 200)
    third.record("c")
    if let paths = third.paths(since: token) { #expect(paths == ["b", "c"]) }
    #expect(third.isOnDisk)
  }

  @Test("Where the disk refuses everything, the end is not clean")
  func uncleanEnd() throws {
    try fixture.open().close(clean: true)
    fixture.fail(JournalDirectory.Step.allCases)
    let journal = try fixture.open()
    journal.record("a")
    #expect(throws: Errno.noSpace) { try journal.close(clean: true) }
  }

  @Test("An end that does not reach the disk is not clean")
  func failedEnd() throws {
    let journal = try fixture.open()
    fixture.fail(.end, with: .ioError)
    #expect(throws: Errno.ioError) { try journal.close(clean: true) }
    #expect(try fixture.names == [])
  }

  @Test("A damaged record makes what came before unknown, and what comes after is answered", arguments: [false, true])
  func damagedRecord(reopens: Bool) throws {
    var journal = try fixture.open()
    let token = journal.token
    for number in 0..<10 { journal.record("file \(number)") }
    if reopens { try journal.close(clean: true) }
    try fixture.damage(at: JournalHeader.size + 40)
    if reopens { journal = try fixture.open() }
    let changes = journal.changes(since: token)
    #expect(changes == .unknown(token: changes.token))
    #expect(journal.lastFailure == .damaged)
    #expect(journal.paths(since: changes.token) == [])
    journal.record("after")
    #expect(journal.paths(since: changes.token) == ["after"])
    #expect(journal.isOnDisk)
  }

  @Test("A journal that lost its tail, however long, is not gone on with")
  func lostTail() throws {
    for lost in 1...120 {
      let first = try fixture.open()
      for number in 0..<4 { first.record("file \(number)") }
      let token = first.token
      try first.close(clean: true)
      try fixture.truncate(to: max(0, try fixture.size() - lost))
      let second = try fixture.open()
      #expect(second.paths(since: token) == nil, "\(lost) bytes lost")
      #expect(second.lastFailure == .damaged, "\(lost) bytes lost")
    }
  }

  @Test("An older segment that lost its tail is missed only by those who ask for it")
  func lostOlderTail() throws {
    let journal = try fixture.open(segmentLimit: 200)
    var tokens: [ChangeJournal.Token] = []
    for number in 0..<14 {
      tokens.append(journal.token)
      journal.record("file \(number)")
    }
    try fixture.truncate("journal.old", to: try fixture.size("journal.old") - 24)
    #expect(journal.paths(since: tokens[13]) == ["file 13"])
    let known = tokens.filter { journal.paths(since: $0) != nil }
    #expect(known.isEmpty, "the first question that comes upon the damage begins a new instance")
  }
}
