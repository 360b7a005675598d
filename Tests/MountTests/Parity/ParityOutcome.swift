/// What all scenarios printed at one place.
struct ParityOutcome: Sendable {
  /// What one scenario printed: a line for each call.
  struct Scenario: Sendable {
    let name: String
    var lines: [String]
  }

  private var groups: [String: [Scenario]] = [:]

  /// Gives each group the scenarios that are its own.
  init(output: String) {
    var scenarios: [Scenario] = []
    for line in output.split(separator: "\n") {
      if line.hasPrefix("scenario ") {
        scenarios.append(Scenario(name: String(line.dropFirst(9)), lines: []))
      } else if !scenarios.isEmpty {
        scenarios[scenarios.count - 1].lines.append(String(line))
      }
    }
    for group in ScenarioGroup.all {
      let count = min(group.scenarios.count, scenarios.count)
      groups[group.name] = Array(scenarios.prefix(count))
      scenarios.removeFirst(count)
    }
  }

  subscript(group: ScenarioGroup) -> [Scenario] {
    groups[group.name, default: []]
  }
}
