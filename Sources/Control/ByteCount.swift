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
    let factors: [String: Int64] = ["": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
    guard let bytes = ScaledNumber.value(of: text, factors) else { return nil }
    self.bytes = bytes
  }
}
