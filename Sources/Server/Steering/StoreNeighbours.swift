internal import Control
internal import Posix
internal import Projection
internal import Provider

/// The other views whose contents lie in the same store.
struct StoreNeighbours: Sendable {
  /// How long a view may take to say what it uses, in seconds. What the kernel says of open files counts in any case.
  private static let patience = 5

  private let store: String
  private let own: String
  private let views: String
  private let registry: ViewRegistry

  /// Those of the view that a plan is for.
  init(_ plan: MountPlan, _ registry: ViewRegistry) {
    store = plan.contentDirectory
    own = plan.stateDirectory
    views = plan.source.facts.home.views
    self.registry = registry
  }

  /// Their state directories.
  var states: [String] {
    let beside = ((try? FileCalls.names(views)) ?? []).map { "\(views)/\($0)" }
    let known = Set(registry.entries().map(\.state) + beside).subtracting([own])
    return known.filter { state in
      guard let record = try? StateDirectory(existing: state).record() else { return false }
      return record.store == store
    }
  }

  /// Has those that run let go of contents; returns those that somebody uses.
  func letGo(of contents: [ContentID]) -> Set<ContentID> {
    guard !contents.isEmpty else { return [] }
    var request = ControlRequest(.letGo)
    request.ids = PackedBytes(pieces: contents.map(\.bytes))
    var used: Set<ContentID> = []
    for state in states {
      guard let reply = try? ControlClient.ask(request, of: state, timeout: Self.patience) else { continue }
      used.formUnion((reply.ids?.pieces ?? []).map { ContentID($0) })
    }
    return used
  }
}
