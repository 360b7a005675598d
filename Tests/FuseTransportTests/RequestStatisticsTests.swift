import Projection
import TestSupport
import Testing

@testable import FuseTransport

@Suite struct RequestStatisticsTests {
  @Test("Kinds that did not come are not there; those that came are counted with their errors")
  func counting() throws {
    let statistics = RequestStatistics()
    #expect(statistics.summaries.isEmpty)
    for number in 1...10 as ClosedRange<UInt64> {
      statistics.count(.lookup, since: statistics.arrival - number * 1_000_000_000, failed: number > 7)
    }
    statistics.count(.read, since: statistics.arrival, failed: false)
    let summaries = statistics.summaries
    #expect(Set(summaries.keys) == [.lookup, .read])
    #expect(summaries[.lookup]?.count == 10)
    #expect(summaries[.lookup]?.errors == 3)
    // Whole seconds to two digits, and the moment that counting took.
    let latency = try #require(summaries[.lookup]?.latency)
    for (found, seconds) in [(latency.p50, 5.0), (latency.p90, 9), (latency.p99, 10), (latency.max, 10)] {
      #expect(abs(Double(found) / 1e6 - seconds) < seconds * 0.02)
    }
    #expect(summaries[.lookup]?.powersOfTwo.reduce(0, +) == 10)
    #expect(abs(Double(summaries[.lookup]?.sum ?? 0) / 1e6 - 55) < 1)
    #expect(summaries[.read]?.errors == 0)
  }

  @Test("A request without a reply is counted without a latency")
  func withoutReply() {
    let statistics = RequestStatistics()
    statistics.count(.forget)
    statistics.count(.forget)
    #expect(statistics.summaries[.forget]?.count == 2)
    #expect(statistics.summaries[.forget]?.latency == LatencySummary())
  }

  @Test("One that is not to count does not")
  func notCounting() {
    let statistics = RequestStatistics()
    statistics.isCounting = false
    statistics.count(.lookup, since: statistics.arrival, failed: true)
    statistics.count(.forget)
    #expect(statistics.summaries.isEmpty)
  }

  @Test("Counts from many threads add up, for every kind there is")
  func concurrency() async {
    let statistics = RequestStatistics()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          for kind in RequestKind.allCases {
            statistics.count(kind, since: statistics.arrival, failed: number.isMultiple(of: 2))
          }
        }
      }
    }
    #expect(statistics.summaries.count == RequestKind.allCases.count)
    #expect(statistics.summaries.values.allSatisfy { $0.count == 20 && $0.errors == 10 })
  }
}

@Suite struct InterruptTableTests {
  @Test("An interrupt cancels the task it was registered for, and no other")
  func interrupting() {
    let table = InterruptTable()
    let tasks = (0..<4).map { _ in Task<Void, Never> {} }
    let numbers = tasks.map { table.add($0) }
    #expect(Set(numbers).count == 4 && !numbers.contains(0))
    table.interrupt(numbers[2])
    #expect(tasks.map(\.isCancelled) == [false, false, true, false])
  }

  @Test("An interrupt that comes after the answer, or for nobody, does nothing")
  func late() {
    let table = InterruptTable()
    let task = Task<Void, Never> {}
    let number = table.add(task)
    table.remove(number)
    table.remove(number)
    for late in [number, 0, number + 1, .max] { table.interrupt(late) }
    #expect(!task.isCancelled)
  }
}
