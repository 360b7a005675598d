import Control
import Glibc
import Testing

@testable import Commands

@Suite struct TraceTextTests {
  private func line(_ kind: TraceLine.Kind, _ change: (inout TraceLine) -> Void = { _ in }) -> TraceLine {
    var line = TraceLine(kind)
    line.timeNs = 1_700_000_000_123_456_789
    line.pid = 12
    line.command = "rg"
    line.latencyUs = 12.3
    change(&line)
    return line
  }

  /// The line behind the time of day, which depends on where this is.
  private func text(_ line: TraceLine) -> String? {
    guard let text = TraceText().text(line) else { return nil }
    return line.kind == .lost ? text : String(text.dropFirst("00:00:00.123456  ".count))
  }

  @Test("Requests and hydrations are a line each, with what they have to say")
  func lines() {
    let lookup = line(.request) {
      $0.operation = "LOOKUP"
      $0.path = "src/a"
      $0.error = "ENOENT"
      $0.sessionPid = 9
      $0.sessionCommand = "code"
    }
    #expect(text(lookup) == "LOOKUP           12 µs  rg[12] (code)             src/a  ENOENT")
    let rename = line(.request) {
      $0.operation = "RENAME2"
      $0.path = "a"
      $0.newPath = "b"
      $0.sessionPid = 12
      $0.sessionCommand = "rg"
    }
    #expect(text(rename) == "RENAME2          12 µs  rg[12]                    a -> b")
    let hydration = line(.hydration) {
      $0.operation = "HYDRATION"
      $0.path = ""
      $0.latencyUs = 1234.5
      $0.bytes = 4096
      $0.cause = "read"
      $0.partial = true
    }
    #expect(text(hydration) == "HYDRATION       1.2 ms  rg[12]                    /  4.0 KiB by read, in part")
    let denied = line(.hydration) {
      $0.operation = "HYDRATION"
      $0.path = "a"
      $0.latencyUs = 0
      $0.bytes = 0
      $0.cause = "open"
      $0.denied = true
    }
    #expect(text(denied) == "HYDRATION         0 µs  rg[12]                    a  0 B by open  denied")
    #expect(text(line(.lost) { $0.count = 1234 }) == "… 1,234 events lost: what reads them is too slow")
    #expect(text(line(.end)) == nil)
    #expect(text(TraceLine(.request)) != nil)
  }

  @Test("Names print nothing that a terminal would obey")
  func control() {
    let text = text(
      line(.request) {
        $0.operation = "OPEN"
        $0.command = "\u{1b}[2J"
        $0.path = "?"
        $0.pathBytes = "61ff0a"
      })
    #expect(text == "OPEN             12 µs  \\x1b[2J[12]               a\\xff\\n")
  }

  @Test(
    "Paths are taken from the view's root, or as they are; others are refused",
    arguments: [
      ("src/a", "src/a"), ("/view/src/../b/", "b"), ("/view", ""), ("./x//y", "x/y"), ("/views", nil), ("..", nil),
      ("/view/../etc", nil),
    ] as [(String, String?)])
  func paths(argument: String, expected: String?) {
    let view = ViewLocator.Found(mountpoint: "/view", state: "/state", isMounted: true)
    let path = (try? ViewPath.inside(view, argument)).map { String(decoding: $0, as: UTF8.self) }
    #expect(path == expected)
  }
}
