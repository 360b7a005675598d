internal import Glibc
internal import Posix
internal import SystemPackage

/// The journal's files in a view's state directory. Decides nothing; what fails is the caller's to answer for.
///
///     journal       the current segment
///     journal.old   the one before
///     journal.new   a segment until it is complete enough to take its name
final class JournalDirectory: Sendable {
  /// What can fail, for tests that make it fail.
  enum Step: Sendable, CaseIterable {
    case reopen, create, append, rename, end, remove
  }

  /// Asked before each step; what it returns is thrown in the place of the step.
  typealias Fault = @Sendable (Step) -> Errno?

  private static let current = "journal"
  private static let previous = "journal.old"
  private static let draft = "journal.new"
  /// Every name that the journal may leave in the directory.
  static let names = [current, previous, draft]

  private let descriptor: OwnedDescriptor
  private let owner: FileOwner?
  private let fault: Fault

  /// Keeps a descriptor of its own on `directory`.
  init(_ directory: borrowing OwnedDescriptor, owner: FileOwner?, fault: @escaping Fault) throws(Errno) {
    descriptor = try FileCalls.open(at: directory.rawValue, ".", O_RDONLY | O_DIRECTORY)
    self.owner = owner
    self.fault = fault
  }

  /// A journal as the last process left it.
  struct Kept {
    let instance: UInt64
    let last: UInt64
    let previous: JournalSegment?
    let current: JournalSegment
  }

  /// Opens a journal that was closed in order, and takes the mark of that away; nil where there is no journal. Throws
  /// `damaged` where it was not closed in order.
  func reopen() throws(ChangeJournal.Failure) -> Kept? {
    do throws(Errno) {
      try check(.reopen)
      guard let (file, header, length) = try openSegment(Self.current, O_RDWR | O_APPEND) else { return nil }
      // The instance in the mark keeps a path that looks like one from being taken for it.
      let markLength = JournalRecord.overhead + MemoryLayout<UInt64>.size
      let markOffset = length - markLength
      guard let header, markOffset >= JournalHeader.size else { throw Errno.badMessage }
      let bytes = try FileCalls.read(file.descriptor, at: Int64(markOffset), count: markLength)
      let sequence = bytes.withUnsafeBytes { buffer -> UInt64? in
        guard let mark = JournalRecord(buffer, at: 0), mark.kind == .end,
          buffer[mark.path].elementsEqual(Self.bytes(of: header.instance)),
          (header.first..<JournalHeader.sequenceLimit).contains(mark.sequence)
        else { return nil }
        return mark.sequence
      }
      guard let sequence else { throw Errno.badMessage }
      let old = try openSegment(Self.previous, O_RDONLY)
      try FileCalls.retrying { ftruncate(file.descriptor, off_t(markOffset)) }
      var previous: JournalSegment?
      if let old, let oldHeader = old.header, oldHeader.instance == header.instance, oldHeader.first < header.first {
        previous = JournalSegment(old.file, first: oldHeader.first, length: old.length)
      }
      return Kept(
        instance: header.instance, last: sequence - 1, previous: previous,
        current: JournalSegment(file, first: header.first, length: markOffset))
    } catch {
      throw error == .badMessage ? .damaged : .system(error)
    }
  }

  /// Makes `image` (a header, and whole records) the current segment. What was current becomes the previous one, or is
  /// gone like the previous one.
  func begin(_ image: [UInt8], first: UInt64, keepsCurrent: Bool) throws(Errno) -> JournalSegment {
    try check(.create)
    // Never into a file that is already there: the directory is its user's, and this process may be root.
    try removeIfPresent(Self.draft)
    let file = try FileCalls.open(
      at: descriptor.rawValue, Self.draft, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    if let owner { try FileCalls.changeOwner(file.rawValue, user: owner.user, group: owner.group) }
    try FileCalls.writeAll(file.rawValue, image)
    if keepsCurrent {
      try FileCalls.rename(at: descriptor.rawValue, Self.current, to: Self.previous)
    } else {
      try removeIfPresent(Self.previous)
    }
    // A stop here leaves no journal, which says that nothing is known.
    try check(.rename)
    try FileCalls.rename(at: descriptor.rawValue, Self.draft, to: Self.current)
    return JournalSegment(JournalSegment.File(file), first: first, length: image.count)
  }

  /// Appends one record with one write(2). Where it throws, part of the record may be in the file.
  func append(_ record: [UInt8], to file: JournalSegment.File) throws(Errno) {
    try check(.append)
    try FileCalls.writeAll(file.descriptor, record)
  }

  /// Marks a journal as closed in order. It need not reach the disk: a clean stop counts until the machine is stopped.
  func end(_ segment: JournalSegment, instance: UInt64, last: UInt64) throws(Errno) {
    try check(.end)
    var record: [UInt8] = []
    JournalRecord.encode(.end, Self.bytes(of: instance), sequence: last + 1, into: &record)
    try FileCalls.writeAll(segment.file.descriptor, record)
  }

  /// Removes the journal, as far as that is possible.
  func remove() {
    guard fault(.remove) == nil else { return }
    for name in Self.names { try? removeIfPresent(name) }
  }

  private func openSegment(
    _ name: String, _ flags: CInt
  ) throws(Errno) -> (file: JournalSegment.File, header: JournalHeader?, length: Int)? {
    let file: JournalSegment.File
    do {
      // O_NONBLOCK, or a FIFO in the file's place would keep the mount waiting.
      let opened = try FileCalls.open(at: descriptor.rawValue, name, flags | O_NOFOLLOW | O_NONBLOCK)
      file = JournalSegment.File(opened)
    } catch .noSuchFileOrDirectory {
      return nil
    }
    let status = try FileCalls.status(file.descriptor)
    guard status.st_mode & S_IFMT == S_IFREG else { return (file, nil, 0) }
    let bytes = try FileCalls.read(file.descriptor, at: 0, count: JournalHeader.size)
    return (file, bytes.withUnsafeBytes { JournalHeader($0) }, Int(status.st_size))
  }

  private func removeIfPresent(_ name: String) throws(Errno) {
    do {
      try FileCalls.remove(at: descriptor.rawValue, name)
    } catch .noSuchFileOrDirectory {
      return
    }
  }

  private func check(_ step: Step) throws(Errno) {
    if let failure = fault(step) { throw failure }
  }

  private static func bytes(of instance: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(integer: instance)
    return bytes
  }
}
