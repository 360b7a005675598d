import TestSupport
import Testing

@testable import Projection

@Suite struct HydrationStatisticsTests {
  @Test("Nothing counted is all zeros")
  func empty() {
    let snapshot = HydrationStatistics().snapshot
    #expect(snapshot.count == 0 && snapshot.bytes == 0 && snapshot.failures == 0 && snapshot.shared == 0)
    #expect(snapshot.latency == LatencySummary())
    #expect(snapshot.processes.isEmpty)
  }

  @Test("Counts from many tasks add up")
  func concurrency() async {
    let statistics = HydrationStatistics()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<50 {
        group.addTask {
          statistics.countHydration(
            of: Int64(number), in: .microseconds(number), for: Demand(.read, by: Caller(thread: 0)))
          statistics.countFailure()
          statistics.countShared()
        }
      }
    }
    let snapshot = statistics.snapshot
    #expect(snapshot.count == 50 && snapshot.bytes == 1225 && snapshot.failures == 50 && snapshot.shared == 50)
    #expect(snapshot.latency.max == 49)
    #expect(snapshot.processes.map(\.hydrations) == [50])
  }

  @Test("Processes come with most bytes first, and thousands of them take bounded memory")
  func processes() {
    let table = ProcessTable()
    // Above the largest process id that Linux gives out: nobody's.
    let first: UInt32 = 1 << 23
    for number in 0..<5000 as Range<UInt32> {
      table.count(bytes: Int64(number), for: Caller(thread: first + number))
    }
    let usages = table.usages
    #expect(usages.count == 512)
    #expect(usages.first?.bytes == 4999)
    #expect(usages.first?.command == "?")
    #expect(usages.map(\.bytes) == usages.map(\.bytes).sorted(by: >))
  }

  @Test("Percentiles are right to two digits", arguments: 1...10)
  func percentiles(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var histogram = LatencyHistogram()
    let values = (0..<2000).map { _ in
      UInt64.random(in: 0...(1 << UInt64.random(in: 1...30, using: &random)), using: &random)
    }
    for value in values { histogram.record(.microseconds(Int64(value))) }
    let sorted = values.sorted()
    let summary = histogram.summary
    for (percentile, found) in [(50, summary.p50), (90, summary.p90), (99, summary.p99), (100, summary.max)] {
      let exact = Double(sorted[sorted.count * percentile / 100 - 1])
      #expect(abs(Double(found) - exact) <= max(1, exact * 0.02), "seed \(seed), percentile \(percentile)")
    }
  }

  @Test("Latencies that are negative or longer than an hour count as none and as an hour")
  func extremes() {
    var histogram = LatencyHistogram()
    #expect(histogram.summary == LatencySummary())
    histogram.record(.seconds(-5))
    #expect(histogram.summary.max == 0)
    histogram.record(.seconds(1_000_000))
    let hour: Double = 3_600_000_000
    #expect(abs(Double(histogram.summary.max) - hour) <= hour * 0.01)
    histogram.record(.seconds(Int64.max))
    #expect(histogram.summary.p50 <= UInt64(hour * 1.01))
  }
}
