internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// `projfs report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page about a view: a map of the tree, latencies, who hydrated what.",
    discussion: """
      One HTML file that needs nothing else: no network, and no script but for the map. It takes the place of FILE when it
      is complete; '-' is standard output.

      Example:
        projfs report /tmp/view --output view.html
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Option(help: ArgumentHelp("Where the page goes.", valueName: "file"), completion: .file(extensions: ["html"]))
  var output: String

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output names a file, or '-' for standard output") }
  }

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      var question = StatsQuestion()
      question.map = true
      question.history = true
      let page = try ReportPage(StatsCommand.ask(question, of: view), time: Self.now()).html()
      if output == "-" { try StatsCommand.write(page) } else { try Self.write(Array(page.utf8), to: output) }
    }
  }

  /// Puts a file in the place of `path`: whoever looks sees the old one or the new one.
  private static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let draft = ".\(name.prefix(32)).\(getpid()).new"
    do throws(Errno) {
      if name.isEmpty { throw .isDirectory }
      let place = try FileCalls.open(directory, O_RDONLY | O_DIRECTORY)
      let file = try FileCalls.open(at: place.rawValue, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644)
      do throws(Errno) {
        try FileCalls.writeAll(file.rawValue, bytes)
        try file.close()
        try FileCalls.rename(at: place.rawValue, draft, to: name)
      } catch {
        try? FileCalls.remove(at: place.rawValue, draft)
        throw error
      }
    } catch {
      throw CommandFailure(.inputOutput, "'\(path)' cannot be written: \(error)")
    }
  }

  /// The day and the time here.
  private static func now() -> String {
    var (seconds, parts) = (time(nil), tm())
    localtime_r(&seconds, &parts)
    let digits = { (value: Int32) in String(value).padding(left: 2, with: "0") }
    return "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday)) "
      + "\(digits(parts.tm_hour)):\(digits(parts.tm_min))"
  }
}
