import Glibc
import Logging
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

/// A file system over the bad provider, with deadlines that a test can wait for.
private struct BadProjection {
  let provider = BadProvider()
  let home: TemporaryDirectory
  let fileSystem: ProjectionCore

  static let caller = Caller(thread: UInt32(getpid()))

  init(rangedThreshold: Int64) async throws {
    home = try TemporaryDirectory()
    fileSystem = try await ProjectionCore(
      provider: provider, store: ContentStore(path: home.path + "/content", owner: nil, suspectAll: false),
      local: LocalTree(in: home.path + "/state", owner: nil),
      options: ProjectionCore.Options(
        owner: FileOwner(user: geteuid(), group: getegid()), umask: 0o022, rootPermissions: 0o755,
        time: TimeStamp(seconds: 1), inodeKey: 1, rangedThreshold: rangedThreshold,
        deadlines: ProviderDeadlines(answer: .milliseconds(50), silence: .milliseconds(50))),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  func node(_ name: String) async throws(ProjectionError) -> NodeID {
    try await fileSystem.lookup(Array(name.utf8), in: .root, by: Self.caller).node
  }

  /// What a reader of a file gets.
  func read(_ name: String) async throws(ProjectionError) -> [UInt8] {
    let readable = try await fileSystem.read(try await node(name), at: 0, count: 1000, by: Self.caller)
    do {
      return try FileCalls.read(readable.file.descriptor.rawValue, at: 0, count: readable.count ?? 1000)
    } catch {
      throw .storage(error)
    }
  }
}

@Suite("A provider that does everything wrong costs its readers errors, and nobody a wrong byte")
struct BadProviderTests {
  /// Fetched whole, and piece by piece.
  private static let thresholds: [Int64] = [.max, 1]

  @Test("A file with a fault is an error, each time, and its neighbour is read", arguments: thresholds)
  func files(threshold: Int64) async throws {
    let projection = try await BadProjection(rangedThreshold: threshold)
    defer { projection.provider.letGo() }
    for fault in BadProvider.FileFault.allCases {
      for _ in 0..<2 {
        let failure = await #expect(throws: ProjectionError.self, "\(fault)") {
          _ = try await projection.read(fault.rawValue)
        }
        #expect(
          failure.map { Self.isExpected($0, of: fault) } == true, "\(fault): \(failure.map { "\($0)" } ?? "none")")
      }
      #expect(try await projection.read(BadProvider.goodName) == BadProvider.text)
    }
    #expect(projection.fileSystem.hydrationsInFlight == 0)
  }

  private static func isExpected(_ failure: ProjectionError, of fault: BadProvider.FileFault) -> Bool {
    guard case .provider(let failure) = failure else { return false }
    return switch fault {
    case .throwsAtOnce, .throwsHalfWay, .throwsSomethingElse: if case .unavailable = failure { true } else { false }
    case .givesTooFew, .givesTooMany, .givesNothing, .hasNoSize, .hasNegativeSize, .hasTooManySizes:
      if case .wrongSize = failure { true } else { false }
    case .hangs, .hangsHalfWay, .hangsForGood, .hangsWithSize:
      if case .system(.timedOut, _) = failure { true } else { false }
    }
  }

  @Test("A directory with a fault is an error, and what is beside it is shown")
  func directories() async throws {
    let projection = try await BadProjection(rangedThreshold: .max)
    defer { projection.provider.letGo() }
    for fault in BadProvider.DirectoryFault.allCases {
      let directory = try await projection.node("directory-\(fault.rawValue)")
      for _ in 0..<2 {
        await #expect(throws: ProjectionError.self, "\(fault)") {
          _ = try await projection.fileSystem.lookup(Array("x".utf8), in: directory, by: BadProjection.caller)
        }
      }
    }
    #expect(try await projection.read(BadProvider.goodName) == BadProvider.text)
  }

  @Test("What goes through the whole tree comes to an end, and has what can be had")
  func walks() async throws {
    let projection = try await BadProjection(rangedThreshold: .max)
    defer { projection.provider.letGo() }
    // What the directories have cannot be had.
    #expect(try await projection.fileSystem.fileStates().total == BadProvider.FileFault.allCases.count + 1)
    for fault in [BadProvider.DirectoryFault.hangs, .hangsForGood] {
      await #expect(throws: ProviderError.self, "\(fault)") {
        _ = try await projection.fileSystem.difference(to: DirectoryID(fault.rawValue.utf8))
      }
    }
    let paths = ["directory-hangs/file", "directory-hangsForGood/file", "hangsWithSize", "hangs", BadProvider.goodName]
    await projection.fileSystem.prefetch(paths.map { Array($0.utf8) })
    #expect(try await projection.fileSystem.fileStates().hydrated == 1)
  }

  @Test("Names that no directory could hold are hidden, and of two of one name the first is shown")
  func names() async throws {
    let projection = try await BadProjection(rangedThreshold: .max)
    for name in BadProvider.impossibleNames where name != BadProvider.goodName {
      await #expect(throws: ProjectionError.self) { _ = try await projection.node(name) }
    }
    #expect(try await projection.read(BadProvider.goodName) == BadProvider.text)
  }

  @Test("A provider without a root is an error before anything is mounted")
  func rootless() async throws {
    struct Rootless: ContentProvider {
      func root() async throws -> DirectoryID { throw ProviderError.missing("the root") }
      func list(_ directory: DirectoryID) async throws -> DirectoryListing { DirectoryListing() }
      func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {}
    }
    let home = try TemporaryDirectory()
    await #expect(throws: ProjectionError.provider(.missing("the root"))) {
      _ = try await ProjectionCore(
        provider: Rootless(), store: ContentStore(path: home.path + "/content", owner: nil, suspectAll: false),
        local: LocalTree(in: home.path + "/state", owner: nil),
        options: ProjectionCore.Options(
          owner: FileOwner(user: 0, group: 0), umask: 0, rootPermissions: 0o755, time: TimeStamp(seconds: 1),
          inodeKey: 1), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
  }
}
