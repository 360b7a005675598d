internal import DequeModule
internal import Synchronization

/// Limits how many local directories are open at a time.
final class HandleCache: Sendable {
  private let limit: Int
  // A leaf lock. Directories' locks are taken outside of it.
  private let open = Mutex<Deque<DirectoryNode>>([])

  /// At most about `limit` directories stay open.
  init(limit: Int = 512) {
    self.limit = limit
  }

  /// Notes that a directory was opened. The caller holds no directory's lock.
  func opened(_ directory: DirectoryNode) {
    let oldest = open.withLock { open in
      open.append(directory)
      return open.count > limit ? open.popFirst() : nil
    }
    // One that was removed cannot be opened again by its name.
    oldest?.withState { state in
      if !state.isRemoved { state.handle = nil }
    }
  }
}
