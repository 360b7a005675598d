/// A kind of what users do: some steps that belong together.
struct Scenario: Sendable {
  /// What it is called in a report of what was tried.
  let name: String
  /// How often it comes up, relative to the others.
  let weight: Int
  /// Makes up its steps.
  let make: @Sendable (inout ScriptGenerator) -> [Planned]

  init(_ name: String, _ weight: Int, _ make: @escaping @Sendable (inout ScriptGenerator) -> [Planned]) {
    self.name = name
    self.weight = weight
    self.make = make
  }

  static let all = edits + looks + index + stashes + places + branches + histories + surroundings
}

/// A step to come, or one that depends on how things stand when it is its turn.
enum Planned: Sendable {
  case step(Step)
  /// Something is done about each conflict, if there are any.
  case resolve
  /// What git is in the middle of comes to an end, if there is anything.
  case finish(Ending)

  /// How something comes to an end.
  enum Ending: Sendable {
    case proceed, abort, skip
  }

  static func edit(_ edit: Step.Edit) -> Planned { .step(.edit(edit)) }

  static func git(_ arguments: String...) -> Planned { .step(.git(GitCommand(arguments))) }
}
