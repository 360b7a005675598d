/// Compares what a scenario printed with what it printed natively, minding the deviations that are known.
enum Comparison {
  /// How many differences of a scenario are told: most of those that follow come of the first.
  private static let mostTold = 6

  /// A readable line for each call that returned something else than it should have.
  static func differences(
    from expected: ParityOutcome.Scenario, to actual: ParityOutcome.Scenario, of group: String, at place: Place
  ) -> [String] {
    let deviations = Deviation.known.filter {
      $0.group == group && $0.scenario == expected.name && $0.isExpected(at: place)
    }
    var differences: [String] = []
    for index in 0..<max(expected.lines.count, actual.lines.count) {
      let native = index < expected.lines.count ? expected.lines[index] : "(nothing)"
      let here = index < actual.lines.count ? actual.lines[index] : "(nothing)"
      let call = String(native.split(separator: " => ", omittingEmptySubsequences: false).first ?? "")
      let deviation = deviations.first { $0.call == call }
      let allowed = deviation.map { "\($0.call) => \($0.result)" } ?? native
      if here == native, deviation != nil {
        differences.append("  \(here), which was known to deviate")
      } else if here != allowed {
        differences.append("  \(here), but natively\(native.dropFirst(call.count))")
      }
      if let deviation, deviation.endsScenario { break }
    }
    let rest = differences.count - mostTold
    return differences.prefix(mostTold) + (rest > 0 ? ["  and \(rest) more"] : [])
  }
}
