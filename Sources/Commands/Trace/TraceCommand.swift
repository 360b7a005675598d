internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// `projfs trace`.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Show what happens in a view as it happens: a line for each request and hydration.",
    discussion: """
      Goes on until Ctrl-C, or until the view is unmounted. What reads the lines never slows the view: lines that it is too
      slow for are lost, and how many is said at their place. Options that choose events may be repeated; of different ones
      all have to fit. OPERATION is a request's name in the kernel's header, such as OPEN, or HYDRATION. A relative PATH is
      taken from the working directory where that lies in the view, and otherwise from the view's root.

      Example:
        projfs trace /tmp/view --operation hydration
        projfs trace /tmp/view --path src --command rg --json
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print a line of JSON for each event.")
  var json = false

  @Option(help: "Only what concerns this path or something below it.", completion: .file())
  var path: [String] = []

  @Option(help: "Only what this process causes.")
  var pid: [UInt32] = []

  @Option(help: "Only what programs of this name cause, or programs in a session that one of this name leads.")
  var command: [String] = []

  @Option(help: "Only requests of this kind, or hydrations.", completion: .list(TraceQuestion.operations))
  var operation: [String] = []

  func validate() throws {
    for name in operation where !TraceQuestion.operations.contains(name.uppercased()) {
      throw ValidationError(
        "there is no operation '\(name)'; there are \(TraceQuestion.operations.joined(separator: ", "))")
    }
  }

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      var question = TraceQuestion()
      question.operations = operation.map { $0.uppercased() }
      question.pids = pid
      question.commands = command
      question.paths = try path.map { path throws(CommandFailure) in
        try ViewPath.inside(view, path).map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
      }
      let signals = try SignalQueue.forCommand([SIGINT, SIGTERM, SIGHUP])
      var followed = try ViewLocator.follow(question, of: view)
      let writer = PatientWriter(STDOUT_FILENO)
      let text = TraceText(.standardOutput)
      var hasEnded = false
      while !hasEnded, try writer.waits(for: followed.rawValue, unless: signals) {
        guard let lines = try Self.read(&followed, view) else { return try ViewEnding(of: view).report() }
        hasEnded = lines.last?.kind == .end
        let printed = try lines.compactMap {
          json ? String(decoding: try JSON.encode($0), as: UTF8.self) : text.text($0)
        }
        guard try writer.write(printed, unless: signals) else { return }
      }
      if hasEnded { printError("the view at '\(view.mountpoint)' was unmounted") }
    }
  }

  private static func read(
    _ followed: inout FollowedView, _ view: ViewLocator.Found
  ) throws(CommandFailure) -> [TraceLine]? {
    do {
      return try followed.read()
    } catch {
      throw CommandFailure(.inputOutput, "events of '\(view.mountpoint)' cannot be read: \(error)")
    }
  }
}

/// Writes lines to somebody who may read slowly, and is off at once when a signal comes.
struct PatientWriter {
  /// What a pipe takes without waiting once it takes anything (PIPE_BUF).
  private static let piece = 4096

  private let descriptor: CInt

  init(_ descriptor: CInt) {
    self.descriptor = descriptor
  }

  /// Waits until a descriptor can be read from; false where a signal came first.
  func waits(for input: CInt, unless signals: borrowing SignalQueue) throws(CommandFailure) -> Bool {
    try wait(input, POLLIN, signals)
  }

  /// Writes lines; false where a signal came first.
  func write(_ lines: [String], unless signals: borrowing SignalQueue) throws(CommandFailure) -> Bool {
    var rest = Array(lines.map { $0 + "\n" }.joined().utf8)[...]
    while !rest.isEmpty {
      guard try wait(descriptor, POLLOUT, signals) else { return false }
      do throws(Errno) {
        try FileCalls.writeAll(descriptor, Array(rest.prefix(Self.piece)))
      } catch {
        throw CommandFailure(.inputOutput, "standard output cannot be written to: \(error)")
      }
      rest = rest.dropFirst(Self.piece)
    }
    return true
  }

  private func wait(_ descriptor: CInt, _ event: CInt, _ signals: borrowing SignalQueue) throws(CommandFailure) -> Bool
  {
    var descriptors = [
      pollfd(fd: signals.rawValue, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(event), revents: 0),
    ]
    do throws(Errno) {
      _ = try FileCalls.retrying { poll(&descriptors, 2, -1) }
    } catch {
      throw CommandFailure(.inputOutput, "nothing can be waited for: \(error)")
    }
    return descriptors[0].revents == 0
  }
}

/// Paths as arguments, in a view.
enum ViewPath {
  /// The path from the view's root that an argument means, without a slash at either end.
  static func inside(_ view: ViewLocator.Found, _ argument: String) throws(CommandFailure) -> [UInt8] {
    let top = parts(view.mountpoint)
    let working = (try? FileCalls.linkTarget("/proc/self/cwd")).map(parts) ?? []
    var path = argument.hasPrefix("/") ? [] : working.starts(with: top) ? working : top
    for part in parts(argument) {
      switch part {
      case ".": continue
      case "..": _ = path.popLast()
      default: path.append(part)
      }
    }
    guard path.starts(with: top) else {
      throw CommandFailure(.usage, "'\(argument)' does not lie in the view at '\(view.mountpoint)'")
    }
    return Array(path.dropFirst(top.count).joined(separator: "/").utf8)
  }

  private static func parts(_ path: String) -> [Substring] { path.split(separator: "/") }
}
