internal import Control

/// How `projfs top` looks in so many columns and rows.
struct TopScreen {
  private let state: TopState
  private let style: TextStyle
  private let columns: Int
  private let rows: Int

  init(_ state: TopState, _ style: TextStyle, columns: Int, rows: Int) {
    self.state = state
    self.style = style
    self.columns = columns
    self.rows = rows
  }

  /// The lines: never more than there are rows.
  var lines: [String] {
    let head = header
    let foot = footer
    if rows <= head.count { return Array(head.prefix(max(0, rows))) }
    let room = rows - head.count - 1
    var body = state.showsHelp ? help : sections(room)
    body = Array(body.prefix(room))
    while body.count < room { body.append("") }
    return head + body + [foot]
  }

  private var header: [String] {
    let report = state.report
    let hydration = report.hydration
    var title = "projfs top  \(Display.safe(report.mountpoint))  up \(Format.duration(report.uptimeSeconds))"
    if state.isPaused { title += "  paused" }
    if state.silence > 1 { title += "  no answer for \(state.silence) s" }
    let requests = state.requests.reduce(0) { $0 + $1.perSecond }
    return [
      style.heading(Display.cut(title, columns)),
      Display.cut(
        "requests \(Self.rate(requests))/s  hydrations \(Self.rate(state.hydrationsPerSecond))/s  "
          + "\(Format.bytes(Int64(state.bytesPerSecond)))/s  in flight \(hydration.inFlight)", columns),
      Display.cut(
        "hydrated \(Format.count(hydration.count)) contents, \(Format.bytes(hydration.bytes))  "
          + "failed \(hydration.failures)  denied \(hydration.denied)  backing files "
          + "\(report.passthrough.activeBackingIds)  memory \(Format.bytes(report.memoryBytes))", columns),
    ]
  }

  private var footer: String {
    if let typing = state.typing { return Display.cut("filter: \(Display.safe(typing))_", columns) }
    let filter = state.filter.isEmpty ? "" : "  filter '\(Display.safe(state.filter))'"
    return style.marked(
      Display.fit("q quit  s sort (\(state.order.rawValue))  / filter  space pause  h help\(filter)", columns))
  }

  private var help: [String] {
    [
      "", "q      quit", "s      sort processes: by what they fetch now, by bytes, by contents, by name",
      "/      show only processes and hydrations that contain a text; Enter takes it", "Esc    no filter",
      "space  pause, and go on", "h      this help", "", "A hydration fetches a file's content into the content store.",
    ].map { Display.cut($0, columns) }
  }

  /// Requests, processes and hydrations. What one of them does not need, the others have.
  private func sections(_ room: Int) -> [String] {
    let tables = [requestLines, processLines, hydrationLines]
    var heights = [0, 0, 0]
    // An empty row between them, where that takes little.
    let isSpaced = room >= 16
    var left = isSpaced ? room - 2 : room
    // A row for each in turn, the heading first.
    while left > 0,
      let next = tables.indices.filter({ heights[$0] < tables[$0].count }).min(by: { heights[$0] < heights[$1] }
      )
    {
      heights[next] += 1
      left -= 1
    }
    return Array(zip(tables, heights).map { $0.prefix($1) }.joined(separator: isSpaced ? [""] : []))
  }

  private var requestLines: [String] {
    [style.heading(row(["REQUEST"], ["PER S", "COUNT", "ERRORS", "MEDIAN", "99%"]))]
      + state.requests.map { entry in
        row(
          [entry.name],
          [
            Self.rate(entry.perSecond), Format.count(entry.request.count), Format.count(entry.request.errors),
            Format.microseconds(entry.request.p50Us), Format.microseconds(entry.request.p99Us),
          ])
      }
  }

  private var processLines: [String] {
    [style.heading(row(["PROCESS", "SESSION OF"], ["CONTENTS", "BYTES", "PER S"]))]
      + state.shownProcesses.map { entry in
        let process = entry.process
        return row(
          [
            "\(Display.safe(process.command)) (\(process.pid))", process.sessionCommand.map { Display.safe($0) } ?? "-",
          ],
          [
            Format.count(process.hydrations), Format.bytes(process.bytes),
            "\(Format.bytes(Int64(entry.bytesPerSecond)))",
          ])
      }
  }

  private var hydrationLines: [String] {
    [style.heading(Display.cut("HYDRATION  BYTES       LATENCY   PROCESS          PATH", columns))]
      + state.shownHydrations.map { hydration in
        let path = hydration.path.map { Display.safe(PathText.path($0, hydration.pathBytes)) } ?? "?"
        let front =
          Display.fit(hydration.cause, 9) + Display.fit(Format.bytes(hydration.bytes).padding(left: 11), 11) + "  "
          + Display.fit(Format.microseconds(UInt64(max(0, hydration.latencyUs))).padding(left: 8), 8) + "  "
          + Display.fit(Display.safe(hydration.command), 15) + "  "
        let space = columns - Display.width(front)
        return space > 1 ? front + Display.cut(path, space, keepingEnd: true) : Display.cut(front, columns)
      }
  }

  /// Texts to the left, numbers in columns of twelve to the right.
  private func row(_ texts: [String], _ numbers: [String]) -> String {
    let width = 11
    var shown = numbers
    var space = columns - width * shown.count
    // Too narrow: the last numbers go.
    while space < 12, !shown.isEmpty {
      shown.removeLast()
      space += width
    }
    let each = max(0, space) / texts.count
    let text = texts.map { Display.fit(Display.cut($0, max(0, each - 1)), each) }.joined()
    return Display.cut(
      text + shown.map { Display.fit(Display.cut($0, width - 1).padding(left: width), width) }.joined(), columns)
  }

  /// A number of something in a second.
  private static func rate(_ value: Double) -> String {
    value >= 10 ? Format.count(Int64(value.rounded())) : Format.decimal(value)
  }
}
