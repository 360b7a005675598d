/// What has happened to the provider's paths since the view was new: times and numbers that do not follow from the path.
///
/// A view's files begin with one time. A path that gets another content gets the time of that moment, and a file that was
/// written and is the provider's again keeps the time it was written at. A file's time counts for one content: over
/// another one it says nothing.
///
/// A path that comes anew gets a new number, because what had its first one may have been renamed and carries it still.
package struct PathHistory: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    var content: UInt64
    var time: TimeStamp
  }

  /// By the number that stat(2) shows.
  private var times: [UInt64: Entry] = [:]
  /// The number that stat(2) shows, by that which follows from the path.
  private var numbers: [UInt64: UInt64] = [:]
  /// The renewal of numbers that was begun last.
  package private(set) var lastRenewal: UInt64 = 0

  /// Nothing has happened.
  package init() {}

  /// The time of the file that has the number `inode` and shows `content`, if it has one of its own.
  func time(of inode: UInt64, showing content: some Collection<UInt8>) -> TimeStamp? {
    guard let entry = times[inode], entry.content == Self.digest(content) else { return nil }
    return entry.time
  }

  /// The time of the directory that has the number `inode`, if it has one of its own.
  func time(ofDirectory inode: UInt64) -> TimeStamp? { times[inode]?.time }

  /// Gives a file a time for as long as it shows `content`.
  mutating func set(_ time: TimeStamp, of inode: UInt64, showing content: some Collection<UInt8>) {
    times[inode] = Entry(content: Self.digest(content), time: time)
  }

  /// Gives a directory a time.
  mutating func set(_ time: TimeStamp, ofDirectory inode: UInt64) {
    times[inode] = Entry(content: 0, time: time)
  }

  /// The number that is shown where `first` follows from the path.
  func number(_ first: UInt64) -> UInt64 { numbers[first] ?? first }

  /// Lets a path show a number that something has brought with it.
  mutating func assign(_ number: UInt64, to first: UInt64) {
    numbers[first] = number
  }

  /// Gives a path a number that nothing has had.
  mutating func renew(_ first: UInt64) -> UInt64 { renew(first, beginRenewal()) }

  /// The same where many paths get numbers at once, in any order: each path once with one renewal.
  mutating func renew(_ first: UInt64, _ renewal: UInt64) -> UInt64 {
    let number = InodeNumbers.renewed(first, renewal)
    if let old = numbers[first], old != number { times[old] = nil }
    numbers[first] = number
    return number
  }

  /// A renewal that nothing has had.
  mutating func beginRenewal() -> UInt64 {
    lastRenewal += 1
    return lastRenewal
  }

  /// Notes that an earlier server has begun a renewal.
  mutating func keep(_ renewal: UInt64) {
    lastRenewal = max(lastRenewal, renewal)
  }

  /// FNV-1a: what tells a path's contents apart, of which it has few.
  private static func digest(_ content: some Collection<UInt8>) -> UInt64 {
    content.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// The file's format, all numbers least significant byte first: a magic word, a checksum of the rest, how many numbers
/// were renewed, how many paths have a number of their own, 16 bytes for each of these, and 28 bytes for each time.
extension PathHistory {
  private static let magic = Array("projfs paths 1\n\0".utf8)

  /// As bytes for a file.
  package var encoded: [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(16 + numbers.count * 16 + times.count * 28)
    Self.append(lastRenewal, 8, to: &body)
    Self.append(UInt64(numbers.count), 8, to: &body)
    for (first, number) in numbers.sorted(by: { $0.key < $1.key }) {
      Self.append(first, 8, to: &body)
      Self.append(number, 8, to: &body)
    }
    for (inode, entry) in times.sorted(by: { $0.key < $1.key }) {
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
    guard bytes.starts(with: Self.magic), bytes.count >= start + 16 else { return nil }
    let sum = bytes.withUnsafeBytes { Checksum.of(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    guard Self.number(bytes[Self.magic.count..<start]) == UInt64(sum) else { return nil }
    lastRenewal = Self.number(bytes[start..<start + 8])
    let rest = bytes.count - start - 16
    let numbered = Self.number(bytes[start + 8..<start + 16])
    guard numbered <= UInt64(rest / 16), (rest - Int(numbered) * 16) % 28 == 0 else { return nil }
    let middle = start + 16 + Int(numbered) * 16
    for place in stride(from: start + 16, to: middle, by: 16) {
      numbers[Self.number(bytes[place..<place + 8])] = Self.number(bytes[place + 8..<place + 16])
    }
    for place in stride(from: middle, to: bytes.count, by: 28) {
      let time = TimeStamp(
        seconds: Int64(bitPattern: Self.number(bytes[place + 16..<place + 24])),
        nanoseconds: UInt32(truncatingIfNeeded: Self.number(bytes[place + 24..<place + 28])))
      times[Self.number(bytes[place..<place + 8])] = Entry(
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
