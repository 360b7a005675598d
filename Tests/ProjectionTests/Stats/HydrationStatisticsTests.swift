import Glibc
import Posix
import TestSupport
import Testing

@testable import Projection

@Suite struct HydrationStatisticsTests {
  @Test("Nothing counted is all zeros")
  func empty() {
    let snapshot = HydrationStatistics().snapshot
    #expect(snapshot.count == 0 && snapshot.bytes == 0 && snapshot.failures == 0 && snapshot.shared == 0)
    #expect(snapshot.latency.summary == LatencySummary())
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
          statistics.countFailure(for: Demand(.read, by: Caller(thread: 0)))
          statistics.countShared()
        }
      }
    }
    let snapshot = statistics.snapshot
    #expect(snapshot.count == 50 && snapshot.bytes == 1225 && snapshot.failures == 50 && snapshot.shared == 50)
    #expect(snapshot.latency.summary.max == 49 && snapshot.latency.sum == 1225)
    #expect(snapshot.processes.map(\.usage.hydrations) == [50])
    #expect(snapshot.causes == [.read: .init(count: 50, bytes: 1225, failures: 50)])
  }

  @Test("Processes come with most bytes first; thousands of them take bounded memory, and nothing counted is lost")
  func processes() {
    let table = ProcessTable()
    // Above the largest process id that Linux gives out: nobody's.
    let first: UInt32 = 1 << 23
    for number in 0..<5000 as Range<UInt32> {
      table.count(bytes: Int64(number), for: table.identity(of: Caller(thread: first + number)))
    }
    let (known, others) = table.usages
    #expect(known.count == ProcessTable.limit)
    #expect(known.first?.usage.bytes == 4999)
    #expect(known.first?.identity.command == "?")
    let bytes = known.map(\.usage.bytes)
    #expect(bytes == bytes.sorted(by: >))
    #expect(bytes.reduce(others.bytes, +) == 4999 * 2500)
    #expect(known.count + others.hydrations == 5000)
  }

  @Test("A process is known by its own name and by that of who leads its session")
  func identity() throws {
    let itself = try #require(NamedProcess.find(Caller(thread: UInt32(getpid()))))
    #expect(itself.process == UInt32(getpid()))
    let comm = String(decoding: try FileCalls.contents("/proc/self/comm").dropLast(), as: UTF8.self)
    #expect(itself.command == comm)
    let child = try Subprocess.spawn(["sleep", "600"], output: nil, errors: nil, newSession: true)
    defer {
      kill(child, SIGKILL)
      _ = try? Subprocess.wait(for: child)
    }
    let found = try #require(NamedProcess.find(Caller(thread: UInt32(child))))
    #expect(found.session == UInt32(child) && found.sessionCommand == found.command)
    #expect(NamedProcess.find(Caller(thread: 1 << 23)) == nil)
  }

  @Test(
    "The kernel's line on a process is read whatever the process is called",
    arguments: ["cat", "a) S 1 2 3 (b", "", "two words", "((", "a) b) (c"])
  func statLine(command: String) {
    let rest = " S 1 2 77 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 4711 8192 1 0"
    let stat = ProcessStat(line: Array("12 (\(command))\(rest)".utf8))
    #expect(stat?.command == command && stat?.group == 2 && stat?.session == 77 && stat?.started == 4711)
    // A line that ends early has what stands before.
    let short = ProcessStat(line: Array("12 (\(command)) S 1 42".utf8))
    #expect(short?.command == command && short?.group == 42 && short?.session == nil && short?.started == nil)
    #expect(ProcessStat(line: Array("12 (\(command)) S 1".utf8))?.group == nil)
    #expect(ProcessStat(line: Array("12 (\(command))".utf8))?.group == nil)
    #expect(ProcessStat(line: Array("12 (\(command)) S 1 x -1".utf8))?.group == nil)
    for line in ["", "nonsense", "12 )\(command)("] { #expect(ProcessStat(line: Array(line.utf8)) == nil, "\(line)") }
  }

  @Test("The kernel's line on this process says what the system calls say")
  func ownStatLine() throws {
    let stat = try #require(ProcessStat(of: UInt32(getpid())))
    #expect(stat.group == getpgrp() && stat.session == UInt32(getsid(0)) && stat.started ?? 0 > 0)
    #expect(ProcessStat(of: 1 << 23) == nil)
  }

  @Test("Directories take bounded memory, and what was counted adds up", arguments: 1...10)
  func directories(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = DirectoryTable()
    var (count, bytes) = (0, Int64(0))
    for _ in 0..<6000 {
      let depth = Int.random(in: 0...4, using: &random)
      let names = (0..<depth).map { _ in "d\(Int.random(in: 0..<9, using: &random))" } + ["file"]
      let size = Int64.random(in: 0..<1000, using: &random)
      table.count(.init(hydrations: 1, bytes: size), ofFile: Array(names.joined(separator: "/").utf8))
      (count, bytes) = (count + 1, bytes + size)
      #expect(table.usages.count <= DirectoryTable.limit)
    }
    #expect(table.usages.values.reduce(0) { $0 + $1.hydrations } == count, "seed \(seed)")
    #expect(table.usages.values.reduce(0) { $0 + $1.bytes } == bytes, "seed \(seed)")
    table.count(.init(hydrations: 1, bytes: 0), ofFile: Array(repeating: UInt8(ascii: "x"), count: 9000))
    #expect(table.usages.keys.allSatisfy { $0.count <= DirectoryTable.pathLimit })
  }

  @Test("A timeline has room for any time, and loses nothing", arguments: 1...5)
  func timeline(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var timeline = HydrationTimeline()
    var second: Int64 = 0
    for _ in 0..<1000 {
      second += Int64.random(in: 0...100, using: &random)
      timeline.count(contents: 1, bytes: 10, at: second)
      #expect(timeline.spans.count <= HydrationTimeline.limit)
    }
    #expect(timeline.spans.reduce(0) { $0 + $1.contents } == 1000, "seed \(seed)")
    #expect(timeline.spans.reduce(0) { $0 + $1.bytes } == 10_000, "seed \(seed)")
    #expect(Int64(timeline.spans.count - 1) == second / timeline.spanSeconds, "seed \(seed)")
  }

  @Test("Powers of two have all latencies, each where it belongs", arguments: 1...5)
  func powersOfTwo(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var histogram = LatencyHistogram()
    var expected = [Int](repeating: 0, count: 32)
    for _ in 0..<500 {
      // In the middle of a power's range, so that two digits are enough to tell.
      let power = Int.random(in: 0..<30, using: &random)
      histogram.record(.microseconds(power < 2 ? power + 1 : 3 << (power - 2)))
      expected[power] += 1
    }
    while expected.last == 0 { expected.removeLast() }
    #expect(histogram.powersOfTwo == expected, "seed \(seed)")
    #expect(LatencyHistogram().powersOfTwo.isEmpty)
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
