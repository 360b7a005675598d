/// The attributes that can have a say in a conversion, by small numbers, and what macros stand for.
///
/// Of all the attributes in a repository that is `text`, `crlf`, `eol`, `ident` and the macros that lead to one of
/// them: `diff`, `merge` and all the others are forgotten when a line is read.
struct AttributeNames: Sendable {
  /// An attribute, by its number, and what a line makes of it.
  struct Assignment: Sendable, Equatable {
    let number: Int
    let setting: AttributeSetting
  }

  /// The numbers that every table starts with.
  static let text = 0
  static let crlf = 1
  static let eol = 2
  static let ident = 3

  private var numbers: [[UInt8]: Int]
  /// What setting the attribute of a number sets as well.
  private(set) var expansions: [[Assignment]]
  /// Whether any line defined a macro that counts.
  let hasOwnMacros: Bool

  /// How many attributes there are.
  var count: Int { expansions.count }

  /// Takes the macros from these lines; of two with the same name the later one counts.
  init(macros lines: [AttributeLine]) {
    var definitions: [[UInt8]: [AttributeLine.State]] = [:]
    let binary = Array("binary".utf8)
    definitions[binary] = ["diff", "merge", "text"].map { AttributeLine.State(name: Array($0.utf8), setting: .unset) }
    for line in lines {
      if case .macro(let name) = line.subject { definitions[name] = line.states }
    }
    var numbers: [[UInt8]: Int] = [:]
    for (number, name) in ["text", "crlf", "eol", "ident"].enumerated() { numbers[Array(name.utf8)] = number }
    numbers[binary] = numbers.count
    // A macro counts if it leads to an attribute that counts: the macros that name it are looked at then.
    var users: [[UInt8]: [[UInt8]]] = [:]
    for (name, states) in definitions {
      for state in states { users[state.name, default: []].append(name) }
    }
    var waiting = Array(numbers.keys)
    while let counting = waiting.popLast() {
      for user in users[counting] ?? [] where numbers[user] == nil {
        numbers[user] = numbers.count
        waiting.append(user)
      }
    }
    self.numbers = numbers
    expansions = Array(repeating: [], count: numbers.count)
    hasOwnMacros = lines.contains { [numbers] line in
      if case .macro(let name) = line.subject { numbers[name] != nil } else { false }
    }
    for (name, number) in numbers { expansions[number] = assignments(definitions[name] ?? []) }
  }

  /// What of a line counts.
  func assignments(_ states: [AttributeLine.State]) -> [Assignment] {
    states.compactMap { state in
      numbers[state.name].map { Assignment(number: $0, setting: state.setting) }
    }
  }
}
