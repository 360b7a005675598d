internal import DequeModule
internal import Provider
internal import Synchronization

/// What one observer is to be told, in order and no more than so much.
///
/// When it is full, events are lost until half of it was told; how many is told at their place.
final class EventQueue: Sendable {
  /// What comes next.
  enum Entry: Sendable {
    /// Something took effect.
    case event(CompletedOperation)
    /// So many events were lost here.
    case missed(Int)
    /// Somebody waits until everything before was told.
    case waiter(CheckedContinuation<Void, Never>)
  }

  /// What is to be done after every lock was given back.
  struct Wake: Sendable {
    fileprivate let reader: CheckedContinuation<Entry?, Never>
    fileprivate let entry: Entry?

    func callAsFunction() { reader.resume(returning: entry) }
  }

  private struct State {
    var entries: Deque<Entry> = []
    /// How many of them are events.
    var events = 0
    /// Events lost behind the last entry.
    var lost = 0
    var reader: CheckedContinuation<Entry?, Never>?
    var hasEnded = false
    /// Whether the reader knows.
    var isRead = false

    /// Puts the number of lost events in their place.
    mutating func noteLost() {
      guard lost > 0 else { return }
      entries.append(.missed(lost))
      lost = 0
    }
  }

  // A leaf lock.
  private let state = Mutex(State())
  private let capacity: Int

  /// A queue for at most `capacity` events, and at least one.
  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// Adds an event, or counts it as lost.
  func add(_ event: CompletedOperation) -> Wake? {
    state.withLock { state in
      if state.hasEnded { return nil }
      if let reader = state.reader.take() { return Wake(reader: reader, entry: .event(event)) }
      guard state.events < (state.lost > 0 ? (capacity + 1) / 2 : capacity) else {
        state.lost += 1
        return nil
      }
      state.noteLost()
      state.entries.append(.event(event))
      state.events += 1
      return nil
    }
  }

  /// The next entry, waiting for it; nil when it has ended and everything was told. For one reader.
  func next() async -> Entry? {
    await withCheckedContinuation { continuation in
      let next = state.withLock { state -> Entry?? in
        if let entry = state.entries.popFirst() {
          if case .event = entry { state.events -= 1 }
          return entry
        }
        if state.lost > 0 {
          defer { state.lost = 0 }
          return .missed(state.lost)
        }
        if state.hasEnded {
          state.isRead = true
          return .some(nil)
        }
        state.reader = continuation
        return nil
      }
      if let next { continuation.resume(returning: next) }
    }
  }

  /// Waits until everything was told that was added before.
  func flush() async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        // Its reader waits, and so was told everything; or it has gone.
        if state.reader != nil || state.isRead { return true }
        state.noteLost()
        state.entries.append(.waiter(continuation))
        return false
      }
      if isDone { continuation.resume() }
    }
  }

  /// Takes no more. What is there will be told.
  func end() {
    let wake = state.withLock { state -> Wake? in
      state.hasEnded = true
      guard let reader = state.reader.take() else { return nil }
      state.isRead = true
      return Wake(reader: reader, entry: nil)
    }
    wake?()
  }
}
