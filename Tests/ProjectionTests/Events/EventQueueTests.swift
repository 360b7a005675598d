import Provider
import TestSupport
import Testing

@testable import Projection

@Suite("What an observer is told when it is slow") struct EventQueueTests {
  private func event(_ number: UInt64) -> CompletedOperation {
    CompletedOperation(
      number: number, time: .zero, operation: ObservedOperation(.unlink, .file, at: []),
      caller: OperationCaller(process: 1, user: 0, group: 0, command: "x"), question: nil)
  }

  private func take(_ queue: EventQueue, _ count: Int) async -> [String] {
    var texts: [String] = []
    for _ in 0..<count {
      switch await queue.next() {
      case .event(let event): texts.append("\(event.number)")
      case .missed(let count): texts.append("missed \(count)")
      case .waiter(let waiter):
        texts.append("waiter")
        waiter.resume()
      case nil: texts.append("end")
      }
    }
    return texts
  }

  @Test("Events come in order; what does not fit is counted once, at its place, and half of the room is made first")
  func overflow() async {
    let queue = EventQueue(capacity: 4)
    for number in 1...7 { _ = queue.add(event(UInt64(number))) }
    #expect(await take(queue, 1) == ["1"])
    _ = queue.add(event(8))
    #expect(await take(queue, 2) == ["2", "3"])
    _ = queue.add(event(9))
    #expect(await take(queue, 3) == ["4", "missed 4", "9"])
    queue.end()
    #expect(await take(queue, 2) == ["end", "end"])
    await queue.flush()
  }

  @Test("A loss behind the last event is told as well, and so before whoever waits")
  func lossAtTheEnd() async {
    let queue = EventQueue(capacity: 1)
    for number in 1...3 { _ = queue.add(event(UInt64(number))) }
    #expect(await take(queue, 2) == ["1", "missed 2"])
    for number in 4...5 { _ = queue.add(event(UInt64(number))) }
    let reader = Task { await take(queue, 4) }
    await queue.flush()
    queue.end()
    _ = queue.add(event(6))
    let texts = await reader.value
    #expect(texts.starts(with: ["4", "missed 1"]) && texts.last == "end" && !texts.contains("6"))
  }

  @Test("A reader that waits gets the next event, and the end")
  func waiting() async {
    let queue = EventQueue(capacity: 1)
    let reader = Task { await take(queue, 3) }
    // Whether it waits already or finds it later.
    if let wake = queue.add(event(1)) { wake() }
    await queue.flush()
    queue.end()
    let texts = await reader.value
    #expect(texts.first == "1" && texts.last == "end")
  }
}
