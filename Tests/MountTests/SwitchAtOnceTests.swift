import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// What is asked of a view right after a switch, while the rest of it goes on in the background.
@Suite("A switch is done when the command returns", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SwitchAtOnceTests {
  @Test("Another switch, a status, and a directory that nobody knew", arguments: WritableView.engines)
  func again(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    for (round, name) in ["two", "one", "v1", "two", "one", "side", "one"].enumerated() {
      try moved.move(name)
      // Which of them meets the switch first differs.
      if round % 3 == 1 { #expect(try moved.git("status", "--porcelain") == "") }
      if round % 3 == 2 {
        let expected = try moved.repository.git("show", "\(name):directory/deep/kept")
        #expect(try moved.view.text("directory/deep/kept") == expected + "\n")
      }
    }
    try moved.expect(at: "one", branch: "one")
  }

  @Test("What changed is known", arguments: WritableView.engines)
  func changes(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    var request = ControlRequest(.changes)
    let state = try moved.view.stateDirectory
    request.token = try ControlClient.ask(request, of: state).changes?.token
    for name in ["two", "one"] {
      try moved.move(name)
      let changes = try #require(try ControlClient.ask(request, of: state).changes)
      #expect(changes.exact)
      let paths = changes.paths.map(\.path)
      for path in ["changed", "directory/deep/changed", "only-one", "only-two"] {
        #expect(paths.contains(path), "\(path) by the switch to \(name)")
      }
      #expect(!paths.contains("kept"))
      request.token = changes.token
    }
  }
}
