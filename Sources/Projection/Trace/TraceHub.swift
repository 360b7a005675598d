internal import Synchronization

/// Hands events to those who want them. While nobody does, that costs a look at one number.
package final class TraceHub: Sendable {
  /// So many at most follow one view: each may take 4 MiB.
  package static let limit = 8

  private struct State {
    var queues: [TraceQueue] = []
    var lastNumber: UInt64 = 0
    var hasEnded = false
  }

  private let count = Atomic<Int>(0)
  // May take: the lock of a queue.
  private let state = Mutex(State())

  package init() {}

  /// Whether somebody may want an event.
  package var isActive: Bool { count.load(ordering: .relaxed) > 0 }

  /// Whether somebody may want an event of such an operation.
  package func wants(_ operation: String) -> Bool {
    isActive && state.withLock { $0.queues.contains { $0.filter.wants(operation) } }
  }

  /// From now on events that `filter` lets through go into the queue. Nil where too many follow already.
  package func subscribe(_ filter: TraceFilter) -> TraceQueue? {
    state.withLock { state in
      guard state.queues.count < Self.limit else { return nil }
      state.lastNumber += 1
      let queue = TraceQueue(filter, number: state.lastNumber)
      if state.hasEnded { queue.end() }
      state.queues.append(queue)
      count.store(state.queues.count, ordering: .relaxed)
      return queue
    }
  }

  /// Ends that.
  package func unsubscribe(_ queue: TraceQueue) {
    state.withLock { state in
      state.queues.removeAll { $0.number == queue.number }
      count.store(state.queues.count, ordering: .relaxed)
    }
  }

  /// Whether everybody was told everything, and has gone.
  package var isDone: Bool { state.withLock { $0.queues.isEmpty } }

  /// Tells everybody that nothing will follow.
  package func end() {
    state.withLock { state in
      state.hasEnded = true
      for queue in state.queues { queue.end() }
    }
  }

  /// Tells everybody who wants it.
  package func emit(_ event: TraceEvent) {
    state.withLock { state in
      for queue in state.queues { queue.offer(event) }
    }
  }

  /// Tells everybody who wants it of a fetch.
  func emit(_ record: HydrationRecord) {
    if isActive { emit(TraceEvent(record)) }
  }
}
