internal import Provider

/// Cuts the body of an answer into fields, each ended by a NUL, however it comes.
struct FieldReader {
  /// The longest field, in bytes, without its NUL.
  static let longest = 4096

  private var field: [UInt8] = []

  /// Reads what came next; calls `take` with each field.
  mutating func read(
    _ bytes: [UInt8], _ take: ([UInt8]) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0) {
      try add(rest[..<end])
      rest = rest[(end + 1)...]
      try take(field)
      field.removeAll(keepingCapacity: true)
    }
    try add(rest)
  }

  /// Checks that the last field was ended.
  func finish() throws(ProviderError) {
    guard field.isEmpty else { throw .damaged("an answer ends within a field") }
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) throws(ProviderError) {
    guard field.count + bytes.count <= Self.longest else {
      throw .damaged("a field of an answer is longer than \(Self.longest) bytes")
    }
    field += bytes
  }
}

/// Makes entries of fields: what it is, its ID, its name.
struct EntryReader {
  private var fields = FieldReader()
  private var pending: [[UInt8]] = []

  /// Reads what came next; calls `take` with each entry.
  mutating func read(
    _ bytes: [UInt8], _ take: (DirectoryEntry) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    // Not captured: a closure may not change what it is called on.
    var pending = self.pending
    try fields.read(bytes) { field throws(ProviderError) in
      pending.append(field)
      guard pending.count == 3 else { return }
      try take(try Self.entry(attributes: pending[0], id: pending[1], name: pending[2]))
      pending.removeAll(keepingCapacity: true)
    }
    self.pending = pending
  }

  /// Checks that the last entry was complete.
  func finish() throws(ProviderError) {
    try fields.finish()
    guard pending.isEmpty else { throw .damaged("a listing ends within an entry") }
  }

  /// An entry, whose attributes are `KIND PERMISSIONS SIZE`: `file 644 1234`, `directory 755 -`, `link 777 -`.
  static func entry(attributes: [UInt8], id: [UInt8], name: [UInt8]) throws(ProviderError) -> DirectoryEntry {
    let words = attributes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard words.count == 3, let kind = kind(words[0]), let permissions = UInt16(words[1], radix: 8),
      permissions <= 0o7777, let size = size(words[2])
    else { throw .damaged("an entry with the attributes '\(ErrorLines.shown(attributes.prefix(60)))'") }
    guard !id.isEmpty else { throw .damaged("an entry without an ID: '\(ErrorLines.shown(name.prefix(60)))'") }
    return DirectoryEntry(
      name: name, kind: kind, id: id, permissions: permissions, size: kind == .directory ? nil : size)
  }

  private static func kind(_ word: String) -> EntryKind? {
    switch word {
    case "file": .file
    case "directory": .directory
    case "link": .symbolicLink
    default: nil
    }
  }

  /// A size, or `-`: not known. Nil where it is neither.
  private static func size(_ word: String) -> Int64?? {
    if word == "-" { return .some(nil) }
    guard let size = Int64(word), size >= 0 else { return nil }
    return .some(size)
  }
}

/// Makes a page of fields: where the next one begins, or nothing, and then entries.
struct PageReader {
  private var entries = EntryReader()
  private var cursor: [UInt8] = []
  private var hasCursor = false

  /// Reads what came next; calls `take` with each entry.
  mutating func read(
    _ bytes: [UInt8], _ take: (DirectoryEntry) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    guard !hasCursor else { return try entries.read(bytes, take) }
    let end = bytes.firstIndex(of: 0)
    cursor += bytes[..<(end ?? bytes.endIndex)]
    guard cursor.count <= FieldReader.longest else { throw .damaged("the cursor of a page is too long") }
    guard let end else { return }
    hasCursor = true
    try entries.read(Array(bytes[(end + 1)...]), take)
  }

  /// Checks that the page was complete; returns where the next one begins.
  func finish() throws(ProviderError) -> ListingCursor? {
    guard hasCursor else { throw .damaged("a page without a cursor") }
    try entries.finish()
    return cursor.isEmpty ? nil : ListingCursor(cursor)
  }
}
