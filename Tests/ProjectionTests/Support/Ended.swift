import Synchronization

/// Whether something has happened.
final class Ended: Sendable {
  private let flag = Atomic<Bool>(false)

  var isNoted: Bool { flag.load(ordering: .acquiring) }

  func note() { flag.store(true, ordering: .releasing) }
}
