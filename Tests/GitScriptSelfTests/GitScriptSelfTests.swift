import GitScript
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("Scripts of git commands find a worktree that is wrong, and say so in few lines")
struct GitScriptSelfTests {
  private static let template = Result { try ScriptTemplate() }

  /// Two ordinary worktrees.
  private static func pair() throws -> ScriptPair {
    let home = try TemporaryDirectory()
    let template = try template.get()
    let places = try ["reference", "candidate"].map { name in
      let place = try ScriptPlace(at: "\(home.path)/\(name)", copying: template)
      try place.addWorktree()
      return place
    }
    return ScriptPair(reference: places[0], subject: places[1], resources: [home])
  }

  /// Finds what of the test itself is not the same every time.
  @Test("Two ordinary worktrees do not differ", arguments: ScriptSettings.selfTests)
  func ordinary(test: ScriptTest) throws {
    try test.run(Self.pair)
  }
}
