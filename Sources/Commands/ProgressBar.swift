internal import Control
internal import Glibc
internal import Posix

/// One line on a terminal that says how far a prefetch has come; nothing where there is no terminal.
struct ProgressBar {
  private let isShown = isatty(STDERR_FILENO) == 1
  private let started = ContinuousClock.now

  /// Begins. Where it is interrupted, what is asked next is asked on a line of its own.
  init() {
    guard isShown else { return }
    signal(SIGINT) { number in
      // Only what a signal's handler may call (signal-safety(7)).
      _ = write(STDERR_FILENO, "\n", 1)
      _exit(128 + number)
    }
  }

  /// Shows it.
  func show(_ report: PrefetchReport) {
    guard isShown else { return }
    print("\r\u{1b}[K" + Self.line(report, after: started.duration(to: .now)))
  }

  /// Takes it away.
  func end() {
    if isShown { print("\r\u{1b}[K") }
  }

  /// Files, bytes, how many bytes a second, and how long it may take still.
  static func line(_ report: PrefetchReport, after time: Duration) -> String {
    guard report.total > 0 else { return "looking for files" }
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    let over = report.files + report.failed
    var line = "\(Format.percent(over, of: report.total)) \(Format.count(over)) of \(Format.count(report.total)) files"
    line += ", \(Format.bytes(report.bytes))"
    guard seconds > 0, report.fetched > 0 else { return line }
    line += ", \(Format.bytes(Int64(Double(report.bytes) / seconds)))/s"
    let left = Double(report.total - over) * seconds / Double(report.fetched)
    return line + ", \(Format.duration(left)) left"
  }

  private func print(_ text: String) {
    // A terminal that has gone shows nothing.
    try? FileCalls.writeAll(STDERR_FILENO, Array(text.utf8))
  }
}
