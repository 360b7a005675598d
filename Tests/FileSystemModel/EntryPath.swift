/// A path below the root of a tree, as bytes. The root itself has none.
///
/// Its text form is what a line of a saved sequence contains: bytes that are not plain become `%XX`, a byte that comes
/// nine times or more becomes `n*255;`, and the root is a dot.
package struct EntryPath: Hashable, Sendable {
  /// The names, with a slash between two.
  package let bytes: [UInt8]

  /// The root.
  package static let root = EntryPath(bytes: [])

  /// A path of these bytes.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// A path in plain text.
  package init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// The path of an entry of this directory.
  package func appending(_ name: [UInt8]) -> EntryPath {
    EntryPath(bytes: bytes.isEmpty ? name : bytes + [UInt8(ascii: "/")] + name)
  }

  /// The directory that contains it; the root contains itself.
  package var parent: EntryPath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
    return EntryPath(bytes: Array(bytes[..<slash]))
  }

  /// How many names it has.
  package var depth: Int {
    bytes.isEmpty ? 0 : bytes.count { $0 == UInt8(ascii: "/") } + 1
  }

  /// Whether it is `ancestor`, or somewhere below it.
  package func isWithin(_ ancestor: EntryPath) -> Bool {
    guard bytes.starts(with: ancestor.bytes) else { return false }
    return bytes.count == ancestor.bytes.count || ancestor.bytes.isEmpty
      || bytes[ancestor.bytes.count] == UInt8(ascii: "/")
  }
}

extension EntryPath: CustomStringConvertible {
  /// The text form.
  package var description: String { Self.encode(bytes) }

  /// Reads the text form; nil where it is none.
  package init?(parsing text: Substring) {
    guard let bytes = Self.decode(text) else { return nil }
    self.init(bytes: bytes)
  }

  /// The text form of any bytes; of none, a dot.
  static func encode(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "." }
    var text = ""
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let run = bytes[index...].prefix { $0 == byte }.count
      let written = isPlain(byte) ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
      text += run > 8 ? "\(written)*\(run);" : String(repeating: written, count: run)
      index += run
    }
    // The one path that would read as the root.
    return text == "." ? "%2E" : text
  }

  /// The bytes of a text form; nil where it is none.
  static func decode(_ text: Substring) -> [UInt8]? {
    if text == "." { return [] }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
          return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      case UInt8(ascii: "*"):
        let digits = rest.prefix { $0 != UInt8(ascii: ";") }
        guard let last = bytes.last, let count = Int(String(decoding: digits, as: UTF8.self)), 1...4096 ~= count,
          digits.count < rest.count
        else { return nil }
        bytes += [UInt8](repeating: last, count: count - 1)
        rest = rest.dropFirst(digits.count + 1)
      case _ where isPlain(byte): bytes.append(byte)
      default: return nil
      }
    }
    return bytes.isEmpty ? nil : bytes
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "/._-".utf8.contains(byte)
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }
}
