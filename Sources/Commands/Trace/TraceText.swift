internal import Control
internal import Glibc

/// Events as people read them, a line for each.
struct TraceText {
  private let style: TextStyle

  init(_ style: TextStyle = TextStyle()) {
    self.style = style
  }

  /// The line; nil for one that says nothing of its own.
  func text(_ line: TraceLine) -> String? {
    switch line.kind {
    case .request, .hydration: event(line)
    case .lost: style.bad("… \(Format.count(line.count ?? 0)) events lost: what reads them is too slow")
    case .end: nil
    }
  }

  private func event(_ line: TraceLine) -> String {
    let latency = Format.microseconds(UInt64((line.latencyUs ?? 0).rounded()))
    var text =
      style.faint(Self.clock(line.timeNs ?? 0)) + "  " + operation(line) + "  " + latency.padding(left: 8) + "  "
      + Self.filled(who(line), 24)
    if let path = line.path { text += "  " + shown(path, line.pathBytes) }
    if let new = line.newPath { text += " -> " + shown(new, line.newPathBytes) }
    if let bytes = line.bytes {
      text += style.faint("  \(Format.bytes(bytes)) by \(line.cause ?? "?")\(line.partial == true ? ", in part" : "")")
    }
    if line.failed == true { text += style.bad("  failed") }
    if line.denied == true { text += style.bad("  denied") }
    if let error = line.error { text += style.bad("  \(error)") }
    while text.last == " " { text.removeLast() }
    return text
  }

  private func operation(_ line: TraceLine) -> String {
    let name = (line.operation ?? "?").padding(to: 12)
    return line.kind == .hydration ? style.good(name) : name
  }

  private func shown(_ text: String, _ bytes: String?) -> String {
    let path = Display.safe(PathText.path(text, bytes))
    return style.name(path.isEmpty ? "/" : path)
  }

  /// The process, and who leads its session where that is somebody else.
  private func who(_ line: TraceLine) -> String {
    let process = "\(Display.safe(line.command ?? "?"))[\(line.pid ?? 0)]"
    guard let leader = line.sessionCommand, line.sessionPid != line.pid else { return process }
    return "\(process) (\(Display.safe(leader)))"
  }

  private static func filled(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - Display.width(text)))
  }

  /// The time of day here, to microseconds.
  static func clock(_ nanoseconds: Int64) -> String {
    var (seconds, parts) = (time_t(nanoseconds / 1_000_000_000), tm())
    localtime_r(&seconds, &parts)
    let digits = { (value: Int32) in String(value).padding(left: 2, with: "0") }
    let fraction = String(nanoseconds % 1_000_000_000 / 1000).padding(left: 6, with: "0")
    return "\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec)).\(fraction)"
  }
}
