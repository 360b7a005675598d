/// A random sequence of operations on a pair of trees, and a short one that fails where that one does.
package struct ModelTest: Sendable {
  /// Chooses the sequence.
  package var seed: UInt64
  /// How long it is, without the disturbances.
  package var operations: Int
  /// How often each of the disturbances happens in it.
  package var disturbances: [Operation.Disturbance: Int]
  /// Whether the sequence may change owners.
  package var changesOwners: Bool
  /// How long to look for a shorter sequence.
  package var shrinkingTime: Duration = .seconds(60)

  /// A test.
  package init(
    seed: UInt64, operations: Int, disturbances: [Operation.Disturbance: Int] = [:], changesOwners: Bool
  ) {
    self.seed = seed
    self.operations = operations
    self.disturbances = disturbances
    self.changesOwners = changesOwners
  }

  /// A sequence that shows a difference.
  package struct Failure: Error, CustomStringConvertible {
    package let seed: UInt64
    /// How it first failed.
    package let original: String
    /// How the short sequence fails.
    package let reason: String
    /// The short sequence; its lines are what a file of regressions contains.
    package let operations: [Operation]

    package var description: String {
      """
      seed \(seed): \(original)
      \(operations.count) operations are enough for: \(reason)
      \(operations.map(\.description).joined(separator: "\n"))
      """
    }
  }

  /// Runs the test on the pair that `makePair` makes, and others that it makes while looking for a shorter sequence.
  package func run(_ makePair: () throws -> TreePair) throws {
    let pair = try makePair()
    var generator = Generator(seed: seed, pair: pair, changesOwners: changesOwners)
    var disturbances = DisturbanceSchedule(seed: seed, operations: operations, disturbances)
    var performed: [Operation] = []
    do throws(Mismatch) {
      let run = try ModelRun(pair, pace: pace)
      for index in 0..<operations {
        for disturbance in disturbances.take(at: index) {
          performed.append(.disturb(disturbance))
          generator.note(.disturb(disturbance), try run.perform(.disturb(disturbance)))
        }
        let operation = generator.next()
        performed.append(operation)
        generator.note(operation, try run.perform(operation))
      }
      try run.finish()
    } catch {
      throw shorten(performed, error, makePair)
    }
  }

  /// Every second seed looks at everything first.
  private var pace: ModelRun.Pace { ModelRun.Pace(looksFirst: seed % 2 == 0) }

  private func shorten(_ performed: [Operation], _ error: Mismatch, _ makePair: () throws -> TreePair) -> Failure {
    let shrinker = Shrinker(time: shrinkingTime)
    let result = shrinker.shrink(performed, failing: (performed.count, error.description)) { operations in
      guard let pair = try? makePair() else { return nil }
      return Self.replay(operations, on: pair, pace: pace)
    }
    return Failure(seed: seed, original: error.description, reason: result.reason, operations: result.sequence)
  }

  /// Performs a fixed sequence; tells after how many operations the trees differ, and how, if they do.
  package static func replay(
    _ operations: [Operation], on pair: TreePair, pace: ModelRun.Pace = ModelRun.Pace()
  ) -> (count: Int, reason: String)? {
    var count = 0
    do throws(Mismatch) {
      let run = try ModelRun(pair, pace: pace)
      for operation in operations {
        count += 1
        try run.perform(operation)
      }
      try run.finish()
      return nil
    } catch {
      return (count, error.description)
    }
  }
}
