internal import Dispatch
internal import Posix
internal import Synchronization

/// Gives memory back to the kernel after much was forgotten: the C library keeps what it once had.
final class HeapTrimmer: Sendable {
  /// Fewer forgotten nodes than this are not worth the milliseconds that trimming takes.
  private static let threshold = 16_384
  /// Forgetting comes in bursts; trimming waits for the end of one.
  private static let delay = DispatchTimeInterval.milliseconds(500)

  private let forgotten = Atomic<Int>(0)
  private let isScheduled = Atomic<Bool>(false)

  /// Notes that a node was forgotten. Cheap; trims later, on another thread.
  func noteForgotten(_ count: Int) {
    guard forgotten.add(count, ordering: .relaxed).newValue >= Self.threshold,
      !isScheduled.exchange(true, ordering: .relaxed)
    else { return }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + Self.delay) { [self] in
      forgotten.store(0, ordering: .relaxed)
      isScheduled.store(false, ordering: .relaxed)
      Heap.trim()
    }
  }
}
