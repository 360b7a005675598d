internal import TestSupport

/// When in a sequence the file system is disturbed.
struct DisturbanceSchedule {
  private var pending: [(index: Int, disturbance: Operation.Disturbance)] = []

  /// Spreads disturbances over a sequence at random.
  init(seed: UInt64, operations: Int, _ counts: [Operation.Disturbance: Int]) {
    guard operations > 0 else { return }
    var random = SeededRandom(seed: ~seed)
    for disturbance in Operation.Disturbance.allCases {
      for _ in 0..<(counts[disturbance] ?? 0) {
        pending.append((Int.random(in: 0..<operations, using: &random), disturbance))
      }
    }
    // The last one first, to be taken from the end; ties stay in the order they were made in.
    pending = pending.enumerated().sorted { ($0.element.index, $0.offset) > ($1.element.index, $1.offset) }
      .map(\.element)
  }

  /// The disturbances before an operation.
  mutating func take(at index: Int) -> [Operation.Disturbance] {
    var taken: [Operation.Disturbance] = []
    while let last = pending.last, last.index == index {
      taken.append(last.disturbance)
      pending.removeLast()
    }
    return taken
  }
}
