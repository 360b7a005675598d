internal import SystemPackage

/// What the journal's lock guards: the files that are being written, and what was said about them.
///
/// The journal is on disk (`file`, and perhaps `previous`) or, while the disk refuses, in memory (`image`). Whatever
/// makes the records so far doubtful begins a new instance, about which old tokens know nothing.
struct JournalState: InvariantChecked {
  /// While the disk refuses, it is tried again at every token, and after so many records.
  private static let recordsPerTry = 1024
  /// How large the image of a journal in memory becomes before it is begun anew.
  private static let imageLimit = 1 << 20
  /// So many bytes of records that come together are written at once; a buffer is kept for the next record unless it is
  /// larger.
  private static let bufferLimit = 64 * 1024

  private let directory: JournalDirectory
  private let segmentLimit: Int

  private(set) var instance: UInt64
  /// The number of the last record; 0 before the first.
  private var last: UInt64 = 0
  private var file: JournalSegment?
  private var previous: JournalSegment?
  /// In memory: what the file would contain, and the number of its first record.
  private var image: [UInt8]
  private var imageFirst: UInt64 = 1
  private var recordsSinceTry = 0

  private var recent = RecentPaths()
  /// Records that are not where the records are yet, and the length of each. Empty but within a call.
  private var buffer: [UInt8] = []
  private var lengths: [Int] = []
  private var isClosed = false
  var writers = OpenWriters()
  private(set) var lastFailure: ChangeJournal.Failure?

  /// Whether records reach the disk.
  var isOnDisk: Bool { file != nil }

  /// Goes on with the journal in `directory`, or begins a new one.
  init(_ directory: JournalDirectory, afterCleanStop: Bool, segmentLimit: Int) {
    self.directory = directory
    self.segmentLimit = segmentLimit
    instance = UInt64.random(in: 1...UInt64.max)
    image = JournalHeader(instance: instance, first: 1).encoded
    do throws(ChangeJournal.Failure) {
      if afterCleanStop, let kept = try directory.reopen() {
        instance = kept.instance
        last = kept.last
        file = kept.current
        previous = kept.previous
        image = []
        return
      }
    } catch {
      lastFailure = error
    }
    directory.remove()
    moveToDisk()
  }

  // MARK: - Recording

  /// Returns the number of the record that names this, an earlier one if it does.
  mutating func record(_ path: JournalPath, _ scope: ChangeJournal.Scope) -> UInt64 {
    guard path.bytes.count <= JournalRecord.longestPath else {
      return record(path.ancestor(within: JournalRecord.longestPath), .subtree)
    }
    let sequence = add(path, scope)
    flush()
    return sequence
  }

  /// The same for several, which reach the disk together.
  mutating func record(_ paths: [(path: JournalPath, scope: ChangeJournal.Scope)]) {
    for (path, scope) in paths {
      guard path.bytes.count <= JournalRecord.longestPath else {
        flush()
        _ = record(path, scope)
        continue
      }
      let room = min(Self.bufferLimit, segmentLimit - JournalHeader.size)
      if buffer.count + path.bytes.count + JournalRecord.overhead > room { flush() }
      _ = add(path, scope)
    }
    flush()
  }

  /// Encodes a record, unless an earlier one names the same. Returns the number of the one that does.
  private mutating func add(_ path: JournalPath, _ scope: ChangeJournal.Scope) -> UInt64 {
    if let sequence = recent.sequence(of: path, scope) { return sequence }
    last += 1
    let start = buffer.count
    JournalRecord.encode(scope.kind, path.bytes, sequence: last, into: &buffer)
    lengths.append(buffer.count - start)
    recent.insert(path, scope, last)
    return last
  }

  /// Puts the encoded records, the last of which has the number `last`, where the records are.
  private mutating func flush() {
    guard !lengths.isEmpty else { return }
    write(first: last - UInt64(lengths.count - 1))
    lengths.removeAll(keepingCapacity: true)
    if buffer.capacity > 2 * Self.bufferLimit { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
  }

  private mutating func write(first: UInt64) {
    if file != nil {
      do throws(Errno) {
        return try writeToDisk(first: first)
      } catch {
        beginInstance(first: first, because: .system(error))
      }
    }
    // A record after the end: the mark of an orderly end must not stand.
    if isClosed { directory.remove() }
    if image.count + buffer.count > min(Self.imageLimit, segmentLimit) { beginImage(first: first) }
    image += buffer
    recordsSinceTry += lengths.count
    if recordsSinceTry >= Self.recordsPerTry { moveToDisk() }
  }

  private mutating func writeToDisk(first: UInt64) throws(Errno) {
    if let full = file, full.length + buffer.count > segmentLimit, full.first < first {
      let header = JournalHeader(instance: instance, first: first)
      file = try directory.begin(header.encoded, first: first, keepsCurrent: true)
      previous = full
    }
    if let open = file?.file { try directory.append(buffer, to: open) }
    for (place, length) in lengths.enumerated() {
      file?.noteAppended(length, sequence: first + UInt64(place))
    }
  }

  /// Begins a new instance in memory, with the record `first` as its first. All earlier tokens are void.
  private mutating func beginInstance(first: UInt64, because failure: ChangeJournal.Failure) {
    lastFailure = failure
    instance = UInt64.random(in: 1...UInt64.max)
    file = nil
    previous = nil
    // Gone, it leaves room, and can be taken for a good one by nobody.
    directory.remove()
    beginImage(first: first)
    recordsSinceTry = 0
    recent.removeAll()
  }

  private mutating func beginImage(first: UInt64) {
    image = JournalHeader(instance: instance, first: first).encoded
    imageFirst = first
  }

  /// Has the disk take what is in memory; all stays as it is where it refuses.
  private mutating func moveToDisk() {
    guard !isClosed else { return }
    recordsSinceTry = 0
    do throws(Errno) {
      file = try directory.begin(image, first: imageFirst, keepsCurrent: false)
      image = []
    } catch {
      lastFailure = .system(error)
    }
  }

  // MARK: - Answering

  /// The present moment, handed out: from here on every path must be recorded anew.
  mutating func handOutToken() -> ChangeJournal.Token {
    if file == nil { moveToDisk() }
    recent.removeAll()
    return ChangeJournal.Token(instance: instance, sequence: last)
  }

  /// What answers the question, or nil where nothing can, and the present moment.
  mutating func snapshot(since token: ChangeJournal.Token) -> (JournalSnapshot?, ChangeJournal.Token) {
    let now = handOutToken()
    let oldest = previous?.first ?? file?.first ?? imageFirst
    guard token.instance == instance, token.sequence <= last, token.sequence >= oldest - 1 else { return (nil, now) }
    let next = token.sequence + 1
    var extents: [JournalExtent] = []
    if let previous, let file, next < file.first { extents.append(previous.extent(from: next)) }
    if let file {
      extents.append(file.extent(from: max(next, file.first)))
    } else {
      extents.append(JournalExtent(first: imageFirst, place: .memory(image)))
    }
    let snapshot = JournalSnapshot(
      instance: instance, since: token.sequence, last: last, extents: next > last ? [] : extents,
      openPaths: writers.paths)
    return (snapshot, now)
  }

  /// Gives the records of `instance` up. Returns the present moment, handed out.
  mutating func giveUp(_ instance: UInt64, because failure: ChangeJournal.Failure) -> ChangeJournal.Token {
    // Several readers may have come upon the same damage.
    if self.instance == instance { beginInstance(first: last + 1, because: failure) }
    return handOutToken()
  }

  // MARK: - The end

  /// Ends the journal. Only with `clean`, and with no file open for writing, can it be gone on with.
  mutating func close(clean: Bool) throws(Errno) {
    guard !isClosed else { return }
    if file == nil { moveToDisk() }
    isClosed = true
    defer {
      instance = UInt64.random(in: 1...UInt64.max)
      file = nil
      previous = nil
      beginImage(first: last + 1)
      recent.removeAll()
    }
    guard clean, writers.isEmpty else { return directory.remove() }
    guard let file else {
      directory.remove()
      if case .system(let error) = lastFailure { throw error }
      throw .ioError
    }
    do throws(Errno) {
      try directory.end(file, instance: instance, last: last)
    } catch {
      lastFailure = .system(error)
      directory.remove()
      throw error
    }
  }

  func checkInvariants() {
    assert((file == nil) == !image.isEmpty, "the journal is either on disk or in memory")
    assert(file != nil || previous == nil, "what is in memory has nothing before it")
    assert(imageFirst >= 1 && (file?.first ?? imageFirst) <= last + 1, "a segment begins at or before the next record")
    if let file, let previous { assert(previous.first < file.first, "the previous segment has records") }
  }
}
