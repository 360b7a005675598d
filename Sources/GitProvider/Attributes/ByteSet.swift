/// Some of the 256 bytes: what a bracket in a pattern stands for.
package struct ByteSet: Sendable, Equatable {
  private var words: SIMD4<UInt64> = .zero

  /// Whether the byte is one of them.
  package func contains(_ byte: UInt8) -> Bool {
    words[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0
  }

  private mutating func insert(_ byte: UInt8) {
    words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
  }

  /// Reads a bracket expression whose `[` is right before `start`. Returns the place after its `]`, or nil where it has
  /// none or names a class that does not exist.
  package static func bracket(_ pattern: [UInt8], from start: Int) -> (set: ByteSet, end: Int)? {
    let close = UInt8(ascii: "]")
    var set = ByteSet()
    var place = start
    let isNegated = pattern[place...].first.map { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "^") } ?? false
    if isNegated { place += 1 }
    // What a range may start with; nil after a range and after a class.
    var previous: UInt8?
    var isFirst = true
    while true {
      guard place < pattern.count else { return nil }
      let byte = pattern[place]
      if byte == close, !isFirst { break }
      isFirst = false
      place += 1
      switch byte {
      case UInt8(ascii: "\\"):
        guard place < pattern.count else { return nil }
        set.insert(pattern[place])
        previous = pattern[place]
        place += 1
      case UInt8(ascii: "-") where previous != nil && place < pattern.count && pattern[place] != close:
        if pattern[place] == UInt8(ascii: "\\") { place += 1 }
        guard place < pattern.count, let lower = previous else { return nil }
        if lower <= pattern[place] { for member in lower...pattern[place] { set.insert(member) } }
        previous = nil
        place += 1
      case UInt8(ascii: "[") where place < pattern.count && pattern[place] == UInt8(ascii: ":"):
        guard let end = pattern[(place + 1)...].firstIndex(of: close) else { return nil }
        let name = pattern[(place + 1)..<end]
        guard name.last == UInt8(ascii: ":") else {
          // Not `[:name:]`: the bracket is a bracket, and reading goes on behind it.
          set.insert(byte)
          previous = byte
          continue
        }
        guard let isMember = classes.first(where: { $0.name.utf8.elementsEqual(name.dropLast()) })?.isMember else {
          return nil
        }
        for member in UInt8(0)...127 where isMember(member) { set.insert(member) }
        previous = nil
        place = end + 1
      default:
        set.insert(byte)
        previous = byte
      }
    }
    if isNegated { set.words = ~set.words }
    return (set, place + 1)
  }

  /// The classes as git defines them, whatever the locale.
  private static let classes: [(name: String, isMember: @Sendable (UInt8) -> Bool)] = [
    ("alnum", { isAlpha($0) || isDigit($0) }),
    ("alpha", { isAlpha($0) }),
    ("blank", { $0 == 32 || $0 == 9 }),
    ("cntrl", { $0 < 32 || $0 == 127 }),
    ("digit", { isDigit($0) }),
    ("graph", { $0 > 32 && $0 < 127 }),
    ("lower", { isLower($0) }),
    ("print", { $0 >= 32 && $0 < 127 }),
    ("punct", { $0 > 32 && $0 < 127 && !isAlpha($0) && !isDigit($0) }),
    // Without vertical tab and form feed.
    ("space", { $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }),
    ("upper", { isAlpha($0) && !isLower($0) }),
    ("xdigit", { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }),
  ]

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isAlpha(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }
}
