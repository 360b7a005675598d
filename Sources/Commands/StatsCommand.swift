internal import ArgumentParser
internal import Control

/// `projfs stats`.
struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show how much of a view is hydrated, by whom, and what the kernel asked for.",
    discussion: """
      Without MOUNTPOINT it is the view that the working directory lies in.

      Example:
        projfs stats /tmp/view --json
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      guard let stats = try ViewLocator.ask(.stats, of: view).stats else {
        throw CommandFailure(.inputOutput, "the server of '\(view.mountpoint)' gave no statistics")
      }
      if json { try printJSON(stats) } else { print(StatsText(stats).text) }
    }
  }
}

/// Statistics as people read them.
struct StatsText {
  private let stats: StatsReport

  init(_ stats: StatsReport) {
    self.stats = stats
  }

  var text: String {
    [files, hydration, passthrough, requests, processes, rest].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private var files: String {
    let files = stats.files
    let rows = [
      ("virtual", files.virtual, ""), ("placeholder", files.placeholder, ""),
      ("hydrated", files.hydrated, Format.bytes(stats.bytes.hydrated)), ("full", files.full, ""),
      ("tombstone", files.tombstone, ""), ("total", files.total, stats.bytes.total.map(Format.bytes) ?? "unknown"),
    ]
    let lines = rows.map { name, count, bytes in
      "  " + name.padding(to: 14) + Format.count(count).padding(left: 12)
        + Format.percent(count, of: files.total).padding(left: 9) + bytes.padding(left: 14)
    }
    // Not of the provider's, so no part of the total; the bytes are those of all of the user's contents.
    let new = "  " + "new".padding(to: 14) + Format.count(files.new).padding(left: 12)
    let size = Format.bytes(stats.bytes.full).padding(left: 23) + " in full and new files"
    return (["files"] + lines + [new + size]).joined(separator: "\n")
  }

  private var hydration: String {
    let hydration = stats.hydration
    let latency = hydration.latencyUs
    return """
      hydration
        fetched       \(Format.count(hydration.count).padding(left: 12))  \(Format.bytes(hydration.bytes))
        failed        \(Format.count(hydration.failures).padding(left: 12))
        shared        \(Format.count(hydration.shared).padding(left: 12))
        in flight     \(Format.count(hydration.inFlight).padding(left: 12))
        latency         median \(Format.microseconds(latency.p50)), 90% \(Format.microseconds(latency.p90)), \
      99% \(Format.microseconds(latency.p99)), slowest \(Format.microseconds(latency.max))
      """
  }

  private var passthrough: String {
    """
    opens
      passthrough   \(Format.count(stats.passthrough.opens).padding(left: 12))
      served        \(Format.count(stats.passthrough.fallbackOpens).padding(left: 12))
      backing files \(Format.count(stats.passthrough.activeBackingIds).padding(left: 12))
    """
  }

  private var requests: String {
    guard !stats.requests.isEmpty else { return "" }
    let rows = stats.requests.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
    return "requests".padding(to: 16) + "count".padding(left: 12) + "errors".padding(left: 9)
      + "median".padding(left: 12) + "99%".padding(left: 12) + "\n"
      + rows.map { name, request in
        "  " + name.padding(to: 14) + Format.count(request.count).padding(left: 12)
          + Format.count(request.errors).padding(left: 9)
          + Format.microseconds(request.p50Us).padding(left: 12)
          + Format.microseconds(request.p99Us).padding(left: 12)
      }.joined(separator: "\n")
  }

  private var processes: String {
    guard !stats.processes.isEmpty else { return "" }
    return "hydrated for\n"
      + stats.processes.prefix(10).map { process in
        "  " + "\(process.command) (\(process.pid))".padding(to: 26)
          + Format.count(process.hydrations).padding(left: 9) + Format.bytes(process.bytes).padding(left: 14)
      }.joined(separator: "\n")
  }

  private var rest: String {
    """
    content store   \(Format.count(stats.contentStore.files).padding(left: 12))  \(Format.bytes(stats.contentStore.bytes))
    inodes known    \(Format.count(stats.inodes.known).padding(left: 12))
    server memory   \(Format.bytes(stats.memoryBytes).padding(left: 12))
    """
  }
}
