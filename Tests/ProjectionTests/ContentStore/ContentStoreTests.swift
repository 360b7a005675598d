import Glibc
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite struct ContentStoreTests {
  private let directory: TemporaryDirectory
  private let store: ContentStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: false)
  }

  @Test("A content is stored as it came, read-only, and opened by its ID")
  func storing() async throws {
    #expect(try store.text(of: "id") == nil)
    #expect(!store.contains("id"))
    #expect(try await store.keep("id", "some text") == 9)
    #expect(store.contains("id"))
    #expect(try store.text(of: "id") == "some text")
    let stored = try #require(try files(below: store.path).first)
    #expect(stored == "69/64")
    #expect(try FileCalls.status("\(store.path)/69/64").st_mode & 0o7777 == 0o444)
  }

  @Test(
    "Any ID that the provider may use names a content of its own",
    arguments: [
      [], [0], [0xff], [0x2d], [0x2d, 0x2d], [1, 2], [UInt8](repeating: 0xee, count: 20),
      [UInt8](repeating: 0xab, count: ContentID.maximumLength),
    ])
  func unusualIDs(id: [UInt8]) async throws {
    _ = try await store.keep("neighbour", "other")
    _ = try await store.keep(ContentID(id), "text of \(id)")
    #expect(try store.text(of: ContentID(id)) == "text of \(id)")
    #expect(try store.text(of: "neighbour") == "other")
    #expect(Set(try store.contents().map(\.content)) == [ContentID(id), "neighbour"])
    try store.remove(ContentID(id))
    #expect(try store.text(of: ContentID(id)) == nil)
  }

  @Test("A content that fails half-way leaves nothing", arguments: [ProviderError.missing("x"), .unavailable("x")])
  func failure(error: ProviderError) async throws {
    await #expect(throws: error) {
      try await store.store("id") { sink in
        try sink.write([1, 2, 3])
        throw error
      }
    }
    #expect(!store.contains("id"))
    #expect(try files(below: store.path).isEmpty)
  }

  @Test(
    "A failure of the disk is thrown even where the provider swallows it or throws another one",
    arguments: [true, false])
  func diskFailure(isSwallowed: Bool) async throws {
    await #expect(throws: Errno.noSpace) {
      try await store.store("id") { sink in
        sink.fail(.noSpace)
        if !isSwallowed { throw ProviderError.damaged("something else") }
      }
    }
    #expect(try files(below: store.path).isEmpty)
  }

  @Test("An ID that is too long to be a name is refused, and leaves nothing")
  func wrongUse() async throws {
    await #expect(throws: Errno.fileNameTooLong) {
      try await store.keep(ContentID([UInt8](repeating: 1, count: 140)), "text")
    }
    #expect(try files(below: store.path).isEmpty)
  }

  @Test("A content that is there already stays, and storing it again is no failure")
  func alreadyStored() async throws {
    _ = try await store.keep("id", "first")
    let before = try FileCalls.status("\(store.path)/69/64").st_ino
    #expect(try await store.keep("id", "second") == 6)
    #expect(try store.text(of: "id") == "first")
    #expect(try FileCalls.status("\(store.path)/69/64").st_ino == before)
    #expect(try files(below: store.path).count == 1)
  }

  @Test("Who has a content open keeps it when it is removed; removing it again is no failure")
  func removal() async throws {
    _ = try await store.keep("id", "text")
    let open = try #require(try store.openFile("id"))
    try store.remove("id")
    #expect(!store.contains("id"))
    #expect(try FileCalls.read(open.rawValue, at: 0, count: 10) == Array("text".utf8))
    try store.remove("id")
    try store.remove("never stored")
  }

  @Test("Contents are listed with their sizes, and what is not a content is not")
  func listing() async throws {
    var expected: [ContentID: Int64] = [:]
    for length in 0...40 {
      let id = ContentID((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) })
      _ = try await store.keep(id, String(repeating: "x", count: length * 3))
      expected[id] = Int64(length * 3)
    }
    try directory.write("content/README", "not a content")
    try directory.write("content/00/not-digits", "not a content")
    try directory.write("content/00/0", "an odd number of digits")
    let listed = try store.contents()
    #expect(listed.count == expected.count)
    #expect(Dictionary(uniqueKeysWithValues: listed.map { ($0.content, $0.size) }) == expected)
  }

  @Test("Temporary files of servers that are gone are removed, those of living ones stay")
  func abandonedTemporaries() async throws {
    let gone = try Subprocess.spawn(["true"], output: nil, errors: nil)
    _ = try Subprocess.wait(for: gone)
    let living = ["tmp-\(getpid())-1", "tmp-1-1", "tmp-", "tmp-x-1"]
    for name in living + ["tmp-\(gone)-1", "tmp-\(gone)-22"] { try directory.write("content/\(name)", "half of a") }
    let next = try ContentStore(path: store.path, owner: nil, suspectAll: false)
    #expect(try Set(FileCalls.names(next.path)) == Set(living))
    #expect(try next.contents().isEmpty)
  }

  @Test("A probe is an open file that leaves nothing in the store")
  func probe() throws {
    let probe = try store.openProbe()
    #expect(try FileCalls.status(probe.rawValue).st_mode & S_IFMT == S_IFREG)
    #expect(try files(below: store.path).isEmpty)
  }

  @Test("A store makes the directories that it lies in, and finds out what it lies on")
  func making() throws {
    let deep = try ContentStore(path: directory.path + "/a/b/c", owner: nil, suspectAll: false)
    #expect(try deep.contents().isEmpty)
    #expect(try deep.space().f_blocks > 0)
    #expect(throws: Errno.notDirectory) {
      try ContentStore(path: directory.write("file", "text"), owner: nil, suspectAll: false)
    }
  }
}
