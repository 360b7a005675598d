import Glibc
import Posix
import Projection
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What is kept of contents that are hydrated in part.
@Suite struct PartialFileTests {
  private static let size: Int64 = (3 << 20) + 7
  private let directory: TemporaryDirectory
  private let provider = RangedProvider([("big", Self.size)])

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// Reads a piece in the middle, and ends in order or not.
  private func begin(inOrder: Bool) async throws {
    let view = try await RangedFixture(provider, in: directory)
    #expect(try await view.isRight("big", (1 << 20)..<(1 << 20) + 100))
    if inOrder { view.fileSystem.putPartsAway() }
  }

  private var parts: [String] { (try? FileCalls.names(directory.path + "/content/partial")) ?? [] }

  @Test("Pieces are there for the next server of a view that ended in order, and no longer put away then")
  func inOrder() async throws {
    for _ in 0..<3 {
      try await begin(inOrder: true)
      #expect(parts.count == 1)
    }
    #expect(provider.ranges.count == 1)
    let view = try await RangedFixture(provider, in: directory)
    #expect(try view.fixture.store.contents().isEmpty)
    try await view.readAll("big", size: Self.size)
    await eventually("it is stored") { view.fixture.store.contains("big") }
    #expect(provider.bytesAskedFor == Self.size && parts.isEmpty)
    #expect(view.snapshot.count == 1)
    #expect(try files(below: directory.path + "/content").count == 1)
  }

  @Test("After an unclean stop there is nothing")
  func unclean() async throws {
    try await begin(inOrder: false)
    #expect(try files(below: directory.path + "/content").isEmpty)
    try await begin(inOrder: true)
    #expect(provider.ranges.count == 2)
    // As after a power cut: what was put away may not be what the disk has.
    let view = try await RangedFixture(provider, suspectAll: true, in: directory)
    #expect(parts.isEmpty)
    #expect(try await view.isRight("big", (1 << 20)..<(1 << 20) + 100))
    #expect(provider.ranges.count == 3)
  }

  @Test("What was put away and then damaged is of no use", arguments: [-1, 0, 1] as [Int64])
  func damaged(growth: Int64) async throws {
    try await begin(inOrder: true)
    let path = try directory.path + "/content/partial/" + #require(parts.first)
    let file = try FileCalls.open(path, O_RDWR)
    let length = Int64(try FileCalls.status(file.rawValue).st_size)
    if growth == 0 {
      let last = try FileCalls.read(file.rawValue, at: length - 1, count: 1)
      try [last[0] ^ 1].withUnsafeBytes { try DataCalls.write(file.rawValue, $0, at: length - 1) }
    } else {
      try DataCalls.truncate(file.rawValue, to: length + growth)
    }
    let view = try await RangedFixture(provider, in: directory)
    #expect(try await view.isRight("big", (1 << 20)..<(1 << 20) + 100))
    #expect(provider.ranges.count == 2)
    #expect(try files(below: directory.path + "/content").isEmpty)
  }

  @Test("A content that is dropped is dropped with what was put away of it")
  func removed() async throws {
    try await begin(inOrder: true)
    let store = try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: false)
    try store.remove("big")
    #expect(parts.isEmpty)
  }

  @Test("Evicting a file drops the pieces of it that are here, unless it is open", arguments: [true, false])
  func evicted(putAway: Bool) async throws {
    let view = try await RangedFixture(provider, in: directory)
    let files = BackingFiles(registrar: FakeRegistrar())
    #expect(try await view.isRight("big", (1 << 20)..<(1 << 20) + 100))
    let node = try await view.fixture.lookup("big").node
    _ = try await view.fileSystem.open(node, with: files, by: Fixture.caller)
    let open = try await view.fileSystem.evict([Array("big".utf8)], with: files)
    #expect(open.contents == 0 && open.bytes == 0 && open.kept == 1)
    view.fileSystem.release(node, for: [], with: files)
    if putAway { view.fileSystem.putPartsAway() }
    let closed = try await view.fileSystem.evict([Array("big".utf8)], with: files)
    #expect(closed.contents == 1 && closed.bytes >= RangedFixture.piece && closed.kept == 0)
    #expect(parts.isEmpty)
    #expect(try await view.isRight("big", (1 << 20)..<(1 << 20) + 100))
    #expect(provider.ranges.count == 2)
  }

  @Test("Any number of files is read in part with few of them open")
  func many() async throws {
    let names = (0..<100).map { "file-\($0)" }
    let many = RangedProvider(names.map { ($0, Self.size) })
    let view = try await RangedFixture(many, in: directory)
    for round in 0..<2 {
      for name in names { #expect(try await view.isRight(name, (1 << 20)..<(1 << 20) + 100), "round \(round)") }
      let open = try FileCalls.names("/proc/self/fd").compactMap {
        try? FileCalls.linkTarget("/proc/self/fd/\($0)")
      }
      #expect(open.filter { $0.hasPrefix(directory.path + "/content/") }.count <= 33)
    }
    #expect(many.ranges.count == names.count, "nothing is fetched twice")
    view.fileSystem.putPartsAway()
    #expect(parts.count == names.count)
  }

  @Test("What was put away whole is completed by the next server")
  func whole() async throws {
    provider.answer { _ in .honest }
    let view = try await RangedFixture(provider, in: directory)
    try await view.readAll("big", size: Self.size)
    view.fileSystem.putPartsAway()
    let next = try await RangedFixture(provider, in: directory)
    #expect(try await next.isRight("big", 0..<1))
    await eventually("it is stored") { next.fixture.store.contains("big") }
    #expect(provider.bytesAskedFor == Self.size)
  }
}

/// Nodes that somebody was told of.
final class ToldNodes: Sendable {
  private let told = Mutex<[NodeID]>([])
  var nodes: [NodeID] { told.withLock { $0 } }

  func add(_ node: NodeID) { told.withLock { $0.append(node) } }
}
