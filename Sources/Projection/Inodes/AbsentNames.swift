internal import DequeModule

/// Names that a provider was asked for and does not have, in a directory that was not listed: those that somebody is
/// about to make something at, and the last few others.
struct AbsentNames: Sendable {
  private static let mostIdle = 1024

  private struct Use {
    var users = 0
    /// By which it is seen whether it was used since it became idle.
    var turn: UInt64 = 0
  }

  private var uses: [[UInt8]: Use] = [:]
  /// Names that nobody used at their turn, the oldest first.
  private var idle: Deque<(name: [UInt8], turn: UInt64)> = []
  private var lastTurn: UInt64 = 0

  var isEmpty: Bool { uses.isEmpty }

  func contains(_ name: [UInt8]) -> Bool { uses[name] != nil }

  /// Adds a name that nobody uses.
  mutating func insert(_ name: [UInt8]) {
    guard uses[name] == nil else { return }
    retire(name)
  }

  /// Counts a user of a name that is known to be absent, here or by `isAbsent`. False where it is not.
  mutating func keep(_ name: [UInt8], isAbsent: Bool) -> Bool {
    guard isAbsent || contains(name) else { return false }
    uses[name, default: Use()].users += 1
    return true
  }

  /// Ends what `keep` began.
  mutating func release(_ name: [UInt8]) {
    guard let users = uses[name]?.users, users > 0 else { return }
    uses[name]?.users = users - 1
    if users == 1 { retire(name) }
  }

  private mutating func retire(_ name: [UInt8]) {
    lastTurn += 1
    uses[name] = Use(turn: lastTurn)
    idle.append((name, lastTurn))
    while idle.count > Self.mostIdle, let (oldest, turn) = idle.popFirst() {
      if let use = uses[oldest], use.users == 0, use.turn == turn { uses[oldest] = nil }
    }
  }
}
