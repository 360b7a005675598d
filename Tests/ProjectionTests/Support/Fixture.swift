import Posix
import Projection
import Provider
import TestSupport

/// A projected file system over a provider in memory, with a content store of its own.
struct Fixture {
  let directory: TemporaryDirectory
  let store: ContentStore
  let log = RecordedLog()
  let local: LocalTree
  let fileSystem: ProjectionCore

  static let caller = Caller(thread: 4711)

  init(
    _ provider: any ContentProvider = TreeProvider(), umask: UInt16 = 0o022, inodeKey: UInt64 = 42,
    owner: FileOwner = FileOwner(user: 1000, group: 1000), history: PathHistory = PathHistory(),
    rangedThreshold: Int64 = 16 << 20, deadlines: ProviderDeadlines = .patient,
    suspectAll: Bool = false, journal: ChangeJournal? = nil, in directory: TemporaryDirectory? = nil,
    contentLimit: Int64? = nil
  ) async throws {
    self.directory = try directory ?? TemporaryDirectory()
    store = try ContentStore(path: self.directory.path + "/content", owner: nil, suspectAll: suspectAll)
    local = try LocalTree(in: self.directory.path + "/state", owner: nil)
    var options = ProjectionCore.Options(
      owner: owner, umask: umask, rootPermissions: 0o750,
      time: TimeStamp(seconds: 1_700_000_000, nanoseconds: 5), history: history, inodeKey: inodeKey,
      rangedThreshold: rangedThreshold, deadlines: deadlines)
    options.contentLimit = contentLimit
    fileSystem = try await ProjectionCore(
      provider: provider, store: store, local: local, journal: journal,
      options: options, logger: log.logger)
  }

  /// Looks up a path from the root; each step counts as a lookup.
  func lookup(_ path: String, by caller: Caller = caller) async throws -> ProjectionCore.LookedUp {
    var node = NodeID.root
    var found: ProjectionCore.LookedUp?
    for name in path.split(separator: "/") {
      let step = try await fileSystem.lookup(Array(name.utf8), in: node, by: caller)
      node = step.node
      found = step
    }
    guard let found else { throw ProjectionError.invalid }
    return found
  }

  /// The contents of a file as the file system gives them.
  func read(_ node: NodeID) async throws -> String {
    let file = try await fileSystem.contents(of: node, by: Self.caller)
    return String(decoding: try FileCalls.read(file.rawValue, at: 0, count: 1 << 20), as: UTF8.self)
  }

  /// A whole listing, in replies of unlimited size: one, unless the provider has more to say than it has said.
  func list(
    _ node: NodeID = .root, attributes: Bool = false, by caller: Caller = caller
  ) async throws -> [ListedEntry] {
    var entries: [ListedEntry] = []
    var count = -1
    while entries.count > count {
      count = entries.count
      var reply = CollectingReply()
      try await fileSystem.list(
        node, after: entries.last?.cookie ?? 0, attributes: attributes, by: caller, into: &reply)
      entries += reply.entries
    }
    return entries
  }

  /// The same without the dots.
  func listAll(_ node: NodeID = .root) async throws -> [ListedEntry] { Array(try await list(node).dropFirst(2)) }
}

/// One entry of a listing.
struct ListedEntry: Sendable {
  var name: [UInt8]
  var cookie: UInt64
  var kind: FileKind
  var inode: UInt64
  var found: ProjectionCore.LookedUp?

  var text: String { String(decoding: name, as: UTF8.self) }
}

/// A reply that takes a number of bytes of names and entries, as a transport's buffer does.
struct CollectingReply: DirectoryReply {
  private(set) var entries: [ListedEntry] = []
  private var room: Int

  init(room: Int = .max) {
    self.room = room
  }

  func fits(nameLength: Int) -> Bool { nameLength + 24 <= room }

  mutating func append(
    name: UnsafeRawBufferPointer, cookie: UInt64, kind: FileKind, inode: UInt64,
    found: ProjectionCore.LookedUp?
  ) {
    room -= name.count + 24
    entries.append(ListedEntry(name: Array(name), cookie: cookie, kind: kind, inode: inode, found: found))
  }
}

extension ProviderDeadlines {
  /// Those for providers that a test holds.
  static let patient = ProviderDeadlines(answer: patience, silence: patience)
}
