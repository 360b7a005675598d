import GitScript
import Posix
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
    let report = try test.run(Self.pair)
    if test.steps >= ScriptTest.stepsForEverything { #expect(report.missing == []) }
    for step in report.steps { #expect(try Step(parsing: step.description) == step) }
    // Most of what is tried succeeds, and much of it is git: a script of errors alone would find nothing.
    let commands = report.commands.values
    let tries = commands.reduce(0) { $0 + $1.tries }
    #expect(tries * 2 > test.steps)
    #expect(commands.reduce(0) { $0 + $1.successes } * 10 > tries * 7, "\(report.commands)")
  }

  /// A way to be wrong, from some step on.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Spoils something in the subject after a step, if it is the right one.
    let spoil: @Sendable (ScriptPlace, Step) throws -> Void

    init(_ name: String, _ spoil: @escaping @Sendable (ScriptPlace, Step) throws -> Void) {
      testDescription = name
      self.spoil = spoil
    }
  }

  static let faults = [
    Fault("a checkout corrupts a file") { place, step in
      guard case .git(let command) = step, command.subcommand == "checkout" else { return }
      try run("truncate", "-s", "-1", place.tree + "/bin/tool")
    },
    Fault("a commit flips a mode") { place, step in
      guard case .git(let command) = step, command.subcommand == "commit" else { return }
      try run("chmod", "755", place.tree + "/README.md")
    },
    Fault("a mode that git does not know is lost") { place, step in
      guard case .edit(.append) = step else { return }
      try run("chmod", "600", place.tree + "/.gitignore")
    },
    Fault("a rename leaves the old name") { place, step in
      guard case .edit(.rename(let old, _)) = step else { return }
      try run("touch", "\(place.tree)/\(old)")
    },
    Fault("an empty directory is not removed") { place, step in
      guard case .git(let command) = step, command.subcommand == "reset" else { return }
      try run("mkdir", "-p", place.tree + "/left/over")
    },
    Fault("git looks at something old") { place, step in
      guard case .git(let command) = step, command.subcommand == "add" else { return }
      try run("git", "-C", place.tree, "update-index", "--assume-unchanged", "README.md", "big.txt")
      try run("truncate", "-s", "0", place.tree + "/big.txt")
    },
    Fault("a reference is lost") { place, step in
      guard case .git(let command) = step, command.subcommand == "status" else { return }
      try run("git", "-C", place.repository, "update-ref", "-d", "refs/tags/v1.0")
    },
  ]

  /// What fails does so because the script has removed what was to be spoiled.
  private static func run(_ arguments: String...) throws {
    _ = try Subprocess.run(arguments)
  }

  @Test("Found", arguments: faults)
  func found(fault: Fault) throws {
    let test = ScriptTest(seed: 1, steps: 200, shrinkingTime: .seconds(120))
    let failure = #expect(throws: ScriptTest.Failure.self) {
      try test.run {
        var pair = try Self.pair()
        pair.sabotage = { place, step, _ in try fault.spoil(place, step) }
        return pair
      }
    }
    #expect((failure?.steps.count ?? .max) <= 3, "\(failure as Any)")
  }

  @Test("A line that is no step is refused")
  func textForm() throws {
    let odd = Step.git(
      GitCommand(["a b", "", "<", "%", "git", "\u{e4}\n"], environment: ["A=b c"], input: "", output: "p q"))
    #expect(try Step(parsing: odd.description) == odd)
    #expect(try Step.parse("# nothing\n\n\(odd)\ntouch a%20b\n") == [odd, .edit(.touch("a b"))])
    for line in ["fly a", "write a", "truncate a b", "mode a 9", "disturb it", "git a <", "git %2", "x git a"] {
      #expect(throws: Step.ParsingFailure.self) { _ = try Step(parsing: line) }
    }
  }
}
