/// What a line of an attributes file makes of one attribute, as far as conversions can tell values apart.
enum AttributeSetting: UInt8, Sendable {
  /// No line said anything yet.
  case undecided
  /// `!name`: as if no line had named it.
  case unspecified
  /// `name`
  case set
  /// `-name`
  case unset
  /// `name=lf`
  case lf
  /// `name=crlf`
  case crlf
  /// `name=auto`
  case auto
  /// `name=input`
  case input
  /// `name=` and anything else
  case other

  /// What `name=value` means.
  init(value: some Sequence<UInt8>) {
    let named: [(StaticString, AttributeSetting)] = [("lf", .lf), ("crlf", .crlf), ("auto", .auto), ("input", .input)]
    let bytes = Array(value)
    self = named.first { $0.0.withUTF8Buffer { $0.elementsEqual(bytes) } }?.1 ?? .other
  }
}

/// One line of an attributes file (gitattributes(5)): what it applies to, and what it says.
struct AttributeLine: Sendable, Equatable {
  /// What a line applies to.
  enum Subject: Sendable, Equatable {
    /// Files that match a pattern.
    case pattern([UInt8])
    /// `[attr]name`: whoever sets `name` sets all of these.
    case macro([UInt8])
  }

  /// One attribute and its value.
  struct State: Sendable, Equatable {
    let name: [UInt8]
    let setting: AttributeSetting
  }

  let subject: Subject
  let states: [State]
}

/// Reads attributes files as git does, down to which lines it ignores.
enum AttributeFile {
  /// Larger files are ignored.
  static let maximumSize = 100 << 20

  /// Longer lines are ignored.
  static let maximumLineLength = 2047

  /// The lines of a file in a tree. git reads it as one C string: a NUL ends it.
  static func lines(inTree bytes: some RandomAccessCollection<UInt8>) -> [AttributeLine] {
    bytes.prefix { $0 != 0 }.split(separator: UInt8(ascii: "\n")).compactMap { line($0) }
  }

  /// The lines of a file on disk. git reads line after line: a NUL ends its own line only, and a byte order mark is
  /// skipped.
  static func lines(onDisk bytes: [UInt8]) -> [AttributeLine] {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    return bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0).split(separator: UInt8(ascii: "\n"))
      .compactMap { line($0.prefix { $0 != 0 }) }
  }

  /// One line without its line feed; nil if it says nothing or is not valid.
  static func line(_ bytes: some Collection<UInt8>) -> AttributeLine? {
    let line = Array(bytes)
    var rest = line[...].drop(while: isBlank)
    guard let first = rest.first, first != UInt8(ascii: "#"), line.count <= maximumLineLength else { return nil }
    var subject: [UInt8]
    if let (unquoted, end) = unquote(rest) {
      subject = unquoted
      rest = end
    } else {
      subject = Array(rest.prefix { !isBlank($0) })
      rest = rest.dropFirst(subject.count)
    }
    let macro = Array("[attr]".utf8)
    let isMacro = subject.count > macro.count && subject.starts(with: macro)
    if isMacro {
      subject = Array(subject.dropFirst(macro.count).drop(while: isBlank).prefix { !isBlank($0) })
      guard isName(subject[...]) else { return nil }
    }
    var states: [AttributeLine.State] = []
    for word in rest.split(whereSeparator: isBlank) {
      // One bad name, and the whole line is void.
      guard let state = state(word) else { return nil }
      states.append(state)
    }
    return AttributeLine(subject: isMacro ? .macro(subject) : .pattern(subject), states: states)
  }

  private static func state(_ word: ArraySlice<UInt8>) -> AttributeLine.State? {
    let equals = word.firstIndex(of: UInt8(ascii: "="))
    var name = word[..<(equals ?? word.endIndex)]
    var setting = equals.map { AttributeSetting(value: word[$0...].dropFirst()) } ?? .set
    if name.first == UInt8(ascii: "-") || name.first == UInt8(ascii: "!") {
      setting = name.first == UInt8(ascii: "-") ? .unset : .unspecified
      name = name.dropFirst()
    }
    return isName(name) ? AttributeLine.State(name: Array(name), setting: setting) : nil
  }

  private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
    guard let first = name.first, first != UInt8(ascii: "-") else { return false }
    return name.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
      || byte == UInt8(ascii: "\n")
  }

  /// A name in double quotes with the escapes of C, and what follows it; nil where it is no such name.
  private static func unquote(_ bytes: ArraySlice<UInt8>) -> (name: [UInt8], rest: ArraySlice<UInt8>)? {
    guard bytes.first == UInt8(ascii: "\"") else { return nil }
    var name: [UInt8] = []
    var rest = bytes.dropFirst()
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return (name, rest) }
      guard byte == UInt8(ascii: "\\") else {
        name.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      switch escaped {
      case UInt8(ascii: "a"): name.append(7)
      case UInt8(ascii: "b"): name.append(8)
      case UInt8(ascii: "t"): name.append(9)
      case UInt8(ascii: "n"): name.append(10)
      case UInt8(ascii: "v"): name.append(11)
      case UInt8(ascii: "f"): name.append(12)
      case UInt8(ascii: "r"): name.append(13)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): name.append(escaped)
      case UInt8(ascii: "0")...UInt8(ascii: "3"):
        let octal = UInt8(ascii: "0")...UInt8(ascii: "7")
        guard let second = rest.popFirst(), let third = rest.popFirst(), octal ~= second, octal ~= third else {
          return nil
        }
        name.append((escaped & 3) << 6 | (second & 7) << 3 | (third & 7))
      default: return nil
      }
    }
    return nil
  }
}
