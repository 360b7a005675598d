internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix

/// `projfs stats`.
struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show how much of a view is hydrated, by whom, and what the kernel asked for.",
    discussion: """
      Without MOUNTPOINT it is the view that the working directory lies in. --by-directory, --by-process and --backing show
      these parts alone, and add them to JSON. With --watch they are shown again every --interval seconds until Ctrl-C, or
      until the view is unmounted; with --json each time as one line.

      Example:
        projfs stats /tmp/view --json
        projfs stats /tmp/view --by-directory --watch
        projfs stats /tmp/view --prometheus
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print Prometheus' text format.")
  var prometheus = false

  @Flag(help: "Show in which directories something is hydrated.")
  var byDirectory = false

  @Flag(help: "Show for which processes contents were fetched.")
  var byProcess = false

  @Flag(help: "Show which files the kernel holds by itself, which lsof cannot.")
  var backing = false

  @Flag(help: "Show it again and again.")
  var watch = false

  @Option(help: ArgumentHelp("How often with --watch, in seconds; 2 by default.", valueName: "seconds"))
  var interval: Double?

  func validate() throws {
    if prometheus, json || watch || byDirectory || byProcess || backing {
      throw ValidationError("--prometheus prints all there is, once: no other option goes with it")
    }
    if let interval {
      if !watch { throw ValidationError("--interval is for --watch") }
      if !(0.1...86_400).contains(interval) { throw ValidationError("--interval is from 0.1 to 86400 seconds") }
    }
  }

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      if watch { return try StatsWatch(view, self).run() }
      let stats = try report(of: view)
      if json {
        try printJSON(stats)
      } else if prometheus {
        try Self.write(PrometheusText.text(stats))
      } else {
        try Self.write(StatsText(stats, sections, .standardOutput).text + "\n")
      }
    }
  }

  /// What is asked for.
  func report(of view: ViewLocator.Found) throws(CommandFailure) -> StatsReport {
    var question = StatsQuestion()
    question.directories = byDirectory
    question.backingFiles = backing
    return try Self.ask(question, of: view)
  }

  /// Asks a view for its report.
  static func ask(_ question: StatsQuestion, of view: ViewLocator.Found) throws(CommandFailure) -> StatsReport {
    var request = ControlRequest(.stats)
    request.stats = question
    return try ViewLocator.ask(for: \.stats, request, of: view)
  }

  /// The parts that were named.
  var sections: [StatsText.Section] {
    (byDirectory ? [.directories] : []) + (byProcess ? [.processes] : []) + (backing ? [.backingFiles] : [])
  }

  /// Prints a text as it is.
  static func write(_ text: String) throws(CommandFailure) {
    do {
      try FileCalls.writeAll(STDOUT_FILENO, Array(text.utf8))
    } catch {
      throw CommandFailure(.inputOutput, "standard output cannot be written to: \(error)")
    }
  }
}
