/// The pattern of a line in an attributes file, ready to be matched.
///
/// Matching follows all possible ways through the pattern at once, so no pattern takes longer than its length times the
/// name's: patterns come from anybody's repository.
struct AttributePattern: Sendable {
  private enum Token: Sendable {
    case literal(UInt8)
    case oneOf(ByteSet)
    /// Any byte but a slash.
    case any
    /// Any number of bytes that are no slash.
    case star
    /// Any number of bytes.
    case starStar
    /// Before the two tokens of `**` and a slash, which may both be left out.
    case optionalDirectories
  }

  /// Whether the pattern is matched with the path from the directory of its file on; else with the last name alone.
  let matchesPath: Bool

  /// What a match starts with.
  private let prefix: [UInt8]
  /// What comes after the prefix.
  private let tokens: [Token]
  /// Where the tokens are a star and literals, these.
  private let suffix: [UInt8]?

  /// Nil where no file can match: a negative pattern, one for directories, one with an error inside.
  init?(_ bytes: [UInt8]) {
    let slash = UInt8(ascii: "/")
    // To git it is a C string.
    var pattern = bytes.prefix { $0 != 0 }
    guard let first = pattern.first, first != UInt8(ascii: "!"), pattern.last != slash else { return nil }
    matchesPath = pattern.contains(slash)
    if first == slash { pattern = pattern.dropFirst() }
    let literal = pattern.prefix { !Self.isSpecial($0) }
    prefix = Array(literal)
    guard let tokens = Self.tokens(Array(pattern[literal.endIndex...])) else { return nil }
    self.tokens = tokens
    suffix = Self.suffix(tokens)
  }

  /// Whether a name, or a path, matches.
  func matches(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count >= prefix.count, name.starts(with: prefix) else { return false }
    let rest = UnsafeRawBufferPointer(rebasing: name[prefix.count...])
    if tokens.isEmpty { return rest.isEmpty }
    if let suffix {
      guard rest.count >= suffix.count, rest.suffix(suffix.count).elementsEqual(suffix) else { return false }
      return !matchesPath || !rest.dropLast(suffix.count).contains(UInt8(ascii: "/"))
    }
    return withUnsafeTemporaryAllocation(of: Bool.self, capacity: 2 * (tokens.count + 1)) { memory in
      memory.initialize(repeating: false)
      return matches(
        rest, UnsafeMutableBufferPointer(rebasing: memory[...tokens.count]),
        UnsafeMutableBufferPointer(rebasing: memory[(tokens.count + 1)...]))
    }
  }

  /// Whether a path that starts with `directory`, which ends in a slash, may match. May say so in vain.
  func canMatch(below directory: some Collection<UInt8>) -> Bool {
    if tokens.isEmpty { return prefix.count > directory.count && prefix.starts(with: directory) }
    return zip(prefix, directory).allSatisfy { $0 == $1 }
  }

  /// `now[i]` says that what was read so far brings us before token i.
  private func matches(
    _ text: UnsafeRawBufferPointer, _ first: UnsafeMutableBufferPointer<Bool>,
    _ second: UnsafeMutableBufferPointer<Bool>
  ) -> Bool {
    var (now, next) = (first, second)
    now[0] = true
    for byte in text {
      next.update(repeating: false)
      advance(now, over: byte, to: next)
      swap(&now, &next)
    }
    next.update(repeating: false)
    advance(now, over: nil, to: next)
    return now[tokens.count]
  }

  /// Follows every token by one byte, or, without one, those that need none.
  private func advance(
    _ now: UnsafeMutableBufferPointer<Bool>, over byte: UInt8?, to next: UnsafeMutableBufferPointer<Bool>
  ) {
    let isSlash = byte == UInt8(ascii: "/")
    // Ways without a byte lead forward only, so one pass sees them all.
    for (place, token) in tokens.enumerated() where now[place] {
      switch token {
      case .literal(let wanted):
        if wanted == byte { next[place + 1] = true }
      case .oneOf(let set):
        if let byte, !isSlash, set.contains(byte) { next[place + 1] = true }
      case .any:
        if byte != nil, !isSlash { next[place + 1] = true }
      case .star:
        now[place + 1] = true
        if byte != nil, !isSlash { next[place] = true }
      case .starStar:
        now[place + 1] = true
        if byte != nil { next[place] = true }
      case .optionalDirectories:
        now[place + 1] = true
        now[place + 3] = true
      }
    }
  }

  // MARK: - Reading a pattern

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "\\")
  }

  /// Nil where the pattern has an error, and so never matches.
  private static func tokens(_ pattern: [UInt8]) -> [Token]? {
    let slash = UInt8(ascii: "/")
    var tokens: [Token] = []
    var place = 0
    while place < pattern.count {
      let byte = pattern[place]
      let start = place
      place += 1
      switch byte {
      case UInt8(ascii: "?"): tokens.append(.any)
      case UInt8(ascii: "\\"):
        guard place < pattern.count else { return nil }
        tokens.append(.literal(pattern[place]))
        place += 1
      case UInt8(ascii: "["):
        guard let (set, end) = ByteSet.bracket(pattern, from: place) else { return nil }
        tokens.append(.oneOf(set))
        place = end
      case UInt8(ascii: "*"):
        while place < pattern.count, pattern[place] == UInt8(ascii: "*") { place += 1 }
        let after = pattern[place...]
        // Two stars mean directories only between slashes. What follows a literal beginning counts as a beginning:
        // git matches the literal first and looks at the rest alone.
        let stands = start == 0 || pattern[start - 1] == slash
        guard place - start > 1, stands, after.isEmpty || after.first == slash || after.starts(with: [0x5c, slash])
        else {
          tokens.append(.star)
          continue
        }
        if after.first == slash { tokens.append(.optionalDirectories) }
        tokens.append(.starStar)
      default: tokens.append(.literal(byte))
      }
    }
    return tokens
  }

  private static func suffix(_ tokens: [Token]) -> [UInt8]? {
    guard case .star = tokens.first else { return nil }
    var suffix: [UInt8] = []
    for token in tokens.dropFirst() {
      guard case .literal(let byte) = token else { return nil }
      suffix.append(byte)
    }
    return suffix
  }
}
