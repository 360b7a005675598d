internal import Glibc

/// Bytes to write, told in a few characters: where in a fixed pattern they start, and how many there are.
package struct Fill: Hashable, Sendable {
  /// Chooses the bytes.
  package let seed: UInt8
  /// How many.
  package let count: Int

  /// The most bytes that one may have.
  package static let limit = 256 * 1024

  /// `count` bytes, chosen by `seed`.
  package init(seed: UInt8, count: Int) {
    self.seed = seed
    self.count = min(max(count, 0), Self.limit)
  }

  /// The bytes themselves. None of them is zero, so that they differ from every hole.
  package var bytes: ArraySlice<UInt8> {
    let start = Int(seed) * 37
    return Self.pattern[start..<start + count]
  }

  /// Pseudorandom bytes without a zero, the same in every run.
  private static let pattern: [UInt8] = {
    var state: UInt32 = 2_463_534_242
    return (0..<limit + 256 * 37).map { _ in
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      return UInt8(truncatingIfNeeded: state >> 8) | 1
    }
  }()
}

/// Bytes that were read, compared at the speed of memcmp(3) and described in one line.
package struct Content: Equatable, Sendable, CustomStringConvertible {
  /// The bytes.
  package let bytes: [UInt8]

  /// Content of these bytes.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  package static func == (left: Content, right: Content) -> Bool {
    guard left.bytes.count == right.bytes.count else { return false }
    return left.bytes.withUnsafeBytes { left in
      right.bytes.withUnsafeBytes { right in
        guard let mine = left.baseAddress, let theirs = right.baseAddress else { return true }
        return memcmp(mine, theirs, left.count) == 0
      }
    }
  }

  /// Where two contents begin to differ.
  package func difference(from other: Content) -> String {
    let index =
      zip(bytes, other.bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? min(bytes.count, other.bytes.count)
    return "from byte \(index): \(Array(bytes[index...].prefix(8))) and \(Array(other.bytes[index...].prefix(8)))"
  }

  package var description: String {
    var hash: UInt32 = 2_166_136_261
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return "\(bytes.count) bytes \(Array(bytes.prefix(8))) #\(String(hash, radix: 16))"
  }
}
