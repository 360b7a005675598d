internal import Control

/// A view as one page that needs nothing else: no network, and for all but the map no script.
struct ReportPage {
  private static let (directoryRows, processRows, requestCharts) = (200, 50, 6)

  private let stats: StatsReport
  private let time: String

  /// A page with what a view said at `time`.
  init(_ stats: StatsReport, time: String) {
    self.stats = stats
    self.time = time
  }

  /// The page; throws where its data cannot be written down.
  func html() throws -> String {
    let name = HTML.text(Display.safe(stats.mountpoint))
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src \
      'unsafe-inline'; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <title>\(name) – projfs report</title>
      <style>\(ReportStyle.css)</style>
      </head>
      <body>
      <header><h1>\(name)</h1>
      <p>\(HTML.text(time)), up \(HTML.text(Format.duration(stats.uptimeSeconds)))</p></header>
      <main>
      \(tiles)
      \(section("map", "Where it is hydrated", try map))
      \(section("states", "Files by state", states))
      \(section("timeline", "When it was hydrated", timeline))
      \(section("processes", "Who hydrated it", processes))
      \(section("causes", "Why it was hydrated", causes))
      \(section("latencies", "How long it took", latencies))
      \(section("recent", "The last hydrations", recent))
      </main>
      <footer>projfs \(HTML.text(projfsVersion))</footer>
      <script>\(ReportScript.javaScript)</script>
      </body>
      </html>

      """
  }

  private func section(_ id: String, _ title: String, _ content: String) -> String {
    "<section id=\"\(id)\"><h2>\(HTML.text(title))</h2>\n\(content)</section>"
  }

  // MARK: - Numbers

  private var tiles: String {
    let (files, bytes, hydration) = (stats.files, stats.bytes, stats.hydration)
    let latency = hydration.latencyUs
    let tiles = [
      (
        "files hydrated", Format.percent(files.hydrated, of: files.total),
        "\(Format.count(files.hydrated)) of \(Format.count(files.total))"
      ),
      (
        "bytes hydrated", bytes.total.map { Format.percent(bytes.hydrated, of: $0) } ?? "–",
        "\(Format.bytes(bytes.hydrated)) of \(bytes.total.map(Format.bytes) ?? "unknown")"
      ),
      (
        "fetched since the mount", Format.count(hydration.count),
        "\(Format.bytes(hydration.bytes)), \(Format.count(hydration.failures)) failed"
      ),
      ("median latency", Format.microseconds(latency.p50), "99%: \(Format.microseconds(latency.p99))"),
    ]
    return "<div class=\"tiles\">"
      + tiles.map { name, value, detail in
        "<div><b>\(HTML.text(value))</b><span>\(HTML.text(name))</span><small>\(HTML.text(detail))</small></div>"
      }.joined(separator: "\n") + "</div>"
  }

  private var states: String {
    let (files, bytes) = (stats.files, stats.bytes)
    let rows: [(String, Int, String)] = [
      ("virtual", files.virtual, ""), ("placeholder", files.placeholder, ""),
      ("hydrated", files.hydrated, Format.bytes(bytes.hydrated)), ("full", files.full, ""),
      ("tombstone", files.tombstone, ""),
    ]
    let table = HTML.table(
      ["state", "files", "share", "bytes"],
      rows.map { name, count, size in
        [.text(name), .number(Format.count(count)), share(count, of: files.total), .number(size)]
      } + [
        [
          .text("total"), .number(Format.count(files.total)), .number(""),
          .number(bytes.total.map(Format.bytes) ?? "unknown"),
        ]
      ])
    return table
      + "<p class=\"note\">Beside them there are \(Format.count(files.new)) new files; full and new ones have "
      + "\(HTML.text(Format.bytes(bytes.full))).</p>\n"
  }

  private var causes: String {
    let causes = stats.hydration.causes.sorted { ($0.value.bytes, $1.key) > ($1.value.bytes, $0.key) }
    return HTML.table(
      ["cause", "contents", "bytes", "share", "failed"],
      causes.map { name, sum in
        [
          .text(name), .number(Format.count(sum.count)), .number(Format.bytes(sum.bytes)),
          share(sum.bytes, of: stats.hydration.bytes), .number(Format.count(sum.failures)),
        ]
      })
  }

  private var processes: String {
    var others = stats.otherProcesses
    for process in stats.processes.dropFirst(Self.processRows) {
      others.hydrations += process.hydrations
      others.bytes &+= process.bytes
    }
    var rows: [[HTML.Cell]] = stats.processes.prefix(Self.processRows).map { process in
      [
        .text("\(Display.safe(process.command)) (\(process.pid))"),
        .text(process.sessionPid.map { "\(Display.safe(process.sessionCommand ?? "?")) (\($0))" } ?? "–"),
        .number(Format.count(process.hydrations)), .number(Format.bytes(process.bytes)),
        share(process.bytes, of: stats.hydration.bytes),
      ]
    }
    if others.hydrations > 0 || others.bytes > 0 {
      rows.append([
        .text("others"), .text(""), .number(Format.count(others.hydrations)), .number(Format.bytes(others.bytes)),
        share(others.bytes, of: stats.hydration.bytes),
      ])
    }
    return HTML.table(["process", "session of", "contents", "bytes", "share"], rows)
  }

  private func share(_ part: some BinaryInteger, of whole: some BinaryInteger) -> HTML.Cell {
    .share(whole == 0 ? 0 : Double(part) / Double(whole), Format.percent(part, of: whole))
  }

  // MARK: - Time

  private var latencies: String {
    let hydration = stats.hydration
    let requests = stats.requests.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
    var charts =
      "<h3>hydrations</h3>\n" + ReportCharts.latencies(hydration.latencyPowersOfTwo, "Latencies of hydrations")
    for (name, request) in requests.filter({ !$0.value.powersOfTwo.isEmpty }).prefix(Self.requestCharts) {
      charts += "<h3>\(HTML.text(name))</h3>\n" + ReportCharts.latencies(request.powersOfTwo, "Latencies of \(name)")
    }
    let latency = hydration.latencyUs
    let first: [HTML.Cell] =
      [.text("hydration"), .number(Format.count(hydration.count)), .number(Format.count(hydration.failures))]
      + [latency.p50, latency.p90, latency.p99, latency.max].map { .number(Format.microseconds($0)) }
    let table = HTML.table(
      ["operation", "count", "errors", "median", "90%", "99%", "slowest"],
      [first]
        + requests.map { name, request in
          [.text(name), .number(Format.count(request.count)), .number(Format.count(request.errors))]
            + [request.p50Us, request.p90Us, request.p99Us, request.maxUs].map { .number(Format.microseconds($0)) }
        })
    return table + "<div class=\"charts\">\(charts)</div>"
  }

  private var timeline: String {
    guard let timeline = stats.timeline else { return "" }
    let rows: [[HTML.Cell]] = timeline.hydrations.indices.compactMap { index in
      let bytes = index < timeline.bytes.count ? timeline.bytes[index] : 0
      guard timeline.hydrations[index] > 0 || bytes > 0 else { return nil }
      return [
        .text(Format.duration(Double(Int64(index) &* timeline.spanSeconds))),
        .number(Format.count(timeline.hydrations[index])), .number(Format.bytes(bytes)),
      ]
    }
    return ReportCharts.timeline(timeline) + "<details><summary>As a table</summary>\n"
      + HTML.table(["after the mount", "contents", "bytes"], rows) + "</details>\n"
  }

  private var recent: String {
    HTML.table(
      ["at", "file", "bytes", "latency", "cause", "process"],
      (stats.recent ?? []).reversed().map { record in
        [
          .text(String(TraceText.clock(record.timeNs).prefix(8))),
          .text(record.path.map { Display.safe(PathText.path($0, record.pathBytes)) } ?? "–"),
          .number(Format.bytes(record.bytes)), .number(Format.microseconds(UInt64(max(0, record.latencyUs)))),
          .text(record.cause), .text("\(Display.safe(record.command)) (\(record.pid))"),
        ]
      })
  }

  // MARK: - The map

  private var map: String {
    get throws {
      let directories = stats.map ?? []
      let rows = directories.sorted { ($0.fetched.bytes, $0.files.hydrated) > ($1.fetched.bytes, $1.files.hydrated) }
        .prefix(Self.directoryRows)
      let table = HTML.table(
        ["directory", "hydrated", "files", "share", "hydrated", "bytes", "share", "fetched"],
        rows.map { directory in
          let (files, bytes) = (directory.files, directory.bytes)
          return [
            .text("/" + Display.safe(directory.rawPath)), .number(Format.count(files.hydrated)),
            .number(Format.count(files.total)), share(files.hydrated, of: files.total),
            .number(Format.bytes(bytes.hydrated)), .number(bytes.total.map(Format.bytes) ?? "unknown"),
            bytes.total.map { share(bytes.hydrated, of: $0) } ?? .number("–"),
            .number(Format.bytes(directory.fetched.bytes)),
          ]
        })
      let hidden = directories.count - rows.count
      let more = hidden > 0 ? "<p class=\"note\">and \(Format.count(hidden)) more, which the map shows</p>" : ""
      return """
        <div id="treemap" hidden><div id="tools"><nav id="trail" aria-label="Directory"></nav>\
        <label><input type="checkbox" id="by-files"> by number of files</label></div>
        <div id="boxes" role="group" aria-label="Map of the tree, by size and hydrated share"></div>
        <p class="legend"><i></i> not hydrated <i class="half"></i> half <i class="all"></i> hydrated</p></div>
        <script type="application/json" id="tree">\(try data(directories))</script>
        <details\(directories.count > 30 ? "" : " open")><summary>As a table</summary>
        \(table)\(more)</details>

        """
    }
  }

  private struct Box: Encodable {
    let depth: Int
    let name: String
    let files: Int
    let bytes: Int64?
    let hydratedFiles: Int
    let hydratedBytes: Int64
  }

  /// The directories as JSON that may stand in a script element: nothing in it can end that, or begin another.
  private func data(_ directories: [StatsReport.Directory]) throws -> String {
    let boxes = directories.map { directory in
      Box(
        depth: directory.depth,
        name: Display.safe(directory.rawPath.split(separator: UInt8(ascii: "/")).last ?? []),
        files: directory.files.total,
        bytes: directory.bytes.total, hydratedFiles: directory.files.hydrated, hydratedBytes: directory.bytes.hydrated)
    }
    return String(decoding: try JSON.encode(boxes), as: UTF8.self).replacing("&", with: "\\u0026")
      .replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
  }
}
