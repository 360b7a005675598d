import Control
import TestSupport
import Testing

@testable import Commands

@Suite struct TopTests {
  private func report(_ seconds: Double, lookups: Int, bytes: Int64) -> StatsReport {
    var report = SampleReports.busy
    report.uptimeSeconds = seconds
    report.requests["LOOKUP"] = .init(count: lookups, errors: 0, latency: .init(p50: 8, p90: 12, p99: 40, max: 900))
    report.processes[0].bytes = bytes
    report.hydration.bytes = bytes
    report.recent = (1...3).map { number in
      .init(
        timeNs: Int64(number), cause: "open", path: Array("src/a long directory/file-\(number)\u{1b}[2J".utf8),
        bytes: 4096,
        latencyUs: 120, pid: 12, command: "rg")
    }
    return report
  }

  private func busy() -> TopState {
    var state = TopState()
    state.take(report(10, lookups: 1000, bytes: 1 << 20))
    state.take(report(12, lookups: 1500, bytes: 3 << 20))
    return state
  }

  @Test("Rates are what changed between two reports, by their time; the same fetch is listed once")
  func rates() {
    let state = busy()
    #expect(state.requests.first?.name == "LOOKUP" && state.requests.first?.perSecond == 250)
    #expect(state.processes.first?.bytesPerSecond == Double(1 << 20))
    #expect(state.bytesPerSecond == Double(1 << 20))
    #expect(state.hydrations.map(\.timeNs) == [3, 2, 1])
  }

  @Test("At first, and after the view was mounted anew, nothing is a rate that nobody had")
  func restarted() {
    var state = TopState()
    state.take(report(10, lookups: 1000, bytes: 1 << 20))
    #expect(state.requests.allSatisfy { $0.perSecond == 0 } && state.bytesPerSecond == 0)
    state.take(report(1, lookups: 10, bytes: 0))
    #expect(state.requests.allSatisfy { $0.perSecond == 0 })
  }

  @Test("It fits into any terminal, to the column, and prints nothing that a terminal would obey")
  func sizes() {
    for var state in [TopState(), busy()] {
      for showsHelp in [false, true] {
        state.showsHelp = showsHelp
        for rows in [1, 2, 3, 4, 5, 10, 24, 60] {
          for columns in [1, 2, 10, 20, 40, 80, 200] {
            let lines = TopScreen(state, TextStyle(), columns: columns, rows: rows).lines
            #expect(lines.count == rows, "\(columns)×\(rows)")
            for line in lines {
              #expect(Display.width(line) <= columns, "\(columns)×\(rows): \(line)")
              #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
            }
          }
        }
      }
    }
  }

  @Test("80×24 has requests, processes and hydrations, with path, bytes and latency")
  func content() {
    let text = TopScreen(busy(), TextStyle(), columns: 80, rows: 24).lines.joined(separator: "\n")
    for part in [
      "REQUEST", "LOOKUP", "250", "PROCESS", "rg (12)", "code", "HYDRATION", "4.0 KiB", "120 µs", "file-3\\x1b[2J",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("Keys sort, filter, pause, help and leave")
  func keys() {
    var state = busy()
    var orders: [TopState.Order] = []
    for _ in TopState.Order.allCases {
      press("s", &state)
      orders.append(state.order)
    }
    #expect(Set(orders) == Set(TopState.Order.allCases))
    press("/file-2x\u{7f}\r", &state)
    #expect(state.filter == "file-2" && state.typing == nil)
    #expect(state.shownHydrations.count == 1 && state.shownProcesses.isEmpty)
    press("\u{1b}", &state)
    #expect(state.filter.isEmpty)
    // 'q' is a letter while a filter is typed.
    press("/q", &state)
    #expect(state.typing == "q")
    press("\u{1b}", &state)
    #expect(state.typing == nil)
    press(" h", &state)
    #expect(state.isPaused && state.showsHelp)
    let goesOn = state.press(.character("q"))
    #expect(!goesOn)
  }

  private func press(_ text: String, _ state: inout TopState, at location: SourceLocation = #_sourceLocation) {
    for key in TopKey.keys(in: Array(text.utf8)) {
      let goesOn = state.press(key)
      #expect(goesOn, sourceLocation: location)
    }
  }

  @Test("What arrows and other keys send is no text, and any bytes are taken", arguments: 1...20)
  func sequences(seed: UInt64) {
    #expect(TopKey.keys(in: Array("\u{1b}[Aa\u{1b}OPb\u{1b}[15~".utf8)) == [.character("a"), .character("b")])
    #expect(TopKey.keys(in: [0x1b]) == [.escape] && TopKey.keys(in: []).isEmpty)
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0..<20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      var state = TopState()
      for key in TopKey.keys(in: bytes) { _ = state.press(key) }
    }
  }
}
