internal import ArgumentParser
internal import Control

/// `projfs status`.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show a running view: engine, revision, health.",
    discussion: """
      Without MOUNTPOINT it is the view that the working directory lies in.

      Example:
        projfs status /tmp/view
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      let status = try ViewLocator.ask(for: \.status, ControlRequest(.status), of: view)
      if json { try printJSON(status) } else { print(Self.text(status)) }
    }
  }

  private static func text(_ status: StatusReport) -> String {
    var rows = [
      ("mountpoint", status.mountpoint), ("source", "\(status.source) (\(status.provider))"),
      ("revision", status.reference.map { "\(status.revision) (\($0))" } ?? status.revision),
      ("engine", "\(status.engine): \(status.engineReason)"), ("protocol", "FUSE \(status.protocol)"),
      ("server", "pid \(status.pid), up \(Format.duration(status.uptimeSeconds))"),
      ("access", status.readOnly ? "read-only" : "read and write"),
      ("health", status.healthy ? "good" : "not good"),
    ]
    rows += (status.remarks ?? []).map { ("remark", $0) } + status.problems.map { ("problem", $0) }
    return rows.map { $0.0.padding(to: 12) + $0.1 }.joined(separator: "\n")
  }
}
