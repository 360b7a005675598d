internal import FileSystemModel
internal import TestSupport

/// A random script for a pair of places, and a short one that fails where that one does.
package struct ScriptTest: Sendable {
  /// Chooses the script.
  package var seed: UInt64
  /// How long it is, without the disturbances.
  package var steps: Int
  /// One step in so many is behind a disturbance, by kind; none where it is missing.
  package var disturbances: [Step.Disturbance: Int]
  /// How long to look for a shorter script.
  package var shrinkingTime: Duration
  /// Whether the whole tree is read after each step, which leaves nothing of a projection unread.
  package var looksEverywhere = true

  /// A test.
  package init(
    seed: UInt64, steps: Int, disturbances: [Step.Disturbance: Int] = [:], shrinkingTime: Duration = .seconds(60)
  ) {
    self.seed = seed
    self.steps = steps
    self.disturbances = disturbances
    self.shrinkingTime = shrinkingTime
  }

  /// How long a script is that has every scenario in it, whatever its seed.
  package static let stepsForEverything = 500

  /// A script that shows a difference.
  package struct Failure: Error, CustomStringConvertible {
    package let seed: UInt64
    /// At which step it first failed, and how.
    package let original: String
    /// How the short script fails.
    package let reason: String
    /// The short script; its lines are what a file of regressions contains.
    package let steps: [Step]

    package var description: String {
      """
      seed \(seed), \(original)
      \(steps.count) steps are enough for: \(reason)
      \(steps.map(\.description).joined(separator: "\n"))
      """
    }
  }

  /// What was tried by a script that showed no difference.
  package struct Report: Sendable {
    package var steps: [Step] = []
    /// How many git commands of a kind ended with 0, and how many there were.
    package var commands: [String: (successes: Int, tries: Int)] = [:]
    /// The scenarios that have not come up.
    package var missing: [String] = []
  }

  /// Runs the test on the pair that `makePair` makes, and others that it makes while looking for a shorter script.
  @discardableResult
  package func run(_ makePair: () throws -> ScriptPair) throws -> Report {
    var performed: [Step] = []
    var generator = ScriptGenerator(seed: seed)
    var random = SeededRandom(seed: ~seed)
    var pair = try makePair()
    pair.looksEverywhere = looksEverywhere
    var commands: [String: (successes: Int, tries: Int)] = [:]
    do throws(ScriptMismatch) {
      let run = try ScriptRun(pair)
      for _ in 0..<steps {
        for disturbance in Step.Disturbance.allCases {
          guard let rarity = disturbances[disturbance], rarity > 0,
            Int.random(in: 0..<rarity, using: &random) == 0
          else { continue }
          performed.append(.disturb(disturbance))
          try run.perform(.disturb(disturbance))
        }
        let step = generator.next(run.state)
        performed.append(step)
        try run.perform(step)
      }
      try run.finish()
      commands = run.commands
    } catch {
      throw shorten(performed, error, makePair)
    }
    let missing = Scenario.all.map(\.name).filter { !generator.drawn.contains($0) }
    return Report(steps: performed, commands: commands, missing: missing)
  }

  private func shorten(
    _ performed: [Step], _ mismatch: ScriptMismatch, _ makePair: () throws -> ScriptPair
  ) -> Failure {
    let shrinker = Shrinker(time: shrinkingTime)
    let result = shrinker.shrink(performed, failing: (performed.count, mismatch.description)) { steps in
      guard var pair = try? makePair() else { return nil }
      pair.looksEverywhere = looksEverywhere
      return Self.replay(steps, on: pair)
    }
    return Failure(
      seed: seed, original: "step \(performed.count): \(mismatch.description)", reason: result.reason,
      steps: result.sequence)
  }

  /// Performs a fixed script; tells after how many steps the places differ, and how, if they do.
  package static func replay(_ steps: [Step], on pair: ScriptPair) -> (count: Int, reason: String)? {
    var count = 0
    do throws(ScriptMismatch) {
      let run = try ScriptRun(pair)
      for step in steps {
        count += 1
        try run.perform(step)
      }
      try run.finish()
      return nil
    } catch {
      return (count, error.description)
    }
  }
}
