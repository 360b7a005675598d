internal import Provider
internal import Synchronization

/// The trees of the revisions that were projected, and whether all that is below them was read.
final class KnownTrees: Sendable {
  private struct State {
    var read: Set<[UInt8]> = []
    var unread: [[UInt8]]
  }

  // Held while trees are read, which happens once for each: who comes meanwhile needs what is found.
  private let state: Mutex<State>

  init(_ first: [UInt8]) {
    state = Mutex(State(unread: [first]))
  }

  /// Adds a tree.
  func note(_ tree: [UInt8]) {
    state.withLock { state in
      if !state.read.contains(tree), !state.unread.contains(tree) { state.unread.append(tree) }
    }
  }

  /// Calls `body` for each tree that was not read yet, one after the other. Where it throws, the tree stays unread.
  func forEachUnread(_ body: ([UInt8]) throws(ProviderError) -> Void) throws(ProviderError) {
    try state.withLock { state throws(ProviderError) in
      while let tree = state.unread.last {
        try body(tree)
        state.unread.removeLast()
        state.read.insert(tree)
      }
    }
  }
}
