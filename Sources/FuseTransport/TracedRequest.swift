internal import CFuse
internal import Posix
internal import Projection
internal import SystemPackage

/// What a request is about.
enum RequestSubject {
  /// The file system as a whole.
  case nothing
  /// A node.
  case node(fuse_ino_t)
  /// A name in a directory.
  case entry([UInt8], in: fuse_ino_t)
  /// A name that another one becomes.
  case move([UInt8], in: fuse_ino_t, to: [UInt8], inNew: fuse_ino_t)
  /// A node that gets a further name.
  case link(fuse_ino_t, to: [UInt8], in: fuse_ino_t)
}

/// A request as tracers are told of it: who it came from and what it is about, found out at its arrival. What it leads to
/// may be that there is no such thing any more. An object, so that a request which nobody traces carries no more than nil.
final class TracedRequest: Sendable {
  private let kind: RequestKind
  private let path: [UInt8]?
  private let newPath: [UInt8]?
  private let identity: NamedProcess

  /// nil where nobody wants to know of this kind.
  init?(_ kind: RequestKind, _ subject: RequestSubject, by caller: Caller, in fileSystem: ProjectionCore) {
    guard fileSystem.trace.wants(kind.name) else { return nil }
    self.kind = kind
    identity = fileSystem.processes.identity(of: caller)
    func path(_ node: fuse_ino_t) -> [UInt8]? { fileSystem.shownPath(of: NodeID(rawValue: node)) }
    func path(_ name: [UInt8], _ parent: fuse_ino_t) -> [UInt8]? {
      fileSystem.shownPath(of: name, in: NodeID(rawValue: parent))
    }
    (self.path, newPath) =
      switch subject {
      case .nothing: (nil, nil)
      case .node(let node): (path(node), nil)
      case .entry(let name, let parent): (path(name, parent), nil)
      case .move(let old, let parent, let new, let newParent): (path(old, parent), path(new, newParent))
      case .link(let node, let new, let newParent): (path(node), path(new, newParent))
      }
  }

  /// Tells that it was answered.
  func tell(_ trace: TraceHub, latency: Duration, error: Errno?) {
    trace.emit(
      TraceEvent(kind.name, at: path, to: newPath, latency: latency, error: error?.rawValue, by: identity))
  }
}
