/// CRC-32C (Castagnoli): finds every damage that is up to 32 bits long, and others but for one in 2³².
enum Checksum {
  /// Entry `256 * n + byte` is the checksum of `byte` with `n` zero bytes behind it, so that eight bytes are one step.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 {
        remainder = remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0x82f6_3b78
      }
      tables[byte] = remainder
    }
    for index in 256..<tables.count {
      let shorter = tables[index - 256]
      tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xff)]
    }
    return tables
  }()

  /// The checksum of `bytes`.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var remainder = UInt32.max
      var position = 0
      while position + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian ^ UInt64(remainder)
        remainder = 0
        for place in 0..<8 {
          remainder ^= tables[256 * (7 - place) + Int(word >> (8 * place) & 0xff)]
        }
        position += 8
      }
      while position < bytes.count {
        remainder = remainder >> 8 ^ tables[Int(remainder & 0xff ^ UInt32(bytes[position]))]
        position += 1
      }
      return ~remainder
    }
  }
}
