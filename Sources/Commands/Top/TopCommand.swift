internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix

/// `projfs top`.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show live what the kernel asks of a view, and who hydrates what.",
    discussion: """
      Fills the terminal until 'q' or Ctrl-C, or until the view is unmounted. Keys: s sorts processes, / filters, space
      pauses, h helps. For programs there are 'projfs trace --json' and 'projfs stats --watch --json'.

      Example:
        projfs top /tmp/view
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String?

  @Option(help: ArgumentHelp("How often it is brought up to date, in seconds.", valueName: "seconds"))
  var interval: Double = 1

  func validate() throws {
    if !(0.1...3600).contains(interval) { throw ValidationError("--interval is from 0.1 to 3600 seconds") }
  }

  func run() throws {
    try reportingFailure {
      guard Terminal.isTerminal(STDIN_FILENO), Terminal.isTerminal(STDOUT_FILENO) else {
        throw CommandFailure(.usage, "'projfs top' needs a terminal; 'projfs stats --watch' does without")
      }
      let view = try ViewLocator().view(mountpoint)
      var state = TopState()
      state.take(try TopFeed.report(of: view))
      let signals = try SignalQueue.forCommand(Screen.signals)
      let feed = try TopFeed(view)
      feed.start(every: interval)
      let ending = try TopLoop(view, feed, interval: interval).run(&state, signals)
      try ending?.report()
    }
  }
}

/// Shows what comes, and does what keys and signals say.
private struct TopLoop {
  private let view: ViewLocator.Found
  private let feed: TopFeed
  private let screen = Screen(readsKeys: true)
  private let style = TextStyle.standardOutput

  private let interval: Double

  init(_ view: ViewLocator.Found, _ feed: TopFeed, interval: Double) {
    self.view = view
    self.feed = feed
    self.interval = interval
  }

  /// Returns how the view ended, if that is why; nil where the user wanted to leave.
  func run(_ state: inout TopState, _ signals: borrowing SignalQueue) throws(CommandFailure) -> ViewEnding? {
    screen.enter()
    defer { screen.leave() }
    var lastNews = ContinuousClock.now
    while true {
      let (columns, rows) = screen.size
      screen.draw(TopScreen(state, style, columns: columns, rows: rows).lines)
      var descriptors = [signals.rawValue, feed.rawValue, STDIN_FILENO].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      // Once a second at least, to see that the server is silent.
      _ = poll(&descriptors, 3, 1000)
      if descriptors[0].revents != 0, let signal = signals.next() {
        switch signal {
        case SIGWINCH: break
        case SIGTSTP: screen.suspend(signals)
        case SIGCONT: screen.enter()
        default: return nil
        }
      }
      if descriptors[1].revents != 0 {
        for news in feed.take() {
          lastNews = .now
          switch news {
          case .report(let report): if !state.isPaused { state.take(report) }
          case .ended: return ViewEnding(of: view)
          case .failed(let failure): throw failure
          }
        }
      }
      state.silence = max(0, Int(lastNews.duration(to: .now).components.seconds) - Int(interval))
      if descriptors[2].revents != 0 {
        guard let keys = readKeys() else { return nil }
        for key in keys where !state.press(key) { return nil }
      }
    }
  }

  /// The keys that were pressed; nil where the terminal has gone.
  private func readKeys() -> [TopKey]? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return [] }
    return count > 0 ? TopKey.keys(in: Array(bytes[..<count])) : nil
  }
}
