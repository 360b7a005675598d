import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// A provider whose fetch of the sixth of ten files does not end before it is cancelled (`held-program`), and what it says.
private final class HeldProvider {
  let view: MountedView
  private let notes: OwnedDescriptor

  init(in home: TemporaryDirectory) throws {
    let here = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)
    try FileCalls.retrying { [path = home.path + "/notes"] in mkfifo(path, 0o600) }
    // Both ways, so that neither opening it nor reading from it depends on whether the program runs.
    notes = try FileCalls.open(home.path + "/notes", O_RDWR)
    view = try MountedView(home.path, in: home, options: ["--provider", "exec:'\(here)/held-program'"])
  }

  /// What was fetched or cancelled next. Blocks until something is.
  func next() throws -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while try FileCalls.retrying({ read(notes.rawValue, &byte, 1) }) == 1, byte != UInt8(ascii: "\n") {
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }
}

@Suite("A prefetch is interrupted", .enabled(if: Availability.fuse, "FUSE is not available"))
struct InterruptedPrefetchTests {
  @Test(
    "Ctrl-C ends it here and in the server, what came stays, and only the rest is fetched later",
    arguments: [true, false])
  func interrupt(showsProgress: Bool) throws {
    let home = try TemporaryDirectory()
    let held = try HeldProvider(in: home)
    let view = held.view
    // Whoever runs the tests in the background may have told them to ignore the signal.
    let terminal = try Pseudoterminal(
      ["env", "--default-signal=INT", "sh", "-c", showsProgress ? "exec \"$@\"" : "exec \"$@\" 2>/dev/null", "sh"]
        + [Projfs.executable, "prefetch", "--all", "-C", view.path],
      setting: ["XDG_STATE_HOME": "\(view.projfs.home)/state"])
    for number in 0...5 { #expect(try held.next() == "f\(number)") }
    if showsProgress { try terminal.wait(for: "5 of 10 files") }
    try terminal.send("\u{3}")
    let (code, rest) = try terminal.end()
    #expect(code == 130 && terminal.isOrdinary)
    // What is asked next is asked on a line of its own.
    if showsProgress { #expect(rest.hasSuffix("\n"), "\(rest)") }
    #expect(try held.next() == "cancelled")
    try eventually("the fetch has ended") { try view.stats.hydration.inFlight == 0 }
    let stats = try view.stats
    #expect(stats.files.hydrated == 5 && stats.hydration.count == 5 && stats.hydration.failures == 0)
    #expect(try view.status.healthy)
    // The server goes on: what came is read from the store, and what did not is fetched.
    for number in [0, 4, 7] { #expect(try view.text("f\(number)") == String(repeating: "\(number)", count: 1000)) }
    #expect(try held.next() == "f7")
    let outcome = try view.projfs.run(["prefetch", "--all", "-C", view.path, "--json"])
    let report = try JSON.decode(PrefetchReport.self, from: outcome.output.utf8)
    #expect(outcome.exitCode == 0 && report.total == 10 && report.files == 10)
    #expect(report.fetched == 4 && report.bytes == 4000 && report.failed == 0)
    for number in [5, 6, 8, 9] { #expect(try held.next() == "f\(number)") }
    for number in 0..<10 { #expect(try view.text("f\(number)") == String(repeating: "\(number)", count: 1000)) }
    #expect(try view.stats.hydration.count == 10)
  }
}
