import Synchronization

/// A number that several tasks change.
final class Counter: Sendable {
  private let number: Atomic<Int>

  init(_ number: Int = 0) {
    self.number = Atomic(number)
  }

  var value: Int { number.load(ordering: .acquiring) }

  /// Adds, and returns the new number.
  @discardableResult
  func add(_ more: Int) -> Int { number.add(more, ordering: .acquiringAndReleasing).newValue }
}
