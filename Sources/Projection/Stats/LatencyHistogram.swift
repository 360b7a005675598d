internal import Histogram

/// Latencies in microseconds, to two significant digits, in about 30 KB whatever comes. Not synchronised.
package struct LatencyHistogram: Sendable {
  /// An hour: what takes longer counts as an hour.
  private static let highest: UInt64 = 3_600_000_000

  private var histogram = Histogram<UInt64>(
    lowestDiscernibleValue: 1, highestTrackableValue: highest, numberOfSignificantValueDigits: .two)
  /// The sum of all that was recorded, in microseconds.
  package private(set) var sum: UInt64 = 0

  package init() {}

  /// Counts one latency.
  package mutating func record(_ latency: Duration) {
    let parts = latency.components
    let seconds = min(max(0, parts.seconds), 3600)
    record(nanoseconds: UInt64(seconds * 1_000_000_000 + max(0, parts.attoseconds) / 1_000_000_000))
  }

  /// Counts one latency, whose parts of a microsecond do not matter.
  package mutating func record(nanoseconds: UInt64) {
    let microseconds = min(nanoseconds / 1000, Self.highest)
    sum &+= microseconds
    histogram.record(microseconds)
  }

  /// The summary, all 0 where nothing was recorded.
  package var summary: LatencySummary {
    guard histogram.totalCount > 0 else { return LatencySummary() }
    return LatencySummary(
      p50: histogram.valueAtPercentile(50), p90: histogram.valueAtPercentile(90),
      p99: histogram.valueAtPercentile(99), max: histogram.max)
  }

  /// How many latencies there were of each power of two: at most 1, 2, 4, 8 µs and so on, each without those before. Up to
  /// the last that is not empty; what is recorded as one value counts by the middle of what that stands for.
  package var powersOfTwo: [Int] {
    var counts: [Int] = []
    for recorded in histogram.recordedValues() {
      let value = max(1, histogram.medianEquivalentForValue(recorded.value))
      // The first power of two that is not below it.
      let power = UInt64.bitWidth - (value - 1).leadingZeroBitCount
      while counts.count <= power { counts.append(0) }
      counts[power] += Int(recorded.count)
    }
    return counts
  }
}

/// Percentiles in microseconds.
package struct LatencySummary: Sendable, Hashable {
  /// The median.
  package var p50: UInt64 = 0
  /// 90 of 100 were at most this.
  package var p90: UInt64 = 0
  /// 99 of 100 were at most this.
  package var p99: UInt64 = 0
  /// The slowest.
  package var max: UInt64 = 0

  /// A summary; nothing recorded by default.
  package init(p50: UInt64 = 0, p90: UInt64 = 0, p99: UInt64 = 0, max: UInt64 = 0) {
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.max = max
  }
}
