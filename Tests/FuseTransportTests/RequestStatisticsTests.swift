import Projection
import TestSupport
import Testing

@testable import FuseTransport

@Suite struct RequestStatisticsTests {
  @Test("Kinds that did not come are not there; those that came are counted with their errors")
  func counting() {
    let statistics = RequestStatistics()
    #expect(statistics.summaries.isEmpty)
    for number in 1...10 {
      statistics.count(.lookup, latency: .microseconds(number), failed: number > 7)
    }
    statistics.count(.read, latency: .milliseconds(2), failed: false)
    let summaries = statistics.summaries
    #expect(Set(summaries.keys) == [.lookup, .read])
    #expect(summaries[.lookup]?.count == 10)
    #expect(summaries[.lookup]?.errors == 3)
    #expect(summaries[.lookup]?.latency == LatencySummary(p50: 5, p90: 9, p99: 10, max: 10))
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

  @Test("Counts from many threads add up, for every kind there is")
  func concurrency() async {
    let statistics = RequestStatistics()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          for kind in RequestKind.allCases {
            statistics.count(kind, latency: .microseconds(number), failed: number.isMultiple(of: 2))
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
