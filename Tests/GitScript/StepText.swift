/// The text form of a step: one line, read by people and by `init(parsing:)`.
///
/// Words are separated by spaces. In a word, bytes that are not plain are `%XX`; an empty word is `%`. A git command
/// reads as in a shell: variables before it, `< text` for its input, `> name` for where its output goes.
extension Step: CustomStringConvertible {
  package var description: String {
    switch self {
    case .edit(let edit): Self.words(edit).joined(separator: " ")
    case .git(let command): command.description
    case .disturb(let disturbance): "disturb \(disturbance.rawValue)"
    }
  }

  private static func words(_ edit: Edit) -> [String] {
    switch edit {
    case .write(let path, let text): ["write", encode(path), encode(text)]
    case .overwrite(let path, let offset, let text): ["overwrite", encode(path), "\(offset)", encode(text)]
    case .append(let path, let text): ["append", encode(path), encode(text)]
    case .truncate(let path, let size): ["truncate", encode(path), "\(size)"]
    case .line(let path, let number, let text): ["line", encode(path), "\(number)", encode(text)]
    case .lineInPlace(let path, let number, let text): ["line-in-place", encode(path), "\(number)", encode(text)]
    case .rewrite(let path): ["rewrite", encode(path)]
    case .restore(let path): ["restore", encode(path)]
    case .mode(let path, let mode): ["mode", encode(path), String(mode, radix: 8)]
    case .unlink(let path): ["unlink", encode(path)]
    case .remove(let path): ["remove", encode(path)]
    case .makeDirectory(let path): ["mkdir", encode(path)]
    case .rename(let old, let new): ["rename", encode(old), encode(new)]
    case .link(let target, let path): ["symlink", encode(target), encode(path)]
    case .touch(let path): ["touch", encode(path)]
    }
  }

  /// A line that is no step.
  package struct ParsingFailure: Error, CustomStringConvertible {
    package let line: String
    package var description: String { "not a step: \(line)" }
  }

  /// Reads lines; empty ones and what follows a `#` at the beginning of a line are left out.
  package static func parse(_ text: String) throws(ParsingFailure) -> [Step] {
    var steps: [Step] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      steps.append(try Step(parsing: String(line)))
    }
    return steps
  }

  /// Reads the text form.
  package init(parsing line: String) throws(ParsingFailure) {
    let words = line.split(separator: " ")
    guard let step = Self.read(words) else { throw ParsingFailure(line: line) }
    self = step
  }

  private static func read(_ words: [Substring]) -> Step? {
    guard let verb = words.first else { return nil }
    if verb == "disturb", words.count == 2 {
      return Disturbance(rawValue: String(words[1])).map { .disturb($0) }
    }
    if let command = GitCommand(words: words) { return .git(command) }
    var arguments: [String] = []
    for word in words.dropFirst() {
      guard let text = decode(word) else { return nil }
      arguments.append(text)
    }
    return readEdit(String(verb), arguments).map { .edit($0) }
  }

  private static func readEdit(_ verb: String, _ words: [String]) -> Edit? {
    switch (verb, words.count) {
    case ("write", 2): .write(words[0], words[1])
    case ("overwrite", 3): Int(words[1]).map { .overwrite(words[0], offset: $0, words[2]) }
    case ("append", 2): .append(words[0], words[1])
    case ("truncate", 2): Int(words[1]).map { .truncate(words[0], size: $0) }
    case ("line", 3): Int(words[1]).map { .line(words[0], $0, words[2]) }
    case ("line-in-place", 3): Int(words[1]).map { .lineInPlace(words[0], $0, words[2]) }
    case ("rewrite", 1): .rewrite(words[0])
    case ("restore", 1): .restore(words[0])
    case ("mode", 2): UInt32(words[1], radix: 8).map { .mode(words[0], $0) }
    case ("unlink", 1): .unlink(words[0])
    case ("remove", 1): .remove(words[0])
    case ("mkdir", 1): .makeDirectory(words[0])
    case ("rename", 2): .rename(words[0], words[1])
    case ("symlink", 2): .link(target: words[0], words[1])
    case ("touch", 1): .touch(words[0])
    default: nil
    }
  }
}

extension GitCommand: CustomStringConvertible {
  package var description: String {
    var words = environment.map { Step.encode($0) } + ["git"] + arguments.map { Step.encode($0) }
    if let input { words += ["<", Step.encode(input)] }
    if let output { words += [">", Step.encode(output)] }
    return words.joined(separator: " ")
  }

  /// Reads the words of the text form.
  init?(words: [Substring]) {
    guard let start = words.firstIndex(of: "git"), words[..<start].allSatisfy({ $0.contains("=") }) else { return nil }
    self.init([])
    environment = words[..<start].compactMap { Step.decode($0) }
    var rest = words[(start + 1)...]
    while let word = rest.popFirst() {
      switch word {
      case "<":
        guard let text = rest.popFirst().flatMap({ Step.decode($0) }) else { return nil }
        input = text
      case ">":
        guard let name = rest.popFirst().flatMap({ Step.decode($0) }) else { return nil }
        output = name
      default:
        guard let text = Step.decode(word) else { return nil }
        arguments.append(text)
      }
    }
  }
}

extension Step {
  /// A word of the text form.
  static func encode(_ text: String) -> String {
    if text.isEmpty { return "%" }
    // A word that stands for something else.
    if ["<", ">", "git"].contains(text) { return "%" + hexadecimal(text.utf8.first ?? 0) + text.dropFirst() }
    var word = ""
    for byte in text.utf8 {
      let isPlain = byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "%")
      // A line that begins with it is a comment.
      let isComment = word.isEmpty && byte == UInt8(ascii: "#")
      word += isPlain && !isComment ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
    }
    return word
  }

  /// What a word of the text form says; nil where it is none.
  static func decode(_ word: Substring) -> String? {
    if word == "%" { return "" }
    var bytes: [UInt8] = []
    var rest = Array(word.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    String(UInt16(byte) | 0x100, radix: 16, uppercase: true).dropFirst().description
  }
}
