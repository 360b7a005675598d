import FileSystemModel
import Glibc
import TestSupport
import Testing

/// How long the model test runs: short in `make test`, and as long as the environment says.
enum ModelSettings {
  /// Operations of all seeds together, for each engine: `PROJFS_MODEL_OPERATIONS`.
  static let operations = number("PROJFS_MODEL_OPERATIONS") ?? 3000
  /// Actions of the data test on each file: as many, but fewer by default.
  static let actions = number("PROJFS_MODEL_OPERATIONS") ?? 1000
  /// How many seeds share them: `PROJFS_MODEL_SEEDS`.
  static let seeds = max(1, number("PROJFS_MODEL_SEEDS") ?? 2)
  /// The first seed: `PROJFS_MODEL_FIRST_SEED`; the others follow it. By default 1; long runs take another, so that each tries
  /// something new.
  static let firstSeed = UInt64(number("PROJFS_MODEL_FIRST_SEED") ?? 1)
  /// How often the view is unmounted and mounted again, in all seeds together: `PROJFS_MODEL_REMOUNTS`.
  static let remounts = number("PROJFS_MODEL_REMOUNTS") ?? 4
  /// How often the server is killed: `PROJFS_MODEL_KILLS`.
  static let kills = number("PROJFS_MODEL_KILLS") ?? 4
  /// How long a shorter sequence is looked for after a failure, in seconds: `PROJFS_MODEL_SHRINK`.
  static let shrinking = Duration.seconds(number("PROJFS_MODEL_SHRINK") ?? 60)

  /// A directory of any file system, to be compared with the native one: `PROJFS_MODEL_SUBJECT`. By default native, too.
  static let subject = getenv("PROJFS_MODEL_SUBJECT").map { String(cString: $0) }

  /// One test for each seed.
  static var tests: [ModelTest] {
    (0..<seeds).map { index in
      let share = { (total: Int) in (total + seeds - 1 - index) / seeds }
      var test = ModelTest(
        seed: firstSeed + UInt64(index), operations: share(operations),
        disturbances: [.remount: share(remounts), .kill: share(kills), .dropCaches: share(remounts)],
        changesOwners: Availability.root)
      test.shrinkingTime = shrinking
      return test
    }
  }

  private static func number(_ variable: String) -> Int? {
    getenv(variable).flatMap { Int(String(cString: $0)) }
  }
}

extension ModelTest: CustomTestStringConvertible {
  package var testDescription: String { "seed \(seed), \(operations) operations" }
}
