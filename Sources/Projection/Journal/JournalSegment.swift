internal import Posix

/// One file of the journal: where its records are, as far as this process knows them. Never touches the disk.
struct JournalSegment: Sendable {
  /// The open file, which a reader may hold longer than the journal does.
  final class File: Sendable {
    private let owned: OwnedDescriptor

    var descriptor: CInt { owned.rawValue }

    init(_ owned: consuming OwnedDescriptor) {
      self.owned = owned
    }
  }

  /// Where a record begins.
  private struct Mark: Sendable {
    let sequence: UInt64
    let offset: Int
  }

  /// One record in so many is found without reading those before it.
  private static let markInterval: UInt64 = 256

  let file: File
  /// The sequence number of its first record.
  let first: UInt64
  /// The file's length in bytes, header and records.
  private(set) var length: Int
  private var marks: [Mark]

  /// A file of `length` bytes whose records, if it has any, begin with `first`.
  init(_ file: File, first: UInt64, length: Int) {
    self.file = file
    self.first = first
    self.length = length
    marks = [Mark(sequence: first, offset: JournalHeader.size)]
  }

  /// Notes that the record `sequence`, of `count` bytes, is in the file.
  mutating func noteAppended(_ count: Int, sequence: UInt64) {
    if let last = marks.last, sequence - last.sequence >= Self.markInterval {
      marks.append(Mark(sequence: sequence, offset: length))
    }
    length += count
  }

  /// The records from `sequence` on, and some before: at most 255, or all that another process wrote.
  func extent(from sequence: UInt64) -> JournalExtent {
    let mark = marks.last { $0.sequence <= sequence } ?? Mark(sequence: first, offset: JournalHeader.size)
    return JournalExtent(first: mark.sequence, place: .file(file, mark.offset..<length))
  }
}
