/// The times of the provider's entries that are not as old as the view.
///
/// A view's files begin with one time. A path that gets another content gets the time of that moment, and a file that was
/// written and is the provider's again keeps the time it was written at. A path is known by the number that stat(2) shows
/// for it, and a file's time counts for one content: over another one it says nothing.
package struct ShownTimes: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    var content: UInt64
    var time: TimeStamp
  }

  private var entries: [UInt64: Entry] = [:]

  /// No times.
  package init() {}

  /// How many paths have a time of their own.
  package var count: Int { entries.count }

  /// Whether no path has a time of its own.
  package var isEmpty: Bool { entries.isEmpty }

  /// The time of the file that has the number `inode` and shows `content`, if it has one of its own.
  package func time(of inode: UInt64, showing content: some Collection<UInt8>) -> TimeStamp? {
    guard let entry = entries[inode], entry.content == Self.digest(content) else { return nil }
    return entry.time
  }

  /// The time of the directory that has the number `inode`, if it has one of its own.
  package func time(ofDirectory inode: UInt64) -> TimeStamp? {
    entries[inode]?.time
  }

  /// Gives a file a time for as long as it shows `content`.
  package mutating func set(_ time: TimeStamp, of inode: UInt64, showing content: some Collection<UInt8>) {
    entries[inode] = Entry(content: Self.digest(content), time: time)
  }

  /// Gives a directory a time.
  package mutating func set(_ time: TimeStamp, ofDirectory inode: UInt64) {
    entries[inode] = Entry(content: 0, time: time)
  }

  /// FNV-1a: what tells a path's contents apart, of which it has few.
  private static func digest(_ content: some Collection<UInt8>) -> UInt64 {
    content.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// The file's format: a magic word, a checksum of the rest, and 28 bytes an entry, all numbers least significant byte
/// first.
extension ShownTimes {
  private static let magic = Array("projfs times 1\n\0".utf8)
  private static let entryLength = 28

  /// As bytes for a file.
  package var encoded: [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(entries.count * Self.entryLength)
    for (inode, entry) in entries.sorted(by: { $0.key < $1.key }) {
      Self.append(inode, 8, to: &body)
      Self.append(entry.content, 8, to: &body)
      Self.append(UInt64(bitPattern: entry.time.seconds), 8, to: &body)
      Self.append(UInt64(entry.time.nanoseconds), 4, to: &body)
    }
    var result = Self.magic
    Self.append(UInt64(body.withUnsafeBytes { Checksum.of($0) }), 4, to: &result)
    return result + body
  }

  /// Reads what `encoded` gave; nil for anything else.
  package init?(encoded bytes: [UInt8]) {
    let start = Self.magic.count + 4
    guard bytes.starts(with: Self.magic), bytes.count >= start, (bytes.count - start) % Self.entryLength == 0 else {
      return nil
    }
    let sum = bytes.withUnsafeBytes { Checksum.of(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    guard Self.number(bytes[Self.magic.count..<start]) == UInt64(sum) else { return nil }
    for place in stride(from: start, to: bytes.count, by: Self.entryLength) {
      let time = TimeStamp(
        seconds: Int64(bitPattern: Self.number(bytes[place + 16..<place + 24])),
        nanoseconds: UInt32(truncatingIfNeeded: Self.number(bytes[place + 24..<place + 28])))
      entries[Self.number(bytes[place..<place + 8])] = Entry(
        content: Self.number(bytes[place + 8..<place + 16]), time: time)
    }
  }

  private static func append(_ number: UInt64, _ length: Int, to bytes: inout [UInt8]) {
    for place in 0..<length { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * place))) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
