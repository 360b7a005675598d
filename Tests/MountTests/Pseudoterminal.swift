import Glibc
import Posix
import SystemPackage
import TestSupport

/// A program on a pseudo-terminal of its own, which it leads the session of, and what it has written there.
final class Pseudoterminal {
  struct Silence: Error {
    let wanted: String
    let seen: String
  }

  let process: Int32
  private let master: OwnedDescriptor
  private let path: String
  private(set) var seen: [UInt8] = []

  /// Starts a program.
  init(_ arguments: [String], columns: UInt16 = 80, rows: UInt16 = 24, setting: [String: String] = [:]) throws {
    var (one, other) = (CInt(-1), CInt(-1))
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    var name = [CChar](repeating: 0, count: 128)
    guard openpty(&one, &other, &name, nil, &size) == 0 else { throw Errno.current }
    master = OwnedDescriptor(rawValue: one)
    let slave = OwnedDescriptor(rawValue: other)
    path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    _ = fcntl(one, F_SETFD, FD_CLOEXEC)
    process = try Subprocess.spawn(
      ["setsid", "-c"] + arguments, input: slave.rawValue, output: slave.rawValue, errors: slave.rawValue,
      isAlone: true,
      hiding: ["NO_COLOR"], setting: ["TERM": "xterm-256color"].merging(setting) { $1 })
  }

  deinit {
    kill(process, SIGKILL)
    var status: CInt = 0
    waitpid(process, &status, WNOHANG)
  }

  /// Types.
  func send(_ text: String) throws { try FileCalls.writeAll(master.rawValue, Array(text.utf8)) }

  /// Gives it another size.
  func resize(columns: Int, rows: Int) throws {
    _ = try Subprocess.run(["stty", "-F", path, "cols", "\(columns)", "rows", "\(rows)"])
  }

  /// Waits until what was written since the last call contains a text; returns everything up to then.
  @discardableResult
  func wait(for text: String) throws -> String {
    let wanted = Array(text.utf8)
    let deadline = ContinuousClock.now + patience
    while true {
      if let range = seen.firstRange(of: wanted) {
        defer { seen.removeSubrange(..<range.upperBound) }
        return String(decoding: seen[..<range.upperBound], as: UTF8.self)
      }
      guard ContinuousClock.now < deadline, try fill() else {
        throw Silence(wanted: text, seen: String(decoding: seen.suffix(2000), as: UTF8.self))
      }
    }
  }

  /// The lines of the next whole frame, without the sequences of a style.
  func nextFrame() throws -> [String] {
    try wait(for: "\u{1b}[H")
    let frame = try wait(for: "\u{1b}[J").replacing("\u{1b}[K", with: "")
    return frame.split(separator: "\n", omittingEmptySubsequences: false).map { Self.plain(String($0)) }
  }

  private static func plain(_ line: String) -> String {
    var (result, isSequence) = ("", false)
    for scalar in line.unicodeScalars {
      if scalar == "\u{1b}" { isSequence = true }
      if !isSequence { result.unicodeScalars.append(scalar) }
      if isSequence, scalar == "m" || scalar == "J" { isSequence = false }
    }
    return result
  }

  /// Waits for the end of the program; returns its exit code and everything that it wrote last.
  func end() throws -> (code: CInt, rest: String) {
    while try fill() {}
    return (try Subprocess.wait(for: process), String(decoding: seen, as: UTF8.self))
  }

  /// Whether the terminal collects lines and shows what is typed.
  var isOrdinary: Bool {
    var settings = termios()
    guard tcgetattr(master.rawValue, &settings) == 0 else { return false }
    let wanted = tcflag_t(ICANON | ECHO)
    return settings.c_lflag & wanted == wanted
  }

  /// Reads what has come; false at the end.
  private func fill() throws -> Bool {
    var waiting = pollfd(fd: master.rawValue, events: Int16(POLLIN), revents: 0)
    guard try FileCalls.retrying({ poll(&waiting, 1, 1000) }) > 0 else { return true }
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    // EIO is how Linux says that nobody has the other side open any more.
    let count = read(master.rawValue, &chunk, chunk.count)
    // The terminal adds these to line feeds.
    if count > 0 { seen += chunk[..<count].filter { $0 != UInt8(ascii: "\r") } }
    return count > 0
  }
}
