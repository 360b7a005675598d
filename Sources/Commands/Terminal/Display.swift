/// Text for a terminal: names are other people's, and may contain anything.
enum Display {
  /// A name or path as it may be printed: control characters, marks that turn the direction of text, and bytes that are no
  /// UTF-8 as escapes, such as `\n` and `\xff`.
  static func safe(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var rest = Array(bytes)[...]
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = rest.makeIterator()
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        append(Unicode.UTF8.decode(encoded), to: &text)
        rest = rest.dropFirst(encoded.count)
      case .error(let length):
        for byte in rest.prefix(length) { text += escape(UInt32(byte)) }
        rest = rest.dropFirst(length)
      case .emptyInput: return text
      }
    }
  }

  /// The same of a text.
  static func safe(_ text: String) -> String { safe(Array(text.utf8)) }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar {
    case "\n": text += "\\n"
    case "\t": text += "\\t"
    case "\\": text += "\\\\"
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
        text += escape(scalar.value)
      default: text.unicodeScalars.append(scalar)
      }
    }
  }

  private static func escape(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return value < 0x100 ? "\\x" + digits.padding(left: 2, with: "0") : "\\u{\(digits)}"
  }

  /// How many columns a text takes.
  static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// What Unicode's table of East Asian widths calls wide, in blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3,
    0xf900...0xfaff,
    0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff,
    0x20000...0x3fffd,
  ]

  /// A text in exactly so many columns: filled up, or cut with an ellipsis.
  static func fit(_ text: String, _ columns: Int) -> String {
    let width = width(text)
    return width <= columns ? text + String(repeating: " ", count: columns - width) : cut(text, columns)
  }

  /// A text in at most so many columns. What is cut away in front is marked, too: of paths the end tells most.
  static func cut(_ text: String, _ columns: Int, keepingEnd: Bool = false) -> String {
    guard width(text) > columns else { return text }
    guard columns > 0 else { return "" }
    var kept: [Unicode.Scalar] = []
    var room = columns - 1
    let scalars = Array(text.unicodeScalars)
    for scalar in keepingEnd ? scalars.reversed() : scalars {
      let width = width(scalar)
      if width > room { break }
      room -= width
      kept.append(scalar)
    }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: keepingEnd ? kept.reversed() : kept)
    let filler = String(repeating: " ", count: room)
    return keepingEnd ? "…" + filler + String(result) : String(result) + "…" + filler
  }
}

extension Display {
  /// As much of the beginning of a text as fits into so many columns.
  static func prefix(_ text: String, _ columns: Int) -> String {
    var room = columns
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      room -= width(scalar)
      if room < 0 { break }
      result.append(scalar)
    }
    return String(result)
  }
}
