internal import Control

/// Statistics as people read them.
struct StatsText {
  /// A part that can be asked for by itself.
  enum Section: Sendable {
    case directories
    case processes
    case backingFiles
  }

  private let stats: StatsReport
  private let sections: [Section]
  private let style: TextStyle

  /// The sections, or an overview where none is asked for.
  init(_ stats: StatsReport, _ sections: [Section] = [], _ style: TextStyle = TextStyle()) {
    self.stats = stats
    self.sections = sections
    self.style = style
  }

  var text: String { lines.joined(separator: "\n") }

  /// The lines.
  var lines: [String] {
    var parts = [[headline]]
    if sections.isEmpty {
      parts += [files, hydration, opens, requests, processes(limit: 10), rest]
    } else {
      for section in sections {
        switch section {
        case .directories: parts.append(DirectoryTreeText(stats.directories ?? [], style).lines)
        case .processes: parts.append(processes(limit: nil))
        case .backingFiles: parts.append(backingFiles)
        }
      }
    }
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  /// The same as all details, in one line.
  private var headline: String {
    let files = stats.files
    let bytes = stats.bytes.total.map {
      ", \(Format.bytes(stats.bytes.hydrated)) of \(Format.bytes($0)) (\(Format.percent(stats.bytes.hydrated, of: $0)))"
    }
    return style.heading(Display.safe(stats.mountpoint))
      + ": \(Format.count(files.hydrated)) of \(Format.count(files.total)) files hydrated "
      + "(\(Format.percent(files.hydrated, of: files.total)))\(bytes ?? "")"
  }

  private var files: [String] {
    let (files, bytes) = (stats.files, stats.bytes)
    var table = TextTable(style)
    table.heading("files", "count", "share", "bytes", "share")
    let row = { (name: String, count: Int, size: Int64?) in
      [
        "  " + name, Format.count(count), Format.percent(count, of: files.total), size.map(Format.bytes) ?? "",
        size.flatMap { size in bytes.total.map { Format.percent(size, of: $0) } } ?? "",
      ]
    }
    table.row(row("virtual", files.virtual, nil))
    table.row(row("placeholder", files.placeholder, nil))
    table.row(row("hydrated", files.hydrated, bytes.hydrated))
    table.row(row("full", files.full, nil))
    table.row(row("tombstone", files.tombstone, nil))
    table.row("  total", Format.count(files.total), "", bytes.total.map(Format.bytes) ?? "unknown")
    // Not of the provider's, so no part of the total; the bytes are those of all of the user's contents.
    table.row("  new", Format.count(files.new))
    table.row("  full and new", Format.count(files.full + files.new), "", Format.bytes(bytes.full))
    return table.lines
  }

  private var hydration: [String] {
    let hydration = stats.hydration
    var table = TextTable(style)
    table.heading("hydration", "contents", "bytes", "failed")
    for (cause, sum) in hydration.causes.sorted(by: { ($0.value.bytes, $1.key) > ($1.value.bytes, $0.key) }) {
      table.row("  by \(cause)", Format.count(sum.count), Format.bytes(sum.bytes), Format.count(sum.failures))
    }
    table.row(
      "  all", Format.count(hydration.count), Format.bytes(hydration.bytes), Format.count(hydration.failures))
    table.row("  shared", Format.count(hydration.shared))
    table.row("  denied", Format.count(hydration.denied))
    table.row("  in flight", Format.count(hydration.inFlight))
    let latency = hydration.latencyUs
    return table.lines + [
      "  latency: median \(Format.microseconds(latency.p50)), 90% \(Format.microseconds(latency.p90)), "
        + "99% \(Format.microseconds(latency.p99)), slowest \(Format.microseconds(latency.max))"
    ]
  }

  private var opens: [String] {
    let all = stats.passthrough.opens + stats.passthrough.fallbackOpens
    var table = TextTable(style)
    table.heading("opens", "count", "share")
    table.row(
      "  passthrough", Format.count(stats.passthrough.opens), Format.percent(stats.passthrough.opens, of: all))
    table.row(
      "  served by requests", Format.count(stats.passthrough.fallbackOpens),
      Format.percent(stats.passthrough.fallbackOpens, of: all))
    table.row("  backing files", Format.count(stats.passthrough.activeBackingIds))
    return table.lines
  }

  private var requests: [String] {
    guard !stats.requests.isEmpty else { return [] }
    var table = TextTable(style)
    table.heading("requests", "count", "errors", "median", "90%", "99%", "slowest")
    for (name, request) in stats.requests.sorted(by: { ($0.value.count, $1.key) > ($1.value.count, $0.key) }) {
      table.row(
        "  " + name, Format.count(request.count), Format.count(request.errors), Format.microseconds(request.p50Us),
        Format.microseconds(request.p90Us), Format.microseconds(request.p99Us), Format.microseconds(request.maxUs))
    }
    return table.lines
  }

  private func processes(limit: Int?) -> [String] {
    guard !stats.processes.isEmpty else {
      return limit == nil ? [style.heading("hydrated for"), "  nobody"] : []
    }
    var table = TextTable(style, leftColumns: 2)
    table.heading("hydrated for", "session of", "contents", "bytes", "share")
    let shown = stats.processes.prefix(limit ?? .max)
    for process in shown {
      let leader = process.sessionPid.map { "\(Display.safe(process.sessionCommand ?? "?")) (\($0))" }
      table.row(
        "  \(Display.safe(process.command)) (\(process.pid))", leader ?? "-", Format.count(process.hydrations),
        Format.bytes(process.bytes), Format.percent(process.bytes, of: stats.hydration.bytes))
    }
    var others = stats.otherProcesses
    for process in stats.processes.dropFirst(shown.count) {
      others.hydrations += process.hydrations
      others.bytes &+= process.bytes
    }
    if others.hydrations > 0 || others.bytes > 0 {
      table.row(
        "  others", "", Format.count(others.hydrations), Format.bytes(others.bytes),
        Format.percent(others.bytes, of: stats.hydration.bytes))
    }
    return table.lines
  }

  private var backingFiles: [String] {
    let files = stats.backingFiles ?? []
    guard !files.isEmpty else { return [style.heading("backing files"), "  the kernel holds none"] }
    var table = TextTable(style, leftColumns: 2)
    table.heading("backing files", "of", "opens")
    for file in files {
      table.row(
        "  " + (file.path.map { Display.safe(PathText.path($0, file.pathBytes)) } ?? "(removed)"), file.branch,
        file.opens == 0 ? "idle" : Format.count(file.opens),
        "   " + (file.file.map { Display.safe(PathText.path($0, file.fileBytes)) } ?? "(no name any more)"))
    }
    return table.lines
  }

  private var rest: [String] {
    var table = TextTable(style, leftColumns: 2)
    let store = stats.contentStore
    table.row("content store", "\(Format.count(store.files)) files, \(Format.bytes(store.bytes))")
    table.row("inodes known", Format.count(stats.inodes.known))
    table.row("server memory", Format.bytes(stats.memoryBytes))
    table.row("up", Format.duration(stats.uptimeSeconds))
    return table.lines
  }
}
