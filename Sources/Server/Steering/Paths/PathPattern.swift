internal import GitProvider

/// What a pathspec has from its first special sign on, ready to be matched as git does it (wildmatch.c).
///
/// Matching follows all ways through the pattern at once, so it takes no longer than both lengths multiplied.
struct PathPattern: Sendable {
  private enum Token: Sendable {
    case literal(UInt8)
    case oneOf(ByteSet, isNegated: Bool)
    /// Any byte; `slash` says whether a slash as well.
    case any(slash: Bool)
    /// Any number of bytes.
    case star(slash: Bool)
    /// Before the two tokens of `**` and a slash, which may both be left out.
    case optionalDirectories
    /// Nothing: the pattern has an error.
    case never
  }

  private let tokens: [Token]
  private let stopsAtSlash: Bool
  private let ignoresCase: Bool

  /// Reads a pattern. With `stopsAtSlash`, only `**` goes over slashes.
  init(_ pattern: [UInt8], stopsAtSlash: Bool, ignoresCase: Bool) {
    self.stopsAtSlash = stopsAtSlash
    self.ignoresCase = ignoresCase
    tokens = Self.tokens(pattern, stopsAtSlash: stopsAtSlash, ignoresCase: ignoresCase)
  }

  /// Whether a byte is not only itself in a pattern.
  static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\\")
  }

  static func hasDoubleStar(_ text: [UInt8]) -> Bool {
    zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "*") && $1 == UInt8(ascii: "*") }
  }

  /// ASCII letters in lower case; anything else as it is.
  static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// Whether all of a text is like the pattern.
  func matches(_ text: ArraySlice<UInt8>) -> Bool {
    var now = [Bool](repeating: false, count: tokens.count + 1)
    now[0] = true
    var next = now
    for byte in text {
      next.withUnsafeMutableBufferPointer { $0.update(repeating: false) }
      advance(&now, over: byte, to: &next)
      swap(&now, &next)
    }
    next.withUnsafeMutableBufferPointer { $0.update(repeating: false) }
    advance(&now, over: nil, to: &next)
    return now[tokens.count]
  }

  /// Follows every token by one byte, or, without one, those that need none.
  private func advance(_ now: inout [Bool], over byte: UInt8?, to next: inout [Bool]) {
    let byte = ignoresCase ? byte.map(Self.lower) : byte
    let isSlash = byte == UInt8(ascii: "/")
    for (place, token) in tokens.enumerated() where now[place] {
      switch token {
      case .literal(let wanted):
        if wanted == byte { next[place + 1] = true }
      case .oneOf(let set, let isNegated):
        if let byte, !(isSlash && stopsAtSlash), contains(set, isNegated, byte) { next[place + 1] = true }
      case .any(let slash):
        if byte != nil, slash || !isSlash { next[place + 1] = true }
      case .star(let slash):
        now[place + 1] = true
        if byte != nil, slash || !isSlash { next[place] = true }
      case .optionalDirectories:
        now[place + 1] = true
        now[place + 3] = true
      case .never: break
      }
    }
  }

  /// Without case a bracket has a letter if it has it in either case; a negated one, if it excludes neither.
  private func contains(_ set: ByteSet, _ isNegated: Bool, _ byte: UInt8) -> Bool {
    let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    guard ignoresCase, isLetter else { return set.contains(byte) }
    let (lower, upper) = (set.contains(byte), set.contains(byte & ~0x20))
    return isNegated ? lower && upper : lower || upper
  }

  private static func tokens(_ pattern: [UInt8], stopsAtSlash: Bool, ignoresCase: Bool) -> [Token] {
    let (slash, star, backslash) = (UInt8(ascii: "/"), UInt8(ascii: "*"), UInt8(ascii: "\\"))
    var tokens: [Token] = []
    var place = 0
    while place < pattern.count {
      let (byte, begin) = (pattern[place], place)
      place += 1
      switch byte {
      case UInt8(ascii: "?"): tokens.append(.any(slash: !stopsAtSlash))
      case backslash:
        guard place < pattern.count else { return [.never] }
        tokens.append(.literal(ignoresCase ? lower(pattern[place]) : pattern[place]))
        place += 1
      case UInt8(ascii: "["):
        guard let (set, end) = ByteSet.bracket(pattern, from: place) else { return [.never] }
        let isNegated = pattern[place] == UInt8(ascii: "!") || pattern[place] == UInt8(ascii: "^")
        tokens.append(.oneOf(set, isNegated: isNegated))
        place = end
      case star:
        while place < pattern.count, pattern[place] == star { place += 1 }
        let after = pattern[place...]
        // Two stars mean directories only between slashes; what follows a literal beginning counts as a beginning.
        let stands = begin == 0 || pattern[begin - 1] == slash
        let isDouble =
          place - begin > 1 && stands
          && (after.isEmpty || after.first == slash || after.starts(with: [backslash, slash]))
        if stopsAtSlash, isDouble {
          if after.first == slash { tokens.append(.optionalDirectories) }
          tokens.append(.star(slash: true))
        } else {
          tokens.append(.star(slash: !stopsAtSlash))
        }
      default: tokens.append(.literal(ignoresCase ? lower(byte) : byte))
      }
    }
    return tokens
  }
}
