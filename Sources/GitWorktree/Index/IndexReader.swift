/// Reads the entries of an index file of git's: versions 2 to 4, with ids of 20 bytes. Trusts nothing in it.
struct IndexReader {
  /// One entry.
  struct Entry {
    /// Where it begins.
    let position: Int
    let mode: UInt32
    /// The path from the root, in a buffer that is good until the next entry.
    let path: UnsafeRawBufferPointer
    /// The object's id.
    let id: UnsafeRawBufferPointer
  }

  static let idLength = 20

  private static let headerLength = 12
  private static let fixedLength = 62

  private let bytes: UnsafeRawBufferPointer
  private let version: UInt32
  private let count: Int

  /// Throws `damagedIndex` where the bytes do not begin as an index does.
  init(_ bytes: UnsafeRawBufferPointer) throws(GitWorktreeError) {
    guard bytes.count >= Self.headerLength + Self.idLength, bytes.prefix(4).elementsEqual("DIRC".utf8) else {
      throw .damagedIndex
    }
    version = Self.number(bytes, at: 4)
    count = Int(Self.number(bytes, at: 8))
    guard (2...4).contains(version) else { throw .damagedIndex }
    self.bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast(Self.idLength))
  }

  /// Reads an index that is in memory.
  static func read<Result>(
    _ bytes: [UInt8], _ body: (IndexReader) throws(GitWorktreeError) -> Result
  ) throws(GitWorktreeError) -> Result {
    let outcome: Swift.Result<Result, GitWorktreeError> = bytes.withUnsafeBytes { buffer in
      Swift.Result { () throws(GitWorktreeError) in try body(IndexReader(buffer)) }
    }
    return try outcome.get()
  }

  /// The id of the tree that the whole index is, as git has noted it in the extension `TREE`; nil where it is none, or
  /// nobody has made sure.
  func wholeTree() throws(GitWorktreeError) -> [UInt8]? {
    // Signature and length, of four bytes each, and the payload, again and again.
    var position = try forEach { _ in }
    while position + 8 <= bytes.count {
      let length = Int(Self.number(bytes, at: position + 4))
      let payload = position + 8
      guard length <= bytes.count - payload else { throw .damagedIndex }
      if bytes[position..<position + 4].elementsEqual("TREE".utf8) {
        return Self.topTree(UnsafeRawBufferPointer(rebasing: bytes[payload..<payload + length]))
      }
      position = payload + length
    }
    return nil
  }

  /// The first entry of the extension: an empty path with its NUL, the number of entries, a space, the number of subtrees,
  /// a line feed and, where the first number is not negative, the id.
  private static func topTree(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
    guard payload.first == 0, let end = payload.firstIndex(of: UInt8(ascii: "\n")),
      payload.count > 1, payload[1] != UInt8(ascii: "-"), end + 1 + idLength <= payload.count
    else { return nil }
    return Array(payload[(end + 1)..<(end + 1 + idLength)])
  }

  /// Calls `body` with each entry, in their order. Returns where the extensions begin.
  @discardableResult
  func forEach(_ body: (Entry) -> Void) throws(GitWorktreeError) -> Int {
    var position = Self.headerLength
    // Version 4 stores of a path what differs from the one before.
    var path: [UInt8] = []
    for _ in 0..<count {
      guard position + Self.fixedLength <= bytes.count else { throw .damagedIndex }
      let mode = Self.number(bytes, at: position + 24)
      let id = UnsafeRawBufferPointer(rebasing: bytes[position + 40..<position + 60])
      let isExtended = bytes[position + 60] & 0x40 != 0
      var start = position + Self.fixedLength + (isExtended ? 2 : 0)
      if version == 4 {
        let kept = try path.count - varint(at: &start)
        guard kept >= 0 else { throw .damagedIndex }
        let end = try endOfName(from: start)
        path.removeSubrange(kept...)
        path += bytes[start..<end]
        path.withUnsafeBytes { body(Entry(position: position, mode: mode, path: $0, id: id)) }
        position = end + 1
      } else {
        let length = Int(bytes[position + 60] & 0x0f) << 8 | Int(bytes[position + 61])
        let end = try length < 0xfff ? start + length : endOfName(from: start)
        guard end < bytes.count else { throw .damagedIndex }
        body(Entry(position: position, mode: mode, path: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), id: id))
        // At least one NUL, and more up to the next multiple of eight.
        position += (end - position + 8) & ~7
      }
    }
    return position
  }

  private func endOfName(from start: Int) throws(GitWorktreeError) -> Int {
    guard start <= bytes.count, let end = bytes[start...].firstIndex(of: 0) else { throw .damagedIndex }
    return end
  }

  private func varint(at position: inout Int) throws(GitWorktreeError) -> Int {
    var value = 0
    for length in 1... {
      guard position < bytes.count, length <= 4 else { throw .damagedIndex }
      let byte = bytes[position]
      position += 1
      value += Int(byte & 0x7f)
      if byte & 0x80 == 0 { break }
      value = (value + 1) << 7
    }
    return value
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, at position: Int) -> UInt32 {
    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }
}
