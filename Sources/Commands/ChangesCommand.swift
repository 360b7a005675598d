internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix

/// `projfs changes`.
struct ChangesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "changes",
    abstract: "Show which paths of a view changed since a moment.",
    discussion: """
      The first line is the token of the present moment, for the next question; the paths follow, those of directories
      with everything below them with a slash behind them. Without --since there is only the token. Ends with 1, and shows
      the token alone, where it cannot be said what changed: then anything may have.

      Example:
        projfs changes /tmp/view --since projfs:0123456789abcdef:42
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Option(help: ArgumentHelp("What an earlier call printed.", valueName: "token"))
  var since: String?

  @Flag(name: [.customShort("z")], help: "End each line with NUL in the place of a line feed.")
  var terminatesWithNull = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      let report = try ViewLocator.ask(for: \.changes, ControlRequest(.changes, token: since), of: view)
      if json {
        try printJSON(report)
      } else {
        let end = terminatesWithNull ? UInt8(0) : UInt8(ascii: "\n")
        var bytes = Array(report.token.utf8) + [end]
        for path in report.paths { bytes += path.rawPath + (path.subtree ? [UInt8(ascii: "/")] : []) + [end] }
        try FileCalls.writeAll(STDOUT_FILENO, bytes)
      }
      if since != nil, !report.exact { throw ExitCode(ExitStatus.found.rawValue) }
    }
  }
}
