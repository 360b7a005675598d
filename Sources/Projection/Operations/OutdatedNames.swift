internal import Synchronization

/// Where names go that the kernel has to look up again, and nodes that it has to ask about again.
final class OutdatedNames: Sendable {
  /// A closure that stands in a generic type as it is would be wrapped once more each time it is read.
  private struct Listener {
    let call: @Sendable (NodeID, [UInt8]?) -> Void
  }

  // A leaf lock: the listener is called outside of it.
  private let listener = Mutex<Listener?>(nil)

  /// Sets who is told.
  func set(_ listener: @escaping @Sendable (NodeID, [UInt8]?) -> Void) {
    self.listener.withLock { $0 = Listener(call: listener) }
  }

  /// Tells of a name in a directory.
  func tell(_ directory: NodeID, _ name: [UInt8]) {
    listener.withLock { $0 }?.call(directory, name)
  }

  /// Tells of a node.
  func tell(_ node: NodeID) {
    listener.withLock { $0 }?.call(node, nil)
  }
}
