internal import Synchronization

/// A few members that are read piece by piece, so that the next piece does not begin at the beginning.
struct MemberReaders {
  private static let limit = 4
  private var readers: [Sole<MemberReader>] = []

  /// Takes out the reader of a member that is nearest before `position`.
  mutating func take(_ member: UInt32, at position: Int64) -> Sole<MemberReader>? {
    let usable = readers.indices.filter {
      readers[$0].value.member == member && readers[$0].value.position <= position
    }
    let nearest = usable.max { readers[$0].value.position < readers[$1].value.position }
    return nearest.map { readers.remove(at: $0) }
  }

  /// Puts a reader back; where there are too many, the one that was used least recently goes.
  mutating func put(_ reader: Sole<MemberReader>) {
    readers.append(reader)
    if readers.count > Self.limit { readers.removeFirst() }
  }
}

/// Lets those who want the same member go one after the other, in the order they came: one reader then serves them all, where
/// each by itself would begin at the beginning.
final class MemberTurns: Sendable {
  private let state = Mutex<[UInt32: [CheckedContinuation<Void, Never>]]>([:])

  /// Waits for a member. `leave` is to be called afterwards, in any case.
  func enter(_ member: UInt32) async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state[member] == nil else {
          state[member]?.append(continuation)
          return false
        }
        state[member] = []
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  /// Lets the next one go.
  func leave(_ member: UInt32) {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard var waiting = state[member], !waiting.isEmpty else {
        state[member] = nil
        return nil
      }
      let next = waiting.removeFirst()
      state[member] = waiting
      return next
    }
    next?.resume()
  }
}
