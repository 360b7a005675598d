import Projection
import Provider
import TestSupport
import Testing

/// What a store makes of contents that were there at an unclean stop.
@Suite struct SuspectContentTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func openStore(suspectAll: Bool) throws -> ContentStore {
    try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: suspectAll)
  }

  /// Trusts a content. The clock of file times ticks only some hundred times a second, hence more than once.
  private func trust(_ content: ContentID, in store: ContentStore) async throws {
    try await eventually("a trusted content is no longer suspect") {
      guard let stored = try store.open(content) else { return false }
      try store.trust(stored.file)
      return try store.isSuspect(content) == false
    }
  }

  @Test("Without an unclean stop nothing is suspect")
  func clean() async throws {
    try await openStore(suspectAll: false).keep("id", "text")
    #expect(try openStore(suspectAll: false).isSuspect("id") == false)
  }

  @Test("After an unclean stop everything stored is suspect until it is trusted, over all later mounts")
  func unclean() async throws {
    let before = try openStore(suspectAll: false)
    for id in ["one", "two"] as [ContentID] { try await before.keep(id, "text") }
    let after = try openStore(suspectAll: true)
    #expect(try after.isSuspect("one") == true)
    #expect(try after.isSuspect("two") == true)

    try await trust("one", in: after)
    let later = try openStore(suspectAll: false)
    #expect(try later.isSuspect("one") == false)
    #expect(try later.isSuspect("two") == true)
    #expect(try later.text(of: "two") == "text")
  }

  @Test("What is stored after an unclean stop is not suspect, and what is stored before the next one is")
  func storedAfterwards() async throws {
    let first = try openStore(suspectAll: true)
    try await eventually("what is stored when the clock of file times went on is not suspect") {
      try first.remove("new")
      try await first.keep("new", "text")
      return try first.isSuspect("new") == false
    }
    #expect(try openStore(suspectAll: true).isSuspect("new") == true)
  }
}
