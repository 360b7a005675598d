internal import Provider
internal import Synchronization

/// What a program has said of changes, for whoever reads them: bounded, for too many are `everything`.
final class ChangeFeed: Sendable {
  /// How many names may wait for one reader.
  static let most = 1024

  private let state = Mutex(State())

  private struct Reader {
    var changes: [ProviderChange] = []
    var names = 0
    var waiter: CheckedContinuation<ProviderChange?, Never>?

    mutating func takeFirst() -> ProviderChange? {
      guard !changes.isEmpty else { return nil }
      let change = changes.removeFirst()
      names -= change.count
      return change
    }

    /// A root makes up for all before it but for what is to be listed anew all the same.
    mutating func append(_ change: ProviderChange) {
      if changes.last == change { return }
      changes.append(change)
      names += change.count
      guard names > ChangeFeed.most else { return }
      let root = changes.last { if case .root = $0 { true } else { false } }
      changes = (root.map { [$0] } ?? []) + [.everything]
      names = changes.count
    }
  }

  private struct State {
    var readers: [UInt64: Reader] = [:]
    var lastReader: UInt64 = 0
    var hasEnded = false
    /// The root that readers know.
    var root: DirectoryID?
  }

  /// What comes from now on.
  func stream() -> AsyncStream<ProviderChange> {
    let reader = state.withLock { state in
      state.lastReader += 1
      if !state.hasEnded { state.readers[state.lastReader] = Reader() }
      return state.lastReader
    }
    return AsyncStream {
      await self.next(of: reader)
    } onCancel: {
      self.remove(reader)
    }
  }

  /// Tells all readers.
  func send(_ change: ProviderChange) {
    let waiters = state.withLock { state in
      if case .root(let root) = change { state.root = root }
      var waiters: [CheckedContinuation<ProviderChange?, Never>] = []
      for id in state.readers.keys {
        if let waiter = state.readers[id]?.waiter.take() {
          waiters.append(waiter)
        } else {
          state.readers[id]?.append(change)
        }
      }
      return waiters
    }
    for waiter in waiters { waiter.resume(returning: change) }
  }

  /// Remembers the root that somebody was told.
  func note(_ root: DirectoryID) {
    state.withLock { $0.root = root }
  }

  /// Tells all readers of the root, unless they know it.
  func sendRoot(_ root: DirectoryID) {
    if state.withLock({ $0.root != root }) { send(.root(root)) }
  }

  /// Ends all streams, after what has been sent.
  func end() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      let waiters = state.readers.values.compactMap(\.waiter)
      for id in state.readers.keys { state.readers[id]?.waiter = nil }
      return waiters
    }
    for waiter in waiters { waiter.resume(returning: nil) }
  }

  private func next(of id: UInt64) async -> ProviderChange? {
    await withCheckedContinuation { continuation in
      let answer = state.withLock { state -> ProviderChange?? in
        guard var reader = state.readers.removeValue(forKey: id) else { return .some(nil) }
        defer { state.readers[id] = reader }
        if let change = reader.takeFirst() { return change }
        if state.hasEnded { return .some(nil) }
        reader.waiter = continuation
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  private func remove(_ id: UInt64) {
    let waiter = state.withLock { $0.readers.removeValue(forKey: id)?.waiter }
    waiter?.resume(returning: nil)
  }
}

extension ProviderChange {
  /// About how many names it has.
  fileprivate var count: Int {
    switch self {
    case .root, .everything: 1
    case .directories(let directories): 1 + directories.count
    case .paths(let paths): 1 + paths.count
    }
  }
}
