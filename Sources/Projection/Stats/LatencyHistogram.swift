internal import Histogram

/// Latencies in microseconds, to two significant digits, in about 20 KB whatever comes. Not synchronised.
package struct LatencyHistogram: Sendable {
  /// An hour: what takes longer counts as an hour.
  private static let highest: UInt64 = 3_600_000_000

  private var histogram = Histogram<UInt32>(
    lowestDiscernibleValue: 1, highestTrackableValue: highest, numberOfSignificantValueDigits: .two)

  package init() {}

  /// Counts one latency.
  package mutating func record(_ latency: Duration) {
    let parts = latency.components
    let microseconds = min(max(0, parts.seconds), 3600) * 1_000_000 + max(0, parts.attoseconds) / 1_000_000_000_000
    histogram.record(min(UInt64(microseconds), Self.highest))
  }

  /// The summary, all 0 where nothing was recorded.
  package var summary: LatencySummary {
    guard histogram.totalCount > 0 else { return LatencySummary() }
    return LatencySummary(
      p50: histogram.valueAtPercentile(50), p90: histogram.valueAtPercentile(90),
      p99: histogram.valueAtPercentile(99), max: histogram.max)
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
