internal import Glibc
internal import Posix
internal import SystemPackage

/// The alternate screen of the terminal at standard output, and with it what a full-screen program changes of a terminal.
///
/// Whoever enters it leaves it on every way out; `suspend` does both around a stop.
final class Screen {
  /// The signals that a full-screen program takes as they come, so that none of them ends it with the terminal changed.
  static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

  private static let enterSequence = "\u{1b}[?1049h\u{1b}[?25l"
  private static let leaveSequence = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

  private let readsKeys: Bool
  private var input: TerminalInput?

  /// A screen that is not entered yet. One that reads keys gets each at once, without its being shown.
  init(readsKeys: Bool = false) {
    self.readsKeys = readsKeys
  }

  /// Takes the terminal. Where it was taken already, it is put in order again: somebody else had it meanwhile.
  func enter() {
    if readsKeys { input = TerminalInput(STDIN_FILENO, over: input) }
    write(Self.enterSequence)
  }

  /// Gives the terminal back as it was.
  func leave() {
    write(Self.leaveSequence)
    input?.restore()
    input = nil
  }

  /// Stops as Ctrl-Z has programs stop, with the terminal given back meanwhile.
  func suspend(_ signals: borrowing SignalQueue) {
    leave()
    signals.stop()
    enter()
  }

  /// How many columns and rows there are.
  var size: (columns: Int, rows: Int) { Terminal.size(STDOUT_FILENO) ?? (80, 24) }

  /// Shows lines from the top, those that there is room for. They contain no control characters but those of a style.
  func draw(_ lines: [String]) {
    let (columns, rows) = size
    var frame = "\u{1b}[H"
    for (number, line) in lines.prefix(rows).enumerated() {
      if number > 0 { frame += "\r\n" }
      frame += Self.cut(line, columns) + "\u{1b}[K"
    }
    write(frame + "\u{1b}[0m\u{1b}[J")
  }

  private func write(_ text: String) {
    // A terminal that has gone needs no more.
    try? FileCalls.writeAll(STDOUT_FILENO, Array(text.utf8))
  }

  /// The first columns of a line; sequences of a style take none.
  static func cut(_ line: String, _ columns: Int) -> String {
    var (result, text) = (String.UnicodeScalarView(), String.UnicodeScalarView())
    var room = columns
    var isSequence = false
    func flush() {
      let fitting = Display.prefix(String(text), room)
      result.append(contentsOf: fitting.unicodeScalars)
      room -= Display.width(fitting)
      text = String.UnicodeScalarView()
    }
    for scalar in line.unicodeScalars {
      if isSequence {
        result.append(scalar)
        if scalar == "m" { isSequence = false }
      } else if scalar == "\u{1b}" {
        flush()
        isSequence = true
        result.append(scalar)
      } else {
        text.append(scalar)
      }
    }
    flush()
    return String(result)
  }
}

extension SignalQueue {
  /// The signals of a command that goes on until one of them comes.
  static func forCommand(_ signals: [CInt]) throws(CommandFailure) -> SignalQueue {
    do throws(Errno) {
      return try SignalQueue(signals)
    } catch {
      throw CommandFailure(.inputOutput, "signals cannot be waited for: \(error)")
    }
  }
}
