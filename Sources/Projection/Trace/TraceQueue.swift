internal import Synchronization

/// What one tracer is still to be told. Whoever emits events never waits for it: what does not fit is lost, and counted.
package final class TraceQueue: Sendable {
  /// What was waiting, in its order.
  package struct Batch: Sendable {
    /// The events.
    package let events: [TraceEvent]
    /// How many were lost behind them.
    package let lost: Int
    /// Whether nothing will follow, because the view has ended.
    package let isLast: Bool
  }

  private struct State {
    var events: [TraceEvent] = []
    var footprint = 0
    var lost = 0
    var hasEnded = false
  }

  /// What is wanted.
  let filter: TraceFilter
  let number: UInt64

  private let countLimit: Int
  private let footprintLimit: Int
  // A leaf lock.
  private let state = Mutex(State())

  init(_ filter: TraceFilter, number: UInt64, countLimit: Int = 8192, footprintLimit: Int = 4 << 20) {
    self.filter = filter
    self.number = number
    self.countLimit = countLimit
    self.footprintLimit = footprintLimit
  }

  /// Everything that waits. Returns at once: a reader that looks every few milliseconds costs who emits no wake-up.
  package func take() -> Batch {
    let state = state.withLock { state in
      defer {
        state.events = []
        state.footprint = 0
        state.lost = 0
      }
      return state
    }
    return Batch(events: state.events, lost: state.lost, isLast: state.hasEnded)
  }

  func offer(_ event: TraceEvent) {
    guard filter.wants(event) else { return }
    state.withLock { state in
      if state.hasEnded { return }
      // Once some are lost, so are all until the reader comes: their number has one place.
      guard state.lost == 0, state.events.count < countLimit, state.footprint + event.footprint <= footprintLimit else {
        state.lost += 1
        return
      }
      state.events.append(event)
      state.footprint += event.footprint
    }
  }

  func end() {
    state.withLock { $0.hasEnded = true }
  }
}
