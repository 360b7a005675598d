internal import Synchronization

/// Tells whoever wants to know that a content was fetched: its size in bytes, and for whom.
package final class ArrivalNotice: Sendable {
  /// A closure that stands in a generic type as it is would be wrapped once more each time it is read.
  private struct Listener {
    let call: @Sendable (Int64, Demand) -> Void
  }

  // A leaf lock: the listener is called outside of it.
  private let listener = Mutex<Listener?>(nil)

  package init() {}

  /// Sets who is told, in the place of who was before.
  func set(_ listener: @escaping @Sendable (Int64, Demand) -> Void) {
    self.listener.withLock { $0 = Listener(call: listener) }
  }

  /// Tells.
  func callAsFunction(_ size: Int64, _ demand: Demand) {
    listener.withLock { $0 }?.call(size, demand)
  }
}
