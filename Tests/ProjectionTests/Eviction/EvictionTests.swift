import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@testable import Projection

/// Which contents go from the store, in which order.
@Suite struct EvictionTests {
  private let provider = TreeProvider()
  private let fixture: Fixture

  init() async throws {
    for number in 0..<10 { provider.addFile("f\(number)", text: Self.text(number)) }
    fixture = try await Fixture(provider)
  }

  /// Ten bytes.
  private static func text(_ number: Int) -> String { "content-0\(number)" }

  private static func content(_ number: Int) -> ContentID { ContentID(text(number).utf8) }

  /// Stores all, each used last as many minutes ago as the table says.
  private func store(minutesAgo ages: [Int]) async throws {
    for (number, age) in ages.enumerated() {
      let file = try await fixture.store.store(Self.content(number)) { try $0.write(Array(Self.text(number).utf8)) }
      let then = TimeStamp(seconds: TimeStamp.now.seconds - Int64(age) * 60)
      try EntryCalls.setTimes(at: file.rawValue, [], accessed: then.timespec, modified: then.timespec)
    }
  }

  private var stored: Set<ContentID> { get throws { Set(try fixture.store.contents().map(\.content)) } }

  private func evict(_ request: EvictionRequest) async throws -> ProjectionCore.Eviction {
    try await fixture.fileSystem.evict(request, with: nil)
  }

  @Test("What was not used for longest goes first, and no more than has to", arguments: 0..<20)
  func order(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let ages = Array(1...10).shuffled(using: &random)
    let size = Int64.random(in: 0...110, using: &random)
    try await store(minutesAgo: ages)
    let done = try await evict(EvictionRequest(size: size))
    let count = min(10, Int(size / 10))
    let youngest = ages.enumerated().sorted { $0.element < $1.element }.prefix(count).map { Self.content($0.offset) }
    #expect(try stored == Set(youngest), "seed \(seed)")
    #expect(done.contents == 10 - count && done.bytes == Int64(100 - 10 * count) && done.kept == 0)
    #expect(done.left == Int64(10 * count))
  }

  @Test("Only what was not used for so long goes, of all or of some paths")
  func age() async throws {
    try await store(minutesAgo: [1, 5, 10, 15, 20, 25, 30, 35, 40, 45])
    let paths = ["f0", "f9"].map { [Array($0.utf8)] }
    #expect(try await evict(EvictionRequest(paths: paths, unusedFor: 600)).contents == 1)
    #expect(try stored == Set((0..<9).map(Self.content)))
    #expect(try await evict(EvictionRequest(unusedFor: 601)).contents == 6)
    #expect(try stored == Set((0..<3).map(Self.content)))
    #expect(try await evict(EvictionRequest(paths: paths)).contents == 1)
    #expect(try await evict(EvictionRequest()).contents == 2)
    #expect(try await evict(EvictionRequest()) == ProjectionCore.Eviction(left: 0))
    #expect(fixture.fileSystem.evictionCounts.evicted == 10)
  }

  @Test("What any process has open stays, and goes when it is closed")
  func open() async throws {
    try await store(minutesAgo: Array(1...10))
    let path = "\(fixture.store.path)/\(ContentStore.name(of: Self.content(9)))"
    let file = try FileCalls.open(path, O_RDONLY)
    let memory = mmap(nil, 4096, PROT_READ, MAP_SHARED, file.rawValue, 0)
    #expect(memory != MAP_FAILED)
    #expect(
      try await evict(EvictionRequest()) == ProjectionCore.Eviction(contents: 9, bytes: 90, kept: 1, left: 10))
    try file.close()
    // Mapped, which nobody's table of open files shows.
    #expect(try await evict(EvictionRequest()).kept == 1)
    munmap(memory, 4096)
    #expect(try await evict(EvictionRequest()).contents == 1)
  }

  @Test("What the kernel has open in this view or another stays, and so do the contents behind their placeholders")
  func shared() async throws {
    try await store(minutesAgo: Array(1...10))
    let other = try TemporaryDirectory()
    let tree = try LocalTree(in: other.path, owner: nil)
    let placeholder = try EntryCalls.open(at: tree.root.rawValue, Array("p".utf8), O_CREAT | O_RDWR, mode: 0o644)
    try ExtendedAttributes.set(placeholder.rawValue, Marks.contentName, to: Self.content(1).bytes)
    fixture.fileSystem.setStoreUsers(
      StoreUsers(
        openPaths: { [[Array("f2".utf8)], [Array("gone".utf8)]] }, otherViews: { [other.path, "/nowhere"] },
        letGoElsewhere: { asked in Set(asked).intersection([Self.content(3)]) }))
    let files = BackingFiles(registrar: FakeRegistrar())
    let node = try await fixture.lookup("f4").node
    _ = try await fixture.fileSystem.open(node, with: files, by: Fixture.caller)
    #expect(fixture.fileSystem.letGo(of: [Self.content(4), Self.content(5)], with: files) == [Self.content(4)])
    let done = try await fixture.fileSystem.evict(EvictionRequest(), with: files)
    #expect(done.contents == 7 && done.kept == 3)
    #expect(try stored == [Self.content(1), Self.content(3), Self.content(4)])
    files.release(node)
    // Where opens are not sent, processes are asked.
    _ = try await fixture.read(fixture.lookup("f2").node)
    #expect(try await evict(EvictionRequest()).kept == 3)
    #expect(try stored == [Self.content(1), Self.content(2), Self.content(3)])
  }

  @Test("A use is noted at an open, once a minute, and not by what the store does for itself")
  func uses() async throws {
    try await store(minutesAgo: Array(repeating: 60, count: 10))
    let files = BackingFiles(registrar: FakeRegistrar())
    let node = try await fixture.lookup("f0").node
    let hourAgo = TimeStamp.now.seconds - 3500
    func lastUse(_ number: Int) throws -> Int64 {
      try #require(fixture.store.find(Self.content(number))).lastUse.seconds
    }
    #expect(try lastUse(0) < hourAgo)
    _ = try await fixture.fileSystem.open(node, with: files, by: Fixture.caller)
    let first = try lastUse(0)
    #expect(first > hourAgo)
    // Known to be open: noted again only when a minute has passed.
    let before = TimeStamp(seconds: first - 300)
    try await setLastUse(0, before)
    _ = try await fixture.fileSystem.open(node, with: files, by: Fixture.caller)
    #expect(try lastUse(0) == before.seconds)
    #expect(try lastUse(1) < hourAgo)
  }

  private func setLastUse(_ number: Int, _ time: TimeStamp) async throws {
    let file = try #require(try fixture.store.openFile(Self.content(number)))
    try EntryCalls.setTimes(at: file.rawValue, [], accessed: time.timespec, modified: time.timespec)
  }

  @Test("A stored content of another size than is shown is not taken")
  func otherSize() async throws {
    try await fixture.store.keep(Self.content(0), "too short")
    #expect(try await fixture.read(fixture.lookup("f0").node) == Self.text(0))
    #expect(provider.count(.fetch(Self.text(0))) == 1)
  }
}
