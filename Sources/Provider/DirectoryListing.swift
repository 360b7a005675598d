internal import Glibc

/// What one entry of a directory is.
public enum EntryKind: UInt8, Sendable, Hashable, CaseIterable {
  /// A regular file.
  case file
  /// A directory.
  case directory
  /// A symbolic link; its content is the target.
  case symbolicLink
}

/// All entries of one directory, packed: about 16 bytes an entry beside its name and ID.
///
/// A provider appends entries in any order. An entry that no Linux directory could hold (an empty name, `.`, `..`, a
/// slash or NUL inside, more than 255 bytes, the same name twice) is left out and noted in `rejections`, so that one bad
/// name does not hide its neighbours.
public struct DirectoryListing: Sendable {
  /// An entry that was left out.
  public struct Rejection: Sendable, Equatable {
    /// The name as it came.
    public let name: [UInt8]
    /// Why it cannot be shown.
    public let reason: String
  }

  private struct Record {
    /// Where the name starts in `bytes`; the ID follows it.
    var start: UInt32
    var nameLength: UInt8
    var idLength: UInt8
    /// The kind in the upper four bits, permissions in the lower twelve.
    var kindAndPermissions: UInt16
    /// -1: not known yet.
    var size: Int64
  }

  private var records: [Record] = []
  private var bytes: [UInt8] = []

  /// What was left out, and why.
  public private(set) var rejections: [Rejection] = []

  /// An empty directory.
  public init() {}

  /// An empty listing with room for `entries` entries whose names and IDs take `bytes` bytes together.
  public init(entries: Int, bytes: Int) {
    records.reserveCapacity(entries)
    self.bytes.reserveCapacity(bytes)
  }

  /// How many entries there are.
  public var count: Int { records.count }

  /// Whether there is no entry.
  public var isEmpty: Bool { records.isEmpty }

  /// Appends a regular file. A nil `size` is asked for when somebody looks.
  public mutating func appendFile(_ name: String, content: ContentID, size: Int64?, permissions: UInt16 = 0o644) {
    append(name.utf8, .file, id: content.bytes, permissions: permissions, size: size)
  }

  /// Appends a directory.
  public mutating func appendDirectory(_ name: String, id: DirectoryID, permissions: UInt16 = 0o755) {
    append(name.utf8, .directory, id: id.bytes, permissions: permissions, size: nil)
  }

  /// Appends a symbolic link whose target is the content, of `size` bytes.
  public mutating func appendSymbolicLink(_ name: String, target: ContentID, size: Int64?) {
    append(name.utf8, .symbolicLink, id: target.bytes, permissions: 0o777, size: size)
  }

  /// Appends an entry whose name is any bytes; `id` is a content ID's or a directory ID's bytes.
  public mutating func append(
    _ name: some Collection<UInt8>, _ kind: EntryKind, id: some Collection<UInt8>, permissions: UInt16, size: Int64?
  ) {
    let name = Array(name)
    let id = Array(id)
    name.withUnsafeBytes { name in
      id.withUnsafeBytes { id in append(raw: name, kind, id: id, permissions: permissions, size: size) }
    }
  }

  /// The same for bytes in memory, which a provider of very many entries has: not generic, so that it is compiled for them.
  package mutating func append(
    raw name: UnsafeRawBufferPointer, _ kind: EntryKind, id: UnsafeRawBufferPointer, permissions: UInt16, size: Int64?
  ) {
    if let reason = Self.defect(name: name, idLength: id.count) { return reject(name, reason) }
    guard let start = UInt32(exactly: bytes.count) else { return reject(name, "the directory is too large") }
    bytes.append(contentsOf: name)
    bytes.append(contentsOf: id)
    records.append(
      Record(
        start: start, nameLength: UInt8(name.count), idLength: UInt8(id.count),
        kindAndPermissions: UInt16(kind.rawValue) << 12 | permissions & 0o7777, size: size.map { max(0, $0) } ?? -1))
  }

  /// Appends an entry.
  public mutating func append(_ entry: DirectoryEntry) {
    append(entry.name, entry.kind, id: entry.id, permissions: entry.permissions, size: entry.size)
  }

  /// Appends all entries of another listing, and what it left out.
  public mutating func append(contentsOf other: DirectoryListing) {
    for index in 0..<other.count { append(at: index, of: other) }
    rejections += other.rejections
  }

  /// Appends the entry at `index` of another listing.
  package mutating func append(at index: Int, of other: DirectoryListing) {
    let record = other.records[index]
    let start = Int(record.start)
    let middle = start + Int(record.nameLength)
    other.bytes.withUnsafeBytes { memory in
      append(
        raw: UnsafeRawBufferPointer(rebasing: memory[start..<middle]), other.kind(at: index),
        id: UnsafeRawBufferPointer(rebasing: memory[middle..<middle + Int(record.idLength)]),
        permissions: record.kindAndPermissions & 0o7777, size: other.size(at: index))
    }
  }

  /// What was left out since this was asked last.
  package mutating func takeRejections() -> [Rejection] {
    defer { rejections = [] }
    return rejections
  }

  /// Notes an entry that the provider itself will not show.
  public mutating func reject(_ name: some Collection<UInt8>, _ reason: String) {
    rejections.append(Rejection(name: Array(name), reason: reason))
  }

  private static func defect(name: UnsafeRawBufferPointer, idLength: Int) -> String? {
    if name.isEmpty { return "empty name" }
    if name.count > 255 { return "name longer than 255 bytes" }
    let dot = UInt8(ascii: ".")
    if name[0] == dot, name.count == 1 || name.count == 2 && name[1] == dot { return "reserved name" }
    for byte in name where byte == UInt8(ascii: "/") || byte == 0 { return "slash or NUL in the name" }
    if idLength > ContentID.maximumLength { return "ID longer than \(ContentID.maximumLength) bytes" }
    return nil
  }
}

// MARK: - What the core reads

extension DirectoryListing {
  /// The same entries sorted by the bytes of their names, without duplicates (the first one stays).
  package consuming func sorted() -> DirectoryListing {
    if isStrictlyAscending { return compact() }
    var result = DirectoryListing(entries: records.count, bytes: bytes.count)
    result.rejections = rejections
    let order = bytes.withUnsafeBytes { memory in
      records.indices.sorted { left, right in
        let comparison = Self.compare(name(left, in: memory), name(right, in: memory))
        return comparison == 0 ? left < right : comparison < 0
      }
    }
    bytes.withUnsafeBytes { memory in
      for (place, index) in order.enumerated() {
        if place > 0, Self.compare(name(order[place - 1], in: memory), name(index, in: memory)) == 0 {
          result.reject(name(index, in: memory), "the same name twice")
          continue
        }
        var record = records[index]
        let length = Int(record.nameLength) + Int(record.idLength)
        let piece = memory[Int(record.start)..<Int(record.start) + length]
        record.start = UInt32(result.bytes.count)
        result.bytes.append(contentsOf: piece)
        result.records.append(record)
      }
    }
    return result
  }

  /// The place of a name in a sorted listing.
  package func index(of wanted: UnsafeRawBufferPointer) -> Int? {
    bytes.withUnsafeBytes { memory in
      var low = 0
      var high = records.count
      while low < high {
        let middle = (low + high) / 2
        let comparison = Self.compare(name(middle, in: memory), wanted)
        if comparison == 0 { return middle }
        if comparison < 0 { low = middle + 1 } else { high = middle }
      }
      return nil
    }
  }

  /// The name at `index`, valid inside `body`.
  package func withName<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { memory in try body(name(index, in: memory)) }
  }

  /// The name at `index`.
  package func name(at index: Int) -> [UInt8] { withName(at: index) { Array($0) } }

  /// What the entry at `index` is.
  package func kind(at index: Int) -> EntryKind {
    // Only `append` writes records, and only from an EntryKind.
    EntryKind(rawValue: UInt8(records[index].kindAndPermissions >> 12)) ?? .file
  }

  /// The permission bits of the entry at `index`.
  package func permissions(at index: Int) -> UInt16 { records[index].kindAndPermissions & 0o7777 }

  /// The size in bytes of the entry at `index`, where it is known.
  package func size(at index: Int) -> Int64? {
    let size = records[index].size
    return size < 0 ? nil : size
  }

  /// Remembers a size.
  package mutating func setSize(_ size: Int64, at index: Int) { records[index].size = max(0, size) }

  /// The ID of the file or symbolic link at `index`.
  package func content(at index: Int) -> ContentID { ContentID(id(at: index)) }

  /// The ID of the directory at `index`.
  package func directory(at index: Int) -> DirectoryID { DirectoryID(id(at: index)) }

  private func id(at index: Int) -> ArraySlice<UInt8> {
    let record = records[index]
    let start = Int(record.start) + Int(record.nameLength)
    return bytes[start..<start + Int(record.idLength)]
  }

  /// Calls `body` with the places of each name that does not stand for the same in two sorted listings, by the bytes of
  /// the names; nil where one of them does not have the name. Sizes do not matter, nor permissions but of files.
  package static func forEachDifference(
    from old: DirectoryListing, to new: DirectoryListing, _ body: (_ old: Int?, _ new: Int?) -> Void
  ) {
    old.bytes.withUnsafeBytes { oldMemory in
      new.bytes.withUnsafeBytes { newMemory in
        var (left, right) = (0, 0)
        while left < old.count, right < new.count {
          let order = compare(old.name(left, in: oldMemory), new.name(right, in: newMemory))
          if order < 0 {
            body(left, nil)
            left += 1
          } else if order > 0 {
            body(nil, right)
            right += 1
          } else {
            if !isSame(old.records[left], oldMemory, new.records[right], newMemory) { body(left, right) }
            left += 1
            right += 1
          }
        }
        for index in left..<old.count { body(index, nil) }
        for index in right..<new.count { body(nil, index) }
      }
    }
  }

  /// Whether two entries of one name stand for the same.
  private static func isSame(
    _ old: Record, _ oldMemory: UnsafeRawBufferPointer, _ new: Record, _ newMemory: UnsafeRawBufferPointer
  ) -> Bool {
    let kind = old.kindAndPermissions >> 12
    guard kind == new.kindAndPermissions >> 12, old.idLength == new.idLength,
      kind != UInt16(EntryKind.file.rawValue) || old.kindAndPermissions == new.kindAndPermissions
    else { return false }
    let (one, other) = (Int(old.start) + Int(old.nameLength), Int(new.start) + Int(new.nameLength))
    let length = Int(old.idLength)
    return compare(
      UnsafeRawBufferPointer(rebasing: oldMemory[one..<one + length]),
      UnsafeRawBufferPointer(rebasing: newMemory[other..<other + length])) == 0
  }

  /// The same listing without much slack: listings are kept for as long as somebody is in the directory.
  private consuming func compact() -> DirectoryListing {
    shrink()
    return self
  }

  /// Gives the room back that is kept for entries to come, where it is much.
  package mutating func shrink() {
    Self.shrink(&bytes)
    Self.shrink(&records)
  }

  private static func shrink<Element>(_ array: inout [Element]) {
    guard array.capacity - array.count > array.count / 8 + 64 else { return }
    array = array.withUnsafeBufferPointer { used in
      [Element](unsafeUninitializedCapacity: used.count) { buffer, count in
        count = buffer.initialize(fromContentsOf: used)
      }
    }
  }

  private var isStrictlyAscending: Bool {
    bytes.withUnsafeBytes { memory in
      records.indices.dropFirst().allSatisfy { Self.compare(name($0 - 1, in: memory), name($0, in: memory)) < 0 }
    }
  }

  private func name(_ index: Int, in memory: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let record = records[index]
    let start = Int(record.start)
    return UnsafeRawBufferPointer(rebasing: memory[start..<start + Int(record.nameLength)])
  }

  private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    if let one = left.baseAddress, let other = right.baseAddress {
      let order = memcmp(one, other, min(left.count, right.count))
      if order != 0 { return Int(order) }
    }
    return left.count - right.count
  }
}
