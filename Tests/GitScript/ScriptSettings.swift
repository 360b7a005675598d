internal import Glibc

/// How long scripts are: short in `make test`, and as long as the environment says.
package enum ScriptSettings {
  /// The steps of a script: `PROJFS_GIT_STEPS`.
  private static let steps = number("PROJFS_GIT_STEPS")
  /// How many seeds there are: `PROJFS_GIT_SEEDS`.
  private static let seeds = number("PROJFS_GIT_SEEDS")
  /// The first seed, by default 1; the others follow it: `PROJFS_GIT_SEED`.
  private static let firstSeed = UInt64(number("PROJFS_GIT_SEED") ?? 1)
  /// One step in so many comes after a remount, and as many after the caches were dropped; 0 is never:
  /// `PROJFS_GIT_REMOUNTS`.
  private static let remounts = number("PROJFS_GIT_REMOUNTS") ?? 40
  /// One step in so many comes after the server was killed; by default none: `PROJFS_GIT_KILLS`.
  private static let kills = number("PROJFS_GIT_KILLS") ?? 0
  /// How long a shorter script is looked for after a failure, in seconds: `PROJFS_GIT_SHRINK`.
  private static let shrinking = number("PROJFS_GIT_SHRINK") ?? 60

  /// Scripts for two ordinary worktrees.
  package static var selfTests: [ScriptTest] { tests(seeds: seeds ?? 2, steps: steps ?? 60) }

  /// Scripts for a view. Every second one leaves most of the view alone, so that git meets what nobody has read.
  package static var viewTests: [ScriptTest] {
    tests(seeds: seeds ?? 1, steps: steps ?? 60).map { test in
      var test = test
      test.looksEverywhere = test.seed % 2 == 0
      test.disturbances = [.remount: remounts, .dropCaches: remounts, .kill: kills]
      return test
    }
  }

  private static func tests(seeds: Int, steps: Int) -> [ScriptTest] {
    (0..<max(1, seeds)).map { index in
      ScriptTest(seed: firstSeed + UInt64(index), steps: steps, shrinkingTime: .seconds(shrinking))
    }
  }

  private static func number(_ variable: String) -> Int? {
    getenv(variable).flatMap { Int(String(cString: $0)) }
  }
}

extension ScriptTest: CustomStringConvertible {
  package var description: String { "seed \(seed), \(steps) steps" }
}
