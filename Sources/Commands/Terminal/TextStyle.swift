internal import Glibc
internal import Posix

/// How text is set off: by colours, where somebody sees it.
struct TextStyle: Sendable {
  /// Whether escape sequences are written.
  let isColoured: Bool

  /// Without colours, unless told.
  init(isColoured: Bool = false) {
    self.isColoured = isColoured
  }

  /// For standard output: coloured on a terminal that can do it, unless NO_COLOR says otherwise (https://no-color.org).
  static var standardOutput: TextStyle {
    TextStyle(isColoured: Terminal.isTerminal(STDOUT_FILENO) && allowsColour)
  }

  /// Whether the environment allows colours.
  static var allowsColour: Bool {
    let none = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    let terminal = getenv("TERM").map { String(cString: $0) } ?? ""
    return !none && !terminal.isEmpty && terminal != "dumb"
  }

  func heading(_ text: String) -> String { set("1", text) }
  func faint(_ text: String) -> String { set("2", text) }
  func good(_ text: String) -> String { set("32", text) }
  func bad(_ text: String) -> String { set("31", text) }
  func marked(_ text: String) -> String { set("7", text) }
  func name(_ text: String) -> String { set("36", text) }

  private func set(_ code: String, _ text: String) -> String {
    isColoured && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
