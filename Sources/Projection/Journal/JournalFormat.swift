/// What a segment begins with: 32 bytes, integers with the low byte first.
///
///     bytes   magic   version   instance   first sequence   checksum of all before
///     size        8         4          8                8                        4
struct JournalHeader: Sendable, Equatable {
  static let size = 32
  private static let magic: [UInt8] = Array("PRJFSJNL".utf8)
  private static let version: UInt32 = 1
  /// No journal gets here; sums with a sequence below it never overflow.
  static let sequenceLimit: UInt64 = 1 << 62

  /// The journal's instance.
  let instance: UInt64
  /// The sequence number of the first record behind the header.
  let first: UInt64

  init(instance: UInt64, first: UInt64) {
    self.instance = instance
    self.first = first
  }

  /// Reads a header; nil where the bytes are not one of this version, or damaged.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.size, bytes.prefix(Self.magic.count).elementsEqual(Self.magic),
      bytes.integer(at: 8, UInt32.self) == Self.version,
      bytes.integer(at: 28, UInt32.self) == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<28]))
    else { return nil }
    instance = bytes.integer(at: 12, UInt64.self)
    first = bytes.integer(at: 20, UInt64.self)
    guard (1..<Self.sequenceLimit).contains(first) else { return nil }
  }

  /// The bytes of the header.
  var encoded: [UInt8] {
    var bytes = Self.magic
    bytes.append(integer: Self.version)
    bytes.append(integer: instance)
    bytes.append(integer: first)
    bytes.append(integer: bytes.withUnsafeBytes { Checksum.of($0) })
    return bytes
  }
}

/// One record of a segment, 17 bytes longer than its path, integers with the low byte first.
///
///     bytes   path's length   sequence   kind   path   checksum of all before
///     size                4          8      1                               4
struct JournalRecord {
  /// What a record says.
  enum Kind: UInt8 {
    /// The path itself changed.
    case entry = 0
    /// The path and everything below it changed.
    case subtree = 1
    /// The journal was closed in order, with nobody writing. The path is the instance in its eight bytes.
    case end = 2
  }

  /// A record's length without its path.
  static let overhead = 17
  /// The longest path that a record can have.
  static let longestPath = 1 << 20

  let sequence: UInt64
  let kind: Kind
  /// Where the path lies in the bytes that were read.
  let path: Range<Int>

  /// Where the next record begins.
  var end: Int { path.upperBound + 4 }

  /// Reads the record at `offset`, which is within `bytes`; nil where there is none, or a damaged one.
  init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard bytes.count - offset >= Self.overhead else { return nil }
    let length = Int(bytes.integer(at: offset, UInt32.self))
    guard length <= Self.longestPath, bytes.count - offset >= Self.overhead + length,
      let kind = Kind(rawValue: bytes[offset + 12])
    else { return nil }
    path = offset + 13..<offset + 13 + length
    self.kind = kind
    sequence = bytes.integer(at: offset + 4, UInt64.self)
    let checked = UnsafeRawBufferPointer(rebasing: bytes[offset..<path.upperBound])
    guard bytes.integer(at: path.upperBound, UInt32.self) == Checksum.of(checked) else { return nil }
  }

  /// Appends a record's bytes.
  static func encode(_ kind: Kind, _ path: [UInt8], sequence: UInt64, into buffer: inout [UInt8]) {
    let start = buffer.count
    buffer.append(integer: UInt32(path.count))
    buffer.append(integer: sequence)
    buffer.append(kind.rawValue)
    buffer.append(contentsOf: path)
    buffer.append(
      integer: buffer.withUnsafeBytes { Checksum.of(UnsafeRawBufferPointer(rebasing: $0[start...])) })
  }
}

extension Array<UInt8> {
  /// Appends an integer, its low byte first.
  mutating func append(integer: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
  }
}

extension UnsafeRawBufferPointer {
  /// The integer at `offset`, its low byte first. The caller has checked that it is within the bytes.
  fileprivate func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, _: Integer.Type) -> Integer {
    Integer(littleEndian: loadUnaligned(fromByteOffset: offset, as: Integer.self))
  }
}
