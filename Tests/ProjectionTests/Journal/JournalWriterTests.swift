import Testing

@testable import Projection

@Suite struct JournalWriterTests {
  private let fixture: JournalFixture
  private let journal: ChangeJournal

  init() throws {
    fixture = try JournalFixture()
    journal = try fixture.open()
  }

  @Test("A file open for writing is in every answer, and in one more after it was closed")
  func open() {
    var token = journal.token
    let writer = journal.beginWriting("a/b")
    for _ in 0..<3 {
      let changes = journal.changes(since: token)
      #expect(changes.texts == ["a/b"])
      token = changes.token
    }
    journal.endWriting(writer)
    let changes = journal.changes(since: token)
    #expect(changes.texts == ["a/b"])
    #expect(journal.paths(since: changes.token) == [])
  }

  @Test("A path is free when the last of its writers has closed, and a token counts once")
  func several() {
    let first = journal.beginWriting("a")
    let second = journal.beginWriting("a")
    journal.endWriting(first)
    journal.endWriting(first)
    #expect(journal.paths(since: journal.token) == ["a"])
    journal.endWriting(second)
    let token = journal.token
    journal.endWriting(second)
    #expect(journal.paths(since: token) == [])
  }

  @Test("A writer goes with its file")
  func renamed() {
    let writer = journal.beginWriting("a")
    journal.recordRename(from: "a", to: "b")
    let token = journal.token
    #expect(journal.paths(since: token) == ["b"])
    journal.endWriting(writer)
    #expect(journal.paths(since: token) == ["b"])
  }

  @Test("Writers go with a directory above them, and names that only begin alike stay")
  func renamedAbove() {
    let tokens = ["d/e/f", "d", "de", "d.x/f"].map { journal.beginWriting($0) }
    journal.recordRename(from: "d", to: "x/y", .subtree)
    let token = journal.token
    #expect(journal.paths(since: token) == ["d.x/f", "de", "x/y", "x/y/e/f"])
    for token in tokens { journal.endWriting(token) }
    #expect(journal.paths(since: token) == ["d.x/f", "de", "x/y", "x/y/e/f"])
  }

  @Test("A file that another was renamed onto is written to unseen")
  func replaced() {
    let lost = journal.beginWriting("b")
    let kept = journal.beginWriting("a")
    journal.recordRename(from: "a", to: "b")
    let token = journal.token
    journal.endWriting(lost)
    #expect(journal.paths(since: token) == ["b"])
    journal.endWriting(kept)
    let late = journal.token
    #expect(journal.paths(since: late) == [])
  }

  @Test("Exchanged files keep their writers")
  func exchanged() {
    let first = journal.beginWriting("a/f")
    let second = journal.beginWriting("b/g")
    journal.recordRename(from: "a", to: "b", .subtree, exchanging: true)
    let token = journal.token
    #expect(journal.paths(since: token) == ["a/g", "b/f"])
    journal.endWriting(first)
    #expect(journal.paths(since: journal.token) == ["a/g"])
    journal.endWriting(second)
    #expect(journal.paths(since: token) == ["a/g", "b/f"])
  }

  @Test("A removed file's writer has no path, and a new file of that name has its own")
  func removed() {
    let old = journal.beginWriting("a")
    journal.recordRemoval(of: "a")
    var token = journal.token
    #expect(journal.paths(since: token) == [])
    let new = journal.beginWriting("a")
    journal.endWriting(old)
    token = journal.token
    #expect(journal.paths(since: token) == ["a"])
    journal.endWriting(new)
    #expect(journal.paths(since: token) == ["a"])
  }

  @Test("A file with two names changes at both, until one is removed")
  func linked() {
    let writer = journal.beginWriting("a")
    journal.recordLink(from: "a", to: "b")
    let token = journal.token
    #expect(journal.paths(since: token) == ["a", "b"])
    journal.recordRemoval(of: "a")
    let late = journal.token
    #expect(journal.paths(since: late) == ["b"])
    journal.endWriting(writer)
    #expect(journal.paths(since: late) == ["b"])
  }

  @Test("A rename onto itself changes nothing for a writer")
  func renamedOntoItself() {
    let writer = journal.beginWriting("a")
    journal.recordRename(from: "a", to: "a")
    let token = journal.token
    #expect(journal.paths(since: token) == ["a"])
    journal.endWriting(writer)
  }
}
