/// Takes a line apart, word by word. What is not what it should be reads as nil.
struct WordReader {
  /// The first word.
  private(set) var verb: Substring = ""
  private var words: ArraySlice<Substring>

  init(_ line: String) {
    words = line.split(separator: " ")[...]
  }

  /// Whether every word was taken.
  var isAtEnd: Bool { words.isEmpty }

  mutating func word() -> Substring? {
    let word = words.popFirst()
    if verb.isEmpty, let word { verb = word }
    return word
  }

  mutating func number() -> Int? { words.popFirst().flatMap { Int($0) } }

  mutating func octal() -> UInt32? { words.popFirst().flatMap { UInt32($0, radix: 8) } }

  mutating func path() -> EntryPath? { words.popFirst().flatMap { EntryPath(parsing: $0) } }

  mutating func slot() -> Int? {
    guard let word = words.popFirst(), word.hasPrefix("@") else { return nil }
    return Int(word.dropFirst())
  }

  mutating func target() -> Operation.Target? {
    guard let word = words.popFirst() else { return nil }
    switch word.first {
    case "@": return Int(word.dropFirst()).map { .slot($0) }
    case "=": return EntryPath(parsing: word.dropFirst()).map { .entry($0) }
    default: return EntryPath(parsing: word).map { .path($0) }
    }
  }

  mutating func fill() -> Fill? {
    guard let parts = words.popFirst()?.split(separator: "x"), parts.count == 2, let seed = UInt8(parts[0]),
      let count = Int(parts[1])
    else { return nil }
    return Fill(seed: seed, count: count)
  }

  mutating func time() -> Operation.TimeSetting? {
    switch words.popFirst() {
    case "omit": .omit
    case "now": .now
    case let word: word.flatMap { Int64($0) }.map { .nanoseconds($0) }
    }
  }

  /// Whether a word is the one that means true.
  mutating func flag(_ name: String) -> Bool? { words.popFirst().map { $0 == name } }

  mutating func choice<Choice: RawRepresentable>(_ type: Choice.Type) -> Choice? where Choice.RawValue == String {
    words.popFirst().flatMap { Choice(rawValue: String($0)) }
  }
}
