/// A bitmap as git serialises it: 64-bit words, of which runs of equal ones are counted and the others stand as they are.
///
/// A marker word has the repeated bit in bit 0, how often it fills a word in bits 1 to 32, and how many words follow as
/// they are in bits 33 to 63.
enum EWAHBitmap {
  private static let longestRun = UInt64(UInt32.max)
  private static let mostLiterals = UInt64(1) << 31 - 1

  /// The serialised form of `count` bits, of which those for which `isSet` holds are set.
  static func serialize(count: Int, where isSet: (Int) -> Bool) -> [UInt8] {
    var words: [UInt64] = []
    for start in stride(from: 0, to: count, by: 64) {
      var word: UInt64 = 0
      for bit in start..<min(start + 64, count) where isSet(bit) { word |= 1 << UInt64(bit - start) }
      words.append(word)
    }
    return serialize(words, bits: count)
  }

  private static func serialize(_ words: [UInt64], bits: Int) -> [UInt8] {
    var buffer: [UInt64] = []
    var marker = 0
    var position = 0
    repeat {
      let fill = position < words.count && words[position] == .max ? UInt64.max : 0
      var run: UInt64 = 0
      while position < words.count, words[position] == fill, run < longestRun {
        run += 1
        position += 1
      }
      let start = position
      while position < words.count, words[position] != 0, words[position] != .max,
        UInt64(position - start) < mostLiterals
      {
        position += 1
      }
      marker = buffer.count
      buffer.append((fill & 1) | run << 1 | UInt64(position - start) << 33)
      buffer += words[start..<position]
    } while position < words.count

    var bytes: [UInt8] = []
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: bits))
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: buffer.count))
    for word in buffer { bytes.append(bigEndian: word) }
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: marker))
    return bytes
  }
}

extension [UInt8] {
  /// Appends a number, its most significant byte first.
  mutating func append(bigEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }

  /// Appends a number as git's `encode_varint` writes it: seven bits a byte, the most significant first, and each but
  /// the last byte stands for one more than it says.
  mutating func append(varint number: Int) {
    var rest = UInt64(number.magnitude)
    var reversed = [UInt8(rest & 0x7f)]
    rest >>= 7
    while rest != 0 {
      rest -= 1
      reversed.append(0x80 | UInt8(rest & 0x7f))
      rest >>= 7
    }
    append(contentsOf: reversed.reversed())
  }
}
