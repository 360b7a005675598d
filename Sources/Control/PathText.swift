/// A path in a report: its text, and its bytes as hexadecimal digits where they are no UTF-8 and the text had to replace
/// some.
package enum PathText {
  /// The text of a path.
  package static func text(of path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

  /// The digits; nil where the text says everything.
  package static func digits(of path: [UInt8]) -> String? {
    if text(of: path).utf8.elementsEqual(path) { return nil }
    return path.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
  }

  /// The path that was written so.
  package static func path(_ text: String, _ digits: String?) -> [UInt8] {
    guard let digits else { return Array(text.utf8) }
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}
