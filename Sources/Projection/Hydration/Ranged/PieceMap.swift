/// Which pieces of a content are here. Each is `pieceSize` bytes long, but for the last one. Knows no file.
struct PieceMap: Sendable, Equatable {
  /// Small enough that a reader of a few bytes waits for little; a fetch may bring many.
  static let pieceSize: Int64 = 256 << 10

  /// The length of the content, in bytes.
  let size: Int64
  /// How many pieces are here.
  private(set) var present = 0
  private var words: [UInt64]

  /// No piece of a content of `size` bytes.
  init(size: Int64) {
    self.size = max(0, size)
    words = Array(repeating: 0, count: (Self.pieces(in: self.size) + 63) / 64)
  }

  /// How many pieces the content has.
  var count: Int { Self.pieces(in: size) }

  /// Whether all pieces are here.
  var isComplete: Bool { present == count }

  /// Whether a piece is here.
  func contains(_ piece: Int) -> Bool { words[piece / 64] & 1 << UInt64(piece % 64) != 0 }

  /// Notes that pieces are here.
  mutating func insert(_ pieces: Range<Int>) {
    for piece in pieces where !contains(piece) {
      words[piece / 64] |= 1 << UInt64(piece % 64)
      present += 1
    }
  }

  /// The first piece in `pieces` that is not here.
  func firstMissing(in pieces: Range<Int>) -> Int? {
    pieces.first { !contains($0) }
  }

  /// The pieces that `bytes`, which lie within the content, are in.
  func pieces(of bytes: Range<Int64>) -> Range<Int> {
    let bytes = bytes.clamped(to: 0..<size)
    if bytes.isEmpty { return 0..<0 }
    return Int(bytes.lowerBound / Self.pieceSize)..<Self.pieces(in: bytes.upperBound)
  }

  /// Where in the content pieces lie.
  func bytes(of pieces: Range<Int>) -> Range<Int64> {
    Int64(pieces.lowerBound) * Self.pieceSize..<min(size, Int64(pieces.upperBound) * Self.pieceSize)
  }

  private static func pieces(in size: Int64) -> Int { Int(size / pieceSize + (size % pieceSize > 0 ? 1 : 0)) }
}

// MARK: - As bytes

extension PieceMap {
  private static let title = Array("projfs pieces 1\n".utf8)

  /// How long a map of a content of `size` bytes is.
  static func length(size: Int64) -> Int { title.count + 16 + (pieces(in: size) + 63) / 64 * 8 + 4 }

  /// The map, to be kept beside the pieces.
  var bytes: [UInt8] {
    var bytes = Self.title
    for number in [UInt64(size), UInt64(Self.pieceSize)] + words {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    let checksum = bytes.withUnsafeBytes { Checksum.of($0) }
    withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
    return bytes
  }

  /// What was kept of a content of `size` bytes; nil where it is not that.
  init?(_ bytes: [UInt8], size: Int64) {
    self.init(size: size)
    guard bytes.count == Self.length(size: size) else { return nil }
    let kept = bytes.withUnsafeBytes { bytes -> [UInt64]? in
      let checksum = bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)
      guard UInt32(littleEndian: checksum) == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))),
        bytes.prefix(Self.title.count).elementsEqual(Self.title)
      else { return nil }
      return stride(from: Self.title.count, to: bytes.count - 4, by: 8).map {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
      }
    }
    guard let kept, kept[0] == UInt64(self.size), kept[1] == UInt64(Self.pieceSize) else { return nil }
    words = Array(kept.dropFirst(2))
    present = words.reduce(0) { $0 + $1.nonzeroBitCount }
    guard (count..<words.count * 64).allSatisfy({ !contains($0) }) else { return nil }
  }
}
