import Posix
import Projection
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Contents that may have been damaged by an unclean stop.
@Suite struct SuspectHydrationTests {
  /// A provider whose content IDs are the contents.
  private final class SelfNaming: ForwardingProvider, ContentVerifier {
    let base: TreeProvider
    private let verified = Atomic<Int>(0)
    var verifications: Int { verified.load(ordering: .relaxed) }

    init(_ base: TreeProvider) {
      self.base = base
    }

    func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
      verified.add(1, ordering: .relaxed)
      return try FileCalls.read(file.rawValue, at: 0, count: 1000) == content.bytes
    }
  }

  private let tree = TreeProvider()
  private let directory: TemporaryDirectory
  private let statistics = HydrationStatistics()
  private let log = RecordedLog()

  init() throws {
    directory = try TemporaryDirectory()
    tree.addFile("file", text: "right")
  }

  /// A hydrator over a store in which `text` was stored for "right" before an unclean stop.
  private func hydrator(_ provider: any ContentProvider, stored text: String) async throws -> Hydrator {
    let before = try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: false)
    try await before.keep("right", text)
    return Hydrator(
      provider: provider, store: try ContentStore(path: before.path, owner: nil, suspectAll: true),
      statistics: statistics, failures: FailureLog(logger: log.logger),
      willWait: WaitHint(), policy: HydrationPolicy(deadlines: .patient))
  }

  private func read(_ hydrator: Hydrator) async throws -> String {
    let file = try await hydrator.contents(of: "right", size: 5, for: Demand(.open, by: Caller(thread: 0)))
    return String(decoding: try FileCalls.read(file.rawValue, at: 0, count: 100), as: UTF8.self)
  }

  @Test("A suspect content that proves right is kept, and verified only until it is trusted")
  func right() async throws {
    let provider = SelfNaming(tree)
    let hydrator = try await hydrator(provider, stored: "right")
    try await eventually("it is trusted") {
      #expect(try await read(hydrator) == "right")
      return try hydrator.store.isSuspect("right") == false
    }
    let verifications = provider.verifications
    #expect(verifications >= 1)
    #expect(try await read(hydrator) == "right")
    #expect(provider.verifications == verifications)
    #expect(tree.count(.fetch("right")) == 0)
  }

  @Test("A suspect content that proves wrong is dropped and fetched again", arguments: ["wrong", "", "right and more"])
  func wrong(stored: String) async throws {
    let hydrator = try await hydrator(SelfNaming(tree), stored: stored)
    #expect(try await read(hydrator) == "right")
    #expect(try hydrator.store.text(of: "right") == "right")
    #expect(tree.count(.fetch("right")) == 1)
    #expect(log.lines.isEmpty)
  }

  @Test("Where the provider cannot verify, a suspect content is fetched again")
  func unverifiable() async throws {
    let hydrator = try await hydrator(tree, stored: "wrong")
    #expect(try await read(hydrator) == "right")
    #expect(tree.count(.fetch("right")) == 1)
  }

  @Test("A wrong content that cannot be fetched again is an error, and no wrong byte is shown")
  func unfetchable() async throws {
    tree.fail(.fetch("right"), with: .unavailable("x"))
    let hydrator = try await hydrator(SelfNaming(tree), stored: "wrong")
    await #expect(throws: ProjectionError.provider(.unavailable("x"))) { try await read(hydrator) }
    #expect(try hydrator.store.text(of: "right") == nil)
  }

  @Test("While a suspect content is settled, nobody reads it")
  func settledFirst() async throws {
    tree.hold(.fetch("right"))
    let hydrator = try await hydrator(SelfNaming(tree), stored: "wrong")
    let readers = (0..<5).map { _ in Task { try await read(hydrator) } }
    await eventually("all wait") { statistics.snapshot.shared == 4 }
    tree.release(.fetch("right"))
    for reader in readers { #expect(try await reader.value == "right") }
    #expect(tree.count(.fetch("right")) == 1)
  }
}
