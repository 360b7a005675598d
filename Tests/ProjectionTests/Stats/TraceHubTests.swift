import Testing

@testable import Projection

@Suite struct TraceHubTests {
  private func event(
    _ operation: String = "LOOKUP", _ path: String? = "a/b", by identity: NamedProcess = NamedProcess(process: 7)
  ) -> TraceEvent {
    TraceEvent(operation, at: path.map { Array($0.utf8) }, latency: .zero, error: nil, by: identity)
  }

  private func filter(_ change: (inout TraceFilter) -> Void) -> TraceFilter {
    var filter = TraceFilter()
    change(&filter)
    return filter
  }

  @Test("Nobody follows at first; each who does gets what it wants, in order, until it leaves")
  func following() throws {
    let hub = TraceHub()
    #expect(!hub.isActive && !hub.wants("LOOKUP"))
    let all = try #require(hub.subscribe(TraceFilter()))
    let opens = try #require(hub.subscribe(filter { $0.operations = ["OPEN"] }))
    #expect(hub.isActive && hub.wants("READ"))
    for name in ["LOOKUP", "OPEN", "READ"] { hub.emit(event(name)) }
    #expect(all.take().events.map(\.operation) == ["LOOKUP", "OPEN", "READ"])
    #expect(opens.take().events.map(\.operation) == ["OPEN"])
    #expect(all.take().events.isEmpty)
    hub.unsubscribe(all)
    #expect(!hub.wants("READ") && hub.wants("OPEN"))
    hub.unsubscribe(opens)
    #expect(!hub.isActive && hub.isDone)
  }

  @Test("What does not fit is lost and counted, whether it is many events or long paths")
  func losing() {
    let narrow = TraceQueue(TraceFilter(), number: 1, countLimit: 10)
    for _ in 0..<25 { narrow.offer(event()) }
    let first = narrow.take()
    #expect(first.events.count == 10 && first.lost == 15 && !first.isLast)
    narrow.offer(event())
    #expect(narrow.take().events.count == 1)
    let small = TraceQueue(TraceFilter(), number: 2, footprintLimit: 10_000)
    for _ in 0..<10 { small.offer(event("LOOKUP", String(repeating: "x", count: 4000))) }
    let second = small.take()
    #expect(second.events.count == 2 && second.lost == 8)
  }

  @Test("Paths are chosen with what is below them, and not by what they merely begin with")
  func paths() {
    let below = filter { $0.paths = [Array("a/b".utf8)] }
    for (path, isWanted) in [("a/b", true), ("a/b/c", true), ("a/bc", false), ("a", false), (nil, false)] {
      #expect(below.wants(event("LOOKUP", path)) == isWanted, "\(path ?? "none")")
    }
    #expect(filter { $0.paths = [[]] }.wants(event("LOOKUP", "x")))
    var renamed = event("RENAME2", "elsewhere")
    renamed.newPath = Array("a/b/new".utf8)
    #expect(below.wants(renamed))
  }

  @Test("Processes are chosen by number and by name, their own or that of their session's leader; all has to fit")
  func processes() {
    let rg = NamedProcess(process: 12, command: "rg", session: 9, sessionCommand: "code")
    #expect(filter { $0.commands = ["code"] }.wants(event(by: rg)))
    #expect(filter { $0.commands = ["rg"] }.wants(event(by: rg)))
    #expect(!filter { $0.commands = ["cat"] }.wants(event(by: rg)))
    #expect(filter { $0.processes = [12] }.wants(event(by: rg)) && !filter { $0.processes = [9] }.wants(event(by: rg)))
    #expect(
      !filter {
        $0.processes = [12]
        $0.operations = ["OPEN"]
      }.wants(event(by: rg)))
  }

  @Test("So many follow and no more; when the view ends, all hear it, also who comes late")
  func limits() throws {
    let hub = TraceHub()
    let queues = (0..<TraceHub.limit).compactMap { _ in hub.subscribe(TraceFilter()) }
    #expect(queues.count == TraceHub.limit && hub.subscribe(TraceFilter()) == nil)
    hub.emit(event())
    hub.end()
    hub.emit(event())
    for queue in queues {
      let batch = queue.take()
      #expect(batch.events.count == 1 && batch.isLast)
      hub.unsubscribe(queue)
    }
    #expect(try #require(hub.subscribe(TraceFilter())).take().isLast)
  }
}
