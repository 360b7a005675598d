internal import Control
internal import Glibc
internal import Logging
internal import Posix
internal import Projection
internal import Provider
internal import Synchronization
internal import SystemPackage
internal import ViewStorage

/// What a view keeps on disk, opened: nobody else can, as long as this lives.
///
/// Its calls block for as long as a disk takes.
final class ViewState: Sendable {
  /// What `view.json` says of views of this kind.
  private static let providerName = "embedded"
  /// In nanoseconds: what a view begins with must be older, by the second, than what is changed in it.
  private static let headStart: Int64 = 2_000_000_000

  let store: ContentStore
  let local: LocalTree
  let journal: ChangeJournal
  let options: ProjectionCore.Options

  private let directory: StateDirectory
  // A leaf lock. Held from beginning to end.
  private let lock: Mutex<OwnedDescriptor?>
  // A leaf lock; the state directory's files are written under it.
  private let record: Mutex<ViewRecord>

  /// Opens the state of a view of `root` in the directory `path`, or begins one.
  init(
    _ path: String, mountpoint: String, root: DirectoryID, isChanging: Bool, _ options: ProjectedFileSystem.Options
  ) throws(ProjectedFileSystem.Failure) {
    let me = FileOwner(user: geteuid(), group: getegid())
    let owner = options.owner.map { FileOwner(user: $0.user, group: $0.group) } ?? me
    let other = owner == me ? nil : owner
    do {
      directory = try StateDirectory(making: path, owner: other)
      lock = Mutex(try directory.lock())
      let earlier = try Self.earlier(in: directory)
      // What is most likely to fail comes before anything changes.
      local = try LocalTree(in: path, owner: other)
      if !options.isReadOnly { try local.checkAbilities() }
      let wasClean = try directory.takeCleanMark()
      let isTrusted = earlier == nil || wasClean
      let record = Self.record(
        after: earlier, mountpoint: mountpoint, root: root, isChanging: isChanging, options)
      try directory.write(record)
      self.record = Mutex(record)
      journal = try ChangeJournal(in: directory.descriptor, owner: other, afterCleanStop: earlier != nil && wasClean)
      store = try ContentStore(path: path + "/content", owner: other, suspectAll: !isTrusted)
      let history = directory.history(record)
      if history == nil { options.logger.error("what has happened to paths is damaged: files show earlier times") }
      let mask = options.umask ?? Self.processUmask
      let (seconds, nanoseconds) = (record.baseTime ?? 0).quotientAndRemainder(dividingBy: 1_000_000_000)
      self.options = ProjectionCore.Options(
        owner: owner, umask: mask, rootPermissions: 0o777 & ~mask,
        rootMask: other != nil && !options.allowsOtherUsers ? 0o700 : 0o7777,
        time: TimeStamp(seconds: seconds, nanoseconds: UInt32(clamping: nanoseconds)),
        history: history ?? PathHistory(), inodeKey: record.inodeKey)
    } catch let failure as StateDirectory.Failure {
      throw Self.failure(failure, path)
    } catch let error as Errno {
      throw .state(FilePath(path), reason: Self.reason(error))
    } catch {
      throw .state(FilePath(path), reason: "\(error)")
    }
  }

  /// Makes it last that the projection has moved.
  func save(_ history: PathHistory, root: DirectoryID) throws {
    try record.withLock { record in
      var changed = record
      if changed.epochs.last?.revision != root.description {
        changed.epochs.append(ViewRecord.Epoch(revision: root.description, reference: nil, time: Self.now))
      }
      record = try directory.write(history, with: changed)
    }
  }

  /// Ends the view in order, and lets others have the state. Without this the next one trusts nothing.
  func close() throws {
    defer { lock.withLock { $0 = nil } }
    try journal.close(clean: true)
    try directory.leaveCleanMark()
  }

  // MARK: - Beginning

  private static func earlier(
    in directory: borrowing StateDirectory
  ) throws -> ViewRecord? {
    do {
      let record = try directory.record()
      guard record.provider == providerName else { throw OtherView() }
      return record
    } catch StateDirectory.Failure.noView {
      return nil
    }
  }

  private struct OtherView: Error, CustomStringConvertible {
    var description: String { "a view of another kind keeps its state there" }
  }

  private static func record(
    after earlier: ViewRecord?, mountpoint: String, root: DirectoryID, isChanging: Bool,
    _ options: ProjectedFileSystem.Options
  ) -> ViewRecord {
    var record =
      earlier
      ?? ViewRecord(
        provider: providerName, source: options.name, mountpoint: mountpoint, requestedRevision: root.description,
        engine: nil, allowOther: false, readOnly: false, fileTime: .epoch, verifyObjects: false,
        inodeKey: UInt64.random(in: .min ... .max))
    record.source = options.name
    record.mountpoint = mountpoint
    record.allowOther = options.allowsOtherUsers
    record.readOnly = options.isReadOnly
    let isSame = earlier?.epochs.last?.revision == root.description
    if !isSame { record.epochs.append(ViewRecord.Epoch(revision: root.description, reference: nil, time: now)) }
    // What may have changed while nobody looked is new to programs that go by times.
    if !isSame || isChanging || record.baseTime == nil { record.baseTime = now - headStart }
    return record
  }

  private static var now: Int64 {
    let time = TimeStamp.now
    return time.seconds * 1_000_000_000 + Int64(time.nanoseconds)
  }

  /// The process's umask, read without changing it.
  private static var processUmask: UInt16 {
    let status = (try? FileCalls.contents("/proc/self/status")) ?? []
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Umask:") }
    return line.flatMap { UInt16($0.dropFirst("Umask:".count).trimmingPrefix { $0.isWhitespace }, radix: 8) } ?? 0o022
  }

  private static func failure(_ failure: StateDirectory.Failure, _ path: String) -> ProjectedFileSystem.Failure {
    switch failure {
    case .inUse: .stateInUse(FilePath(path))
    case .noView: .state(FilePath(path), reason: "there is no view")
    case .damaged(let file): .state(FilePath(path), reason: "'\(file)' is damaged")
    case .newerFormat(let format): .state(FilePath(path), reason: "it has format \(format), of a newer program")
    case .system(let error): .state(FilePath(path), reason: "\(error)")
    }
  }

  private static func reason(_ error: Errno) -> String {
    switch error {
    case .notSupported, .notSupportedOnSocket, .notPermitted, .invalidArgument:
      "its file system cannot keep changes (extended attributes and whiteouts): \(error)"
    default: "\(error)"
    }
  }
}
