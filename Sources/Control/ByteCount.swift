/// A number of bytes as people write it: `4096`, `64K`, `16M`, `2G`. K is 1024.
package struct ByteCount: Sendable, Hashable {
  /// The bytes.
  package let bytes: Int64

  /// So many bytes.
  package init(bytes: Int64) {
    self.bytes = bytes
  }

  /// What `text` says; nil where it is no number of bytes.
  package init?(_ text: String) {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let factor: Int64? =
      switch text.dropFirst(digits.count).lowercased() {
      case "": 1
      case "k": 1 << 10
      case "m": 1 << 20
      case "g": 1 << 30
      default: nil
      }
    guard let factor, let number = Int64(digits) else { return nil }
    let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    if isTooLarge { return nil }
    self.bytes = bytes
  }
}
