internal import Synchronization

/// Tells whoever serves requests that the calling thread may be busy for a while, so that another can take its place.
///
/// Called before everything that asks a provider or a disk. What is told must be quick.
package final class WaitHint: Sendable {
  /// A closure that stands in a generic type as it is would be wrapped once more each time it is read.
  private struct Listener {
    let call: @Sendable () -> Void
  }

  // A leaf lock: the listener is called outside of it.
  private let listener = Mutex<Listener?>(nil)

  package init() {}

  /// Sets who is told, in the place of who was before.
  package func set(_ listener: @escaping @Sendable () -> Void) {
    self.listener.withLock { $0 = Listener(call: listener) }
  }

  /// Tells.
  package func callAsFunction() {
    listener.withLock { $0 }?.call()
  }
}
