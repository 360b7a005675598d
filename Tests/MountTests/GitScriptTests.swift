import FileSystemModel
import GitScript
import Posix
import TestSupport
import Testing

@Suite(
  "Unmodified git gives the same answers in a view as in an ordinary worktree",
  .enabled(if: Availability.fuse, "FUSE is not available"))
struct GitScriptTests {
  @Test(
    "A view that is mounted as a worktree", .enabled(if: ScriptView.isWorktree, "a mounted view has no .git"),
    arguments: WritableView.engines, ScriptSettings.viewTests)
  func worktree(engine: String, test: ScriptTest) throws {
    try test.run { try ScriptView.pair(engine: engine) }
  }

  @Test(
    "A view that was made a worktree by hand", .enabled(if: !ScriptView.isWorktree, "a mounted view has a .git"),
    arguments: WritableView.engines, ScriptSettings.viewTests)
  func linked(engine: String, test: ScriptTest) throws {
    try test.run { try ScriptView.pair(engine: engine) }
  }

  @Test("What once differed, and what is known to be hard", arguments: try ScriptRegression.all)
  func regressions(regression: ScriptRegression) throws {
    let steps = try regression.steps
    #expect(!steps.isEmpty)
    for engine in WritableView.engines {
      for looksEverywhere in [false, true] {
        var pair = try ScriptView.pair(engine: engine)
        pair.looksEverywhere = looksEverywhere
        let difference = ScriptTest.replay(steps, on: pair)
        #expect(difference == nil, "\(engine)")
      }
    }
  }
}

/// A mounted view beside an ordinary worktree of the same history.
enum ScriptView {
  private static let template = Result { try ScriptTemplate() }

  /// Whether a mounted view is a worktree of its repository.
  static let isWorktree: Bool = {
    guard Availability.fuse, let home = try? TemporaryDirectory(), let place = try? place("view", in: home),
      let view = try? mount(place, in: home, engine: "auto")
    else { return false }
    return withExtendedLifetime(view) { place.isWorktree }
  }()

  /// Fresh ones.
  static func pair(engine: String) throws -> ScriptPair {
    let home = try TemporaryDirectory()
    let reference = try place("reference", in: home)
    try reference.addWorktree()
    let subject = try place("candidate", in: home)
    let view = try mount(subject, in: home, engine: engine)
    if !subject.isWorktree { try subject.linkWorktree() }
    var pair = ScriptPair(reference: reference, subject: subject, resources: [view, home])
    pair.disturb = { disturbance in
      if let disturbance = Operation.Disturbance(rawValue: disturbance.rawValue) { try view.disturb(disturbance) }
    }
    return pair
  }

  private static func place(_ name: String, in home: TemporaryDirectory) throws -> ScriptPlace {
    try ScriptPlace(at: "\(home.path)/\(name)", copying: template.get())
  }

  private static func mount(_ place: ScriptPlace, in home: TemporaryDirectory, engine: String) throws -> MountedView {
    try MountedView(
      place.repository, in: home, at: String(place.tree.dropFirst(home.path.count + 1)),
      options: ["--rev", ScriptPlace.branch, "--engine", engine])
  }
}

/// A saved script: `Regressions/*.git`, one step a line.
struct ScriptRegression: CustomTestStringConvertible {
  let name: String
  private static let directory =
    "\(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))/Regressions"

  static var all: [ScriptRegression] {
    get throws {
      try FileCalls.names(directory).filter { $0.hasSuffix(".git") }.sorted().map { ScriptRegression(name: $0) }
    }
  }

  var steps: [Step] {
    get throws { try Step.parse(String(decoding: FileCalls.contents("\(Self.directory)/\(name)"), as: UTF8.self)) }
  }

  var testDescription: String { name }
}
