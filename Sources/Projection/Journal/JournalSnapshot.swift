internal import Posix

/// Records that follow one another.
struct JournalExtent: Sendable {
  /// Where the records' bytes are.
  enum Place: Sendable {
    /// In this part of a file.
    case file(JournalSegment.File, Range<Int>)
    /// In a segment's image, behind its header.
    case memory([UInt8])
  }

  /// The sequence number of the first.
  let first: UInt64
  let place: Place
}

/// What answers one question, taken under the journal's lock and read without it.
struct JournalSnapshot: Sendable {
  let instance: UInt64
  /// Records after this one are asked for, up to `last`.
  let since: UInt64
  let last: UInt64
  let extents: [JournalExtent]
  /// Paths that may change at any time.
  let openPaths: [JournalPath]

  /// Reads the answer: every path once. Throws where one record is not as it was written, for then nothing is certain.
  func changes() throws(ChangeJournal.Failure) -> [ChangeJournal.Change] {
    var list = ChangeList()
    for path in openPaths { list.insert(path, .entry) }
    var next = since + 1
    for extent in extents {
      guard extent.first <= next else { throw .damaged }
      next = try Self.read(extent, from: next, into: &list)
    }
    guard next == last + 1 else { throw .damaged }
    return list.changes
  }

  /// Collects the records from `wanted` on; returns the sequence number behind the last.
  private static func read(
    _ extent: JournalExtent, from wanted: UInt64, into list: inout ChangeList
  ) throws(ChangeJournal.Failure) -> UInt64 {
    let bytes: [UInt8]
    var offset = 0
    switch extent.place {
    case .memory(let image):
      bytes = image
      offset = JournalHeader.size
    case .file(let file, let range):
      do {
        bytes = try FileCalls.read(file.descriptor, at: Int64(range.lowerBound), count: range.count)
      } catch {
        throw .system(error)
      }
      guard bytes.count == range.count else { throw .damaged }
    }
    var expected = extent.first
    let isWhole = bytes.withUnsafeBytes { buffer in
      while offset < buffer.count {
        guard let record = JournalRecord(buffer, at: offset), record.sequence == expected,
          let scope = ChangeJournal.Scope(record.kind)
        else { return false }
        if expected >= wanted { list.insert(JournalPath(Array(buffer[record.path])), scope) }
        expected += 1
        offset = record.end
      }
      return true
    }
    guard isWhole else { throw .damaged }
    return expected
  }
}

/// Changes without repetition, in the order in which they were first named.
private struct ChangeList {
  private(set) var changes: [ChangeJournal.Change] = []
  private var places: [JournalPath: Int] = [:]

  mutating func insert(_ path: JournalPath, _ scope: ChangeJournal.Scope) {
    if let place = places[path] {
      if scope == .subtree { changes[place].scope = .subtree }
      return
    }
    places[path] = changes.count
    changes.append(ChangeJournal.Change(path: path.bytes, scope: scope))
  }
}

extension ChangeJournal.Scope {
  /// The scope of a record; nil for one that names no change.
  fileprivate init?(_ kind: JournalRecord.Kind) {
    switch kind {
    case .entry: self = .entry
    case .subtree: self = .subtree
    case .end: return nil
    }
  }

  /// The kind of record that says this.
  var kind: JournalRecord.Kind {
    switch self {
    case .entry: .entry
    case .subtree: .subtree
    }
  }
}
