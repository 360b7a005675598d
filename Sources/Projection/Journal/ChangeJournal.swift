package import Posix
package import SystemPackage

/// Records every path of a view whose visible state changed, and says what changed since a token was handed out.
///
/// An answer never misses a change: what cannot be answered exactly is answered with "unknown". It may name a path whose
/// state is the same again. Every change is recorded *after* it was made and *before* its caller hears of it. So a
/// change is either not made yet when a token is handed out, or its record is newer than the token, or whoever got the
/// token looks at the path after the change.
///
/// A path that was recorded since the last token was handed out is not recorded again: that record is newer than every
/// token there is, so whoever asks is told of it, or told "unknown" once it is dropped. Handing out a token forgets
/// which paths these were.
///
/// The records are in the files `journal` and `journal.old` of the view's state directory, each of them on the file
/// when `record` returns. Their numbers are good for one *instance*; a new one is begun where changes may have been
/// missed: after an unclean stop, a disk that failed, a damaged file. No call fails because of the disk: the journal
/// goes on in memory, and moves to the disk when it can.
///
/// Any thread may call anything. No call waits for a provider, and reading an answer keeps no recorder waiting.
package final class ChangeJournal: Sendable {
  /// How large one of the two files becomes, in bytes, unless told otherwise.
  package static let defaultSegmentLimit = 4 << 20
  /// The names that the journal uses in its directory.
  package static var fileNames: [String] { JournalDirectory.names }

  // A leaf lock. Appending a record, beginning a file and ending the journal are done under it; reading is not.
  private let state: InvariantMutex<JournalState>

  /// Goes on with the journal in `directory`, or begins a new one.
  ///
  /// - Parameters:
  ///   - directory: The view's state directory, of which the journal keeps a descriptor of its own.
  ///   - owner: Who gets the files; the process where it is nil.
  ///   - afterCleanStop: Whether the last server ended in order, since the machine was started. Where it did not, data
  ///     may have been written after the last record, and a new instance is begun.
  ///   - segmentLimit: How large one of the two files becomes, in bytes.
  /// - Throws: Only where no descriptor can be had.
  package convenience init(
    in directory: borrowing OwnedDescriptor, owner: FileOwner?, afterCleanStop: Bool,
    segmentLimit: Int = defaultSegmentLimit
  ) throws(Errno) {
    try self.init(
      in: directory, owner: owner, afterCleanStop: afterCleanStop, segmentLimit: segmentLimit, fault: { _ in nil })
  }

  init(
    in directory: borrowing OwnedDescriptor, owner: FileOwner?, afterCleanStop: Bool, segmentLimit: Int,
    fault: @escaping JournalDirectory.Fault
  ) throws(Errno) {
    let files = try JournalDirectory(directory, owner: owner, fault: fault)
    state = InvariantMutex(JournalState(files, afterCleanStop: afterCleanStop, segmentLimit: segmentLimit))
  }

  // MARK: - Recording

  /// Records a change that was made. Returns the number of the record that names it.
  ///
  /// The path is from the view's root, as raw bytes, without a slash at either end; empty for the root. For one that is
  /// longer than 1 MiB, a directory above it is recorded with everything below.
  @discardableResult
  package func record(_ path: [UInt8], _ scope: Scope = .entry) -> UInt64 {
    state.withLock { $0.record(JournalPath(path), scope) }
  }

  /// Records changes that were made together.
  package func record(_ paths: [(path: [UInt8], scope: Scope)]) {
    let records = paths.map { (path: JournalPath($0.path), scope: $0.scope) }
    state.withLock { $0.record(records) }
  }

  /// Records that something was removed, or replaced by something else that is not it renamed. Files that were open for
  /// writing there are visible nowhere any more.
  package func recordRemoval(of path: [UInt8], _ scope: Scope = .entry) {
    let path = JournalPath(path)
    state.withLock { state in
      if !state.writers.isEmpty { state.writers.drop(path, scope) }
      _ = state.record(path, scope)
    }
  }

  /// Records that `old` became `new`: both paths changed, and files open for writing are at the new one.
  ///
  /// Writers and records in one step: a file that was closed between them would be recorded under a path that is gone.
  /// Not for a rename that does nothing, because both are names of one file.
  ///
  /// - Parameters:
  ///   - old: Where it was.
  ///   - new: Where it is. What was there is gone.
  ///   - scope: `subtree` if either of them is, or was, a directory.
  ///   - exchanging: Whether what was at `new` is at `old` now.
  package func recordRename(
    from old: [UInt8], to new: [UInt8], _ scope: Scope = .entry, exchanging: Bool = false
  ) {
    let (old, new) = (JournalPath(old), JournalPath(new))
    state.withLock { state in
      if !state.writers.isEmpty { state.writers.move(from: old, to: new, scope, exchanging: exchanging) }
      _ = state.record(old, scope)
      _ = state.record(new, scope)
    }
  }

  /// Records that the file at `old` has the second name `new`: files open for writing at one are at both.
  package func recordLink(from old: [UInt8], to new: [UInt8]) {
    let (old, new) = (JournalPath(old), JournalPath(new))
    state.withLock { state in
      if !state.writers.isEmpty { state.writers.link(old, to: new) }
      _ = state.record(new, .entry)
    }
  }

  // MARK: - Writers

  /// Notes, before the open is answered, that a file may be written to from now on without a record of it: every answer
  /// names its path until it is closed. A file with several names is begun once for each.
  package func beginWriting(_ path: [UInt8]) -> WriterToken {
    state.withLock { $0.writers.begin(JournalPath(path)) }
  }

  /// Notes that a file will not be written to any more, and records its path as it is now. A token counts once.
  package func endWriting(_ writer: WriterToken) {
    state.withLock { state in
      for path in state.writers.end(writer) { _ = state.record(path, .entry) }
    }
  }

  // MARK: - Answering

  /// The present moment.
  package var token: Token {
    state.withLock { $0.handOutToken() }
  }

  /// What changed since `token`; unknown for nil, which stands for what is no token.
  ///
  /// The files are read on the calling thread, one after the other: about half a microsecond for each record.
  package func changes(since token: Token?) -> Changes {
    guard let token else { return .unknown(token: self.token) }
    let (snapshot, now) = state.withLock { $0.snapshot(since: token) }
    guard let snapshot else { return .unknown(token: now) }
    do throws(Failure) {
      return .exact(paths: try snapshot.changes(), token: now)
    } catch {
      return .unknown(token: state.withLock { $0.giveUp(snapshot.instance, because: error) })
    }
  }

  // MARK: - State

  /// The last reason to begin a new instance or to stay in memory, in this process; nil where all went well.
  package var lastFailure: Failure? {
    state.withLock { $0.lastFailure }
  }

  /// Whether the records are on the disk; in memory until it takes them again.
  package var isOnDisk: Bool {
    state.withLock { $0.isOnDisk }
  }

  /// Ends the journal, once, when no change can be made any more.
  ///
  /// With `clean` it reaches the disk and is gone on with after a clean stop, unless a file is still open for writing:
  /// the kernel may go on writing to it. Where this throws, the stop was not clean.
  package func close(clean: Bool) throws(Errno) {
    try state.withLock { state throws(Errno) in try state.close(clean: clean) }
  }
}
