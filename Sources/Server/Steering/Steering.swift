internal import Control
internal import FuseTransport
internal import Posix
internal import Projection
internal import Provider

/// Answers the commands that steer hydration.
struct Steering: Sendable {
  let fileSystem: ProjectionCore
  private let session: FuseSession
  let mountpoint: String
  /// Answers `policy`.
  let policy: PolicyKeeper

  /// For a view that is about to serve.
  init(
    _ plan: MountPlan, _ fileSystem: ProjectionCore, _ session: FuseSession, _ policy: PolicyKeeper,
    _ registry: ViewRegistry
  ) {
    self.policy = policy
    self.fileSystem = fileSystem
    self.session = session
    mountpoint = plan.record.mountpoint
    let neighbours = StoreNeighbours(plan, registry)
    fileSystem.setStoreUsers(
      StoreUsers(
        openPaths: { [mountpoint] in
          MountUsers.openPaths(in: mountpoint).map { $0.split(separator: UInt8(ascii: "/")).map(Array.init) }
        },
        otherViews: { neighbours.states },
        letGoElsewhere: { neighbours.letGo(of: $0) }))
  }

  /// Begins what goes on by itself: the view serves.
  func start() {
    fileSystem.startLimiting { [session] in session.openFiles }
  }

  /// Answers `evict`.
  func evict(_ request: ControlRequest) -> ControlReply {
    let paths = request.paths?.names
    let wish = EvictionRequest(
      paths: paths?.map(Self.components), unusedFor: request.eviction?.unusedFor, size: request.eviction?.size)
    do {
      for path in paths ?? [] where try !exists(path) {
        return ControlReply(missing: "'\(String(decoding: path, as: UTF8.self))' does not exist in the view")
      }
      let done = try blocking { [fileSystem, session] in try await fileSystem.evict(wish, with: session.openFiles) }
      return ControlReply(evicted: EvictReport(files: done.contents, bytes: done.bytes, kept: done.kept))
    } catch {
      return ControlReply(error: "contents cannot be evicted: \(error)")
    }
  }

  /// Answers `letGo`, which another view asks.
  func letGo(_ request: ControlRequest) -> ControlReply {
    let contents = (request.ids?.pieces ?? []).map { ContentID($0) }
    let used = fileSystem.letGo(of: contents, with: session.openFiles)
    return ControlReply(ids: PackedBytes(pieces: used.map(\.bytes)))
  }

  private func exists(_ path: [UInt8]) throws -> Bool {
    try blocking { [fileSystem] in
      let state = try await fileSystem.state(at: Self.components(path))
      return state != .absent && state != .tombstone
    }
  }

  static func components(_ path: [UInt8]) -> [[UInt8]] {
    path.split(separator: UInt8(ascii: "/")).map(Array.init)
  }
}

extension ControlReply {
  /// An answer to `evict`.
  fileprivate init(evicted: EvictReport) {
    self.init()
    self.evicted = evicted
  }

  /// An answer to `letGo`.
  fileprivate init(ids: PackedBytes) {
    self.init()
    self.ids = ids
  }

  /// Says that something does not exist.
  init(missing what: String) {
    self.init(error: what)
    isMissing = true
  }
}
