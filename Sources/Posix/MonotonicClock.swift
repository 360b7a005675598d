internal import Glibc

/// The time since the machine started, for what is measured at each request: as a plain number it takes half as long to read
/// and to subtract as the standard library's `ContinuousClock`.
package enum MonotonicClock {
  /// Nanoseconds.
  package static var nanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
