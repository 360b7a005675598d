internal import Provider
internal import Synchronization

/// The trees of the revisions that were projected, and whether all that is below them was read.
final class KnownTrees: Sendable {
  private struct State {
    var read: Set<[UInt8]> = []
    var unread: [[UInt8]]
    /// Commits whose trees are not known yet.
    var commits: [String]
  }

  // Held while trees are read, which happens once for each: who comes meanwhile needs what is found.
  private let state: Mutex<State>

  init(_ first: [UInt8], commits: [String]) {
    state = Mutex(State(unread: [first], commits: commits))
  }

  /// Adds a tree.
  func note(_ tree: [UInt8]) {
    state.withLock { state in
      if !state.read.contains(tree), !state.unread.contains(tree) { state.unread.append(tree) }
    }
  }

  /// Calls `body` for each tree that was not read yet, one after the other, until it returns true. Where it
  /// throws, the tree stays unread.
  ///
  /// `trees` gives the trees of commits.
  func forEachUnread(
    trees: ([String]) -> [[UInt8]], _ body: ([UInt8]) throws(ProviderError) -> Bool
  ) throws(ProviderError) {
    try state.withLock { state throws(ProviderError) in
      if !state.commits.isEmpty {
        for tree in trees(state.commits) where !state.read.contains(tree) && !state.unread.contains(tree) {
          state.unread.insert(tree, at: 0)
        }
        state.commits = []
      }
      while let tree = state.unread.last {
        let isEnough = try body(tree)
        state.unread.removeLast()
        state.read.insert(tree)
        if isEnough { return }
      }
    }
  }
}
