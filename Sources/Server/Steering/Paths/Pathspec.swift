/// One pathspec, as gitglossary(7) has them: with the magic words `top`, `literal`, `glob`, `icase` and `exclude`.
struct Pathspec: Sendable {
  /// Why a text is no pathspec that can be used here.
  struct Mistake: Error, Sendable {
    /// For people.
    let reason: String
  }

  /// Whether it takes paths away.
  let isExclusion: Bool
  /// As it is written, from the root.
  let text: [UInt8]

  private let ignoresCase: Bool
  /// How much of the text counts with its case: what is there because of the working directory.
  private let exactLength: Int
  /// What a match begins with.
  private let start: [UInt8]
  /// nil where the text has nothing that stands for anything else.
  private let pattern: PathPattern?
  /// With how many slashes a path can match; nil for any number.
  private let depth: Int?

  /// Reads a pathspec that is written at `prefix`, which ends with a slash unless it is empty; absolute paths begin at `top`.
  init(_ spec: String, at prefix: String, top: String) throws(Mistake) {
    var rest = spec[...]
    let magic = try Magic(&rest, of: spec)
    if spec.isEmpty { throw Mistake(reason: "an empty pathspec is none; '.' is the directory itself") }
    isExclusion = magic.isExclusion
    ignoresCase = magic.ignoresCase
    // As git has it: what begins at the top is taken as it is.
    let (text, exactLength) =
      magic.isTop ? (Array(rest.utf8), 0) : try Self.place(rest, of: spec, at: prefix, top: top)
    self.text = text
    self.exactLength = exactLength
    let special = text.dropFirst(exactLength).firstIndex(where: PathPattern.isSpecial)
    guard let special, !magic.isLiteral else {
      (start, pattern, depth) = (text, nil, nil)
      return
    }
    start = Array(text[..<special])
    pattern = PathPattern(Array(text[special...]), stopsAtSlash: magic.isGlob, ignoresCase: magic.ignoresCase)
    let slashes = text.count { $0 == UInt8(ascii: "/") }
    depth = magic.isGlob && !PathPattern.hasDoubleStar(text) ? slashes : nil
  }

  /// Whether a path matches: it is the text, lies below it, or is like the pattern.
  func matches(_ path: [UInt8]) -> Bool {
    if covers(path) { return true }
    guard let pattern, begins(path, with: start) else { return false }
    return pattern.matches(path[start.count...])
  }

  /// Whether a path is the text, or lies below it.
  func covers(_ path: [UInt8]) -> Bool {
    if text.isEmpty { return true }
    guard begins(path, with: text) else { return false }
    return path.count == text.count || text.last == UInt8(ascii: "/") || path[text.count] == UInt8(ascii: "/")
  }

  /// Whether something below a directory can match. May say so in vain.
  func mayMatch(below directory: [UInt8]) -> Bool {
    let above = directory.isEmpty ? [] : directory + [UInt8(ascii: "/")]
    if covers(directory) || begins(text, with: above) { return true }
    guard pattern != nil else { return false }
    if let depth, above.count(where: { $0 == UInt8(ascii: "/") }) > depth { return false }
    return begins(start, with: above) || begins(above, with: start)
  }

  private func begins(_ path: [UInt8], with start: [UInt8]) -> Bool {
    guard path.count >= start.count else { return false }
    if !ignoresCase { return path.starts(with: start) }
    return start.indices.allSatisfy { place in
      let (left, right) = (path[place], start[place])
      return left == right || place >= exactLength && PathPattern.lower(left) == PathPattern.lower(right)
    }
  }

  /// The text from the root, without `.` and `..`, and how much of it is there because of the working directory.
  private static func place(
    _ rest: Substring, of spec: String, at prefix: String, top: String
  ) throws(Mistake) -> ([UInt8], Int) {
    var (names, written) = (prefix.split(separator: "/"), rest)
    if rest.hasPrefix("/") {
      guard rest == top || rest.hasPrefix(top + "/") else {
        throw Mistake(reason: "'\(spec)' lies outside of the view at '\(top)'")
      }
      (names, written) = ([], rest.dropFirst(top.count))
    }
    var kept = names.count
    for name in written.split(separator: "/") where name != "." {
      if name != ".." {
        names.append(name)
      } else if names.popLast() == nil {
        throw Mistake(reason: "'\(spec)' lies outside of the view at '\(top)'")
      }
      kept = min(kept, names.count)
    }
    var text = names.joined(separator: "/")
    // Behind a slash only a directory's contents are meant.
    if written.hasSuffix("/"), !text.isEmpty { text += "/" }
    let exact = names.prefix(kept).joined(separator: "/").utf8.count
    return (Array(text.utf8), exact)
  }
}

/// What stands in front of a pathspec.
private struct Magic {
  var isTop = false
  var isLiteral = false
  var isGlob = false
  var ignoresCase = false
  var isExclusion = false

  /// Takes it from a pathspec.
  init(_ rest: inout Substring, of spec: String) throws(Pathspec.Mistake) {
    guard rest.first == ":" else { return }
    rest.removeFirst()
    if rest.first == "(" {
      guard let end = rest.firstIndex(of: ")") else {
        throw Pathspec.Mistake(reason: "the magic of pathspec '\(spec)' has no ')'")
      }
      for word in rest[..<end].dropFirst().split(separator: ",") { try take(word, of: spec) }
      rest = rest[rest.index(after: end)...]
    } else {
      while let character = rest.first, character != ":", Self.isMagic(character) {
        switch character {
        case "/": isTop = true
        case "!", "^": isExclusion = true
        default:
          throw Pathspec.Mistake(reason: "pathspec '\(spec)' has the magic '\(character)', which git has not either")
        }
        rest.removeFirst()
      }
      if rest.first == ":" { rest.removeFirst() }
    }
    if isLiteral, isGlob {
      throw Pathspec.Mistake(reason: "pathspec '\(spec)': 'literal' and 'glob' exclude each other")
    }
  }

  private mutating func take(_ word: Substring, of spec: String) throws(Pathspec.Mistake) {
    switch word {
    case "top": isTop = true
    case "literal": isLiteral = true
    case "glob": isGlob = true
    case "icase": ignoresCase = true
    case "exclude": isExclusion = true
    default:
      let isAttribute = word == "attr" || word.hasPrefix("attr:")
      throw Pathspec.Mistake(
        reason:
          "pathspec '\(spec)' has the magic '\(word)', which \(isAttribute ? "is not supported here" : "is unknown")")
    }
  }

  /// What git takes for magic: signs that mean nothing in patterns or regular expressions, and the caret.
  private static func isMagic(_ character: Character) -> Bool {
    "!\"#%&',-/:;<=>@_`~^".contains(character)
  }
}
