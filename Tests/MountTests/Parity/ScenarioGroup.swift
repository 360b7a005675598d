import Testing

/// Scenarios about one kind of calls, as a script of the program `SystemCalls`.
///
/// Each begins with a `scenario NAME` line, in a directory of its own with the start tree in it. What its lines return
/// must not depend on the file system; what does, deviates, and stands in `Deviation.known`.
struct ScenarioGroup: Sendable, CustomTestStringConvertible {
  let name: String
  let script: String

  var testDescription: String { name }

  /// The names of the scenarios, in order.
  var scenarios: [String] {
    script.split(separator: "\n").filter { $0.hasPrefix("scenario ") }.map { String($0.dropFirst(9)) }
  }

  /// All groups; `scripts/parity` finds them by the files in `Groups`.
  static let all: [ScenarioGroup] = [
    ScenarioGroup(name: "rename", script: rename)
  ]
}
