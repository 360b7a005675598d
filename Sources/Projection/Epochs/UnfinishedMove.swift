internal import Provider
internal import Synchronization

/// Whether the projection has moved while it is not known yet what has changed where nobody had looked.
///
/// Meanwhile no directory is loaded, and none is shown that nobody knew: their times, and the numbers and times of what is
/// in them, come with the rest. All others are complete.
final class UnfinishedMove: Sendable {
  // A leaf lock.
  private let gate = Mutex<Gate?>(nil)
  private let flag = Atomic<Bool>(false)

  /// Whether a move goes on. Begins with the namespace alone: so who shares it, and finds none, has until then.
  var isGoingOn: Bool { flag.load(ordering: .acquiring) }

  /// Begins one, with the namespace alone.
  func begin() {
    gate.withLock { $0 = Gate() }
    flag.store(true, ordering: .releasing)
  }

  /// Lets everybody go on.
  func end() {
    flag.store(false, ordering: .releasing)
    gate.withLock { $0.take() }?.open()
  }

  /// Returns when no move goes on. Throws `interrupted` where the task is cancelled.
  func pass() async throws(ProjectionError) {
    guard isGoingOn, let gate = gate.withLock({ $0 }) else { return }
    do {
      try await gate.pass()
    } catch {
      throw ProjectionError(error)
    }
  }
}

extension ProjectionCore {
  /// Whether a name stands for a directory that must not be shown before the move that goes on has ended. The caller
  /// shares the namespace and holds the lock of `directory`.
  func isUnfinished(_ found: DirectoryState.Found, of directory: DirectoryNode, _ state: DirectoryState) -> Bool {
    guard unfinished.isGoingOn, case .provided(let key) = found, let index = key.providedIndex,
      let listing = state.listing, listing.kind(at: index) == .directory
    else { return false }
    return inodes.child(key, of: directory) == nil
  }
}
