internal import Control
internal import Glibc
internal import Posix

/// `projfs stats --watch`: shows statistics until a signal comes or the view goes.
struct StatsWatch {
  private let view: ViewLocator.Found
  private let command: StatsCommand

  init(_ view: ViewLocator.Found, _ command: StatsCommand) {
    self.view = view
    self.command = command
  }

  func run() throws {
    // The first answer, or failure, before anything is done to the terminal.
    let first = try command.report(of: view)
    let signals = try SignalQueue.forCommand(Screen.signals)
    if !command.json, Terminal.isTerminal(STDOUT_FILENO) {
      try redraw(first, signals)
    } else {
      try append(first, signals)
    }
  }

  /// Redraws a screen of its own.
  private func redraw(_ first: StatsReport, _ signals: borrowing SignalQueue) throws {
    let style = TextStyle.standardOutput
    var stats = first
    let screen = Screen()
    screen.enter()
    let ending: ViewEnding? = try {
      defer { screen.leave() }
      while true {
        screen.draw(StatsText(stats, command.sections, style).lines)
        switch pause(signals, screen) {
        case .ended: return nil
        case .redraw: continue
        case .over: break
        }
        guard let next = try nextReport() else { return ViewEnding(of: view) }
        stats = next
      }
    }()
    // What was shown last stays.
    try StatsCommand.write(StatsText(stats, command.sections, style).text + "\n")
    try ending?.report()
  }

  /// Prints one report after the other.
  private func append(_ first: StatsReport, _ signals: borrowing SignalQueue) throws {
    var stats = first
    while true {
      if command.json {
        try StatsCommand.write(String(decoding: try JSON.encode(stats), as: UTF8.self) + "\n")
      } else {
        try StatsCommand.write(StatsText(stats, command.sections).text + "\n\n")
      }
      waiting: while true {
        switch pause(signals, nil) {
        case .ended: return
        case .redraw: continue waiting
        case .over: break waiting
        }
      }
      guard let next = try nextReport() else { return try ViewEnding(of: view).report() }
      stats = next
    }
  }

  /// nil where the view has gone.
  private func nextReport() throws(CommandFailure) -> StatsReport? {
    do throws(CommandFailure) {
      return try command.report(of: view)
    } catch {
      if error.status == .notRunning { return nil }
      throw error
    }
  }

  private enum Pause {
    case over
    case redraw
    case ended
  }

  /// Waits for the next time, or for a signal.
  private func pause(_ signals: borrowing SignalQueue, _ screen: Screen?) -> Pause {
    var descriptors = [pollfd(fd: signals.rawValue, events: Int16(POLLIN), revents: 0)]
    guard poll(&descriptors, 1, CInt((command.interval ?? 2) * 1000)) > 0, let signal = signals.next() else {
      return .over
    }
    switch signal {
    case SIGWINCH: return .redraw
    case SIGTSTP:
      if let screen { screen.suspend(signals) } else { signals.stop() }
      return .redraw
    case SIGCONT:
      screen?.enter()
      return .redraw
    default: return .ended
    }
  }
}

/// What became of a view that a command was following.
struct ViewEnding {
  private let view: ViewLocator.Found
  private let isDead: Bool

  /// A view whose server answers no more.
  init(of view: ViewLocator.Found) {
    self.view = view
    isDead = MountTable.view(at: view.mountpoint) != nil
  }

  /// Says it on standard error: an unmount is the end of the command, a server that went away is a failure.
  func report() throws(CommandFailure) {
    if isDead {
      throw CommandFailure(
        .notRunning, "the server of '\(view.mountpoint)' has gone; 'projfs doctor --fix' clears the dead mount")
    }
    printError("the view at '\(view.mountpoint)' was unmounted")
  }
}
