import Control
import Glibc
import Posix
import TestSupport
import Testing

@Suite("The live view leaves a terminal as it was", .enabled(if: Availability.fuse, "FUSE is not available"))
struct TopTerminalTests {
  private static let (enter, leave) = ("\u{1b}[?1049h\u{1b}[?25l", "\u{1b}[?25h\u{1b}[?1049l")

  private let home: TemporaryDirectory
  private let view: MountedView

  init() throws {
    home = try TemporaryDirectory()
    view = try MountedView(try SampleRepository.make(at: home.path + "/repository").path, in: home)
  }

  private func top(columns: UInt16 = 80, rows: UInt16 = 24, setting: [String: String] = [:]) throws -> Pseudoterminal {
    try Pseudoterminal(
      [Projfs.executable, "top", view.path, "--interval", "0.2"], columns: columns, rows: rows,
      setting: ["XDG_STATE_HOME": "\(view.projfs.home)/state"].merging(setting) { $1 })
  }

  private func expectRestored(
    _ terminal: Pseudoterminal, _ rest: String, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(rest.contains(Self.leave), sourceLocation: location)
    #expect(terminal.isOrdinary, sourceLocation: location)
  }

  @Test("It shows requests and hydrations as they come, with the path and who, and ends with q")
  func content() throws {
    let programs = try NamedPrograms(in: home)
    let terminal = try top()
    try terminal.wait(for: Self.enter)
    #expect(try terminal.nextFrame().count == 24)
    #expect(!terminal.isOrdinary)
    try programs.run("reader-a", reading: (0..<3).map { "many/file-\($0)" }, of: view)
    var frame: [String] = []
    while !frame.contains(where: { $0.contains("many/file-2") }) { frame = try terminal.nextFrame() }
    #expect(
      frame.contains { $0.contains("LOOKUP") }
        && frame.contains { $0.contains("reader-a") && $0.contains("the-editor") })
    #expect(frame.allSatisfy { $0.count <= 80 })
    try terminal.send("q")
    let (code, rest) = try terminal.end()
    #expect(code == 0)
    expectRestored(terminal, rest)
  }

  @Test("Any signal that ends it restores the terminal", arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func signals(signal: CInt) throws {
    let terminal = try top()
    _ = try terminal.nextFrame()
    if signal == SIGINT { try terminal.send("\u{3}") } else { kill(terminal.process, signal) }
    let (code, rest) = try terminal.end()
    #expect(code == 0)
    expectRestored(terminal, rest)
  }

  @Test("When the view goes, it says so on the restored terminal", arguments: [false, true])
  func ending(isKilled: Bool) throws {
    let terminal = try top()
    _ = try terminal.nextFrame()
    if isKilled { try view.kill() } else { try view.projfs.succeed("unmount", view.path) }
    let (code, rest) = try terminal.end()
    #expect(code == (isKilled ? 75 : 0))
    expectRestored(terminal, rest)
    let said = try #require(rest.firstRange(of: Self.leave)).upperBound
    #expect(rest[said...].contains(isKilled ? "has gone" : "was unmounted"))
  }

  @Test("It works in a small terminal, and follows its size")
  func resizing() throws {
    let terminal = try top(columns: 20, rows: 5)
    let small = try terminal.nextFrame()
    #expect(small.count == 5 && small.allSatisfy { $0.count <= 20 })
    try terminal.resize(columns: 100, rows: 40)
    while try terminal.nextFrame().count != 40 {}
    try terminal.resize(columns: 1, rows: 1)
    while try terminal.nextFrame().count != 1 {}
    try terminal.send("q")
    expectRestored(terminal, try terminal.end().rest)
  }

  @Test("Ctrl-Z gives the terminal back, and fg takes it again")
  func suspending() throws {
    let shell = try Pseudoterminal(
      ["bash", "--norc", "--noprofile", "-i"],
      setting: ["XDG_STATE_HOME": "\(view.projfs.home)/state", "PS1": "ready> "])
    try shell.wait(for: "ready> ")
    try shell.send("\(Projfs.executable) top \(view.path) --interval 0.2\n")
    try shell.wait(for: Self.enter)
    _ = try shell.nextFrame()
    try shell.send("\u{1a}")
    let stopped = try shell.wait(for: "Stopped")
    #expect(stopped.contains(Self.leave))
    try shell.wait(for: "ready> ")
    try shell.send("fg\n")
    try shell.wait(for: Self.enter)
    _ = try shell.nextFrame()
    try shell.send("q")
    #expect(try shell.wait(for: "ready> ").contains(Self.leave))
    try shell.send("exit\n")
    _ = try shell.end()
  }

  @Test("Without a terminal it is refused as wrong usage, with what to use instead")
  func noTerminal() throws {
    let outcome = try view.projfs.run(["top", view.path])
    #expect(outcome.exitCode == 64 && outcome.errors.contains("--watch") && outcome.output.isEmpty)
  }

  @Test("NO_COLOR has no colours, and a terminal otherwise has some", arguments: [true, false])
  func colours(isForbidden: Bool) throws {
    let terminal = try top(setting: isForbidden ? ["NO_COLOR": "1"] : [:])
    try terminal.wait(for: "\u{1b}[H")
    let frame = try terminal.wait(for: "\u{1b}[J")
    #expect(frame.contains("\u{1b}[1m") == !isForbidden)
    try terminal.send("q")
    _ = try terminal.end()
  }

  @Test("Watching statistics on a terminal redraws, and leaves the last ones standing")
  func watching() throws {
    let terminal = try Pseudoterminal(
      [Projfs.executable, "stats", view.path, "--watch", "--interval", "0.2"],
      setting: ["XDG_STATE_HOME": "\(view.projfs.home)/state"])
    try terminal.wait(for: Self.enter)
    #expect(try terminal.nextFrame().count <= 24)
    _ = try terminal.nextFrame()
    try terminal.send("\u{3}")
    let (code, rest) = try terminal.end()
    #expect(code == 0)
    expectRestored(terminal, rest)
    let shown = try #require(rest.firstRange(of: Self.leave)).upperBound
    #expect(rest[shown...].contains("files hydrated"))
  }
}
