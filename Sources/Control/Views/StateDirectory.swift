internal import Glibc
package import Posix
package import SystemPackage

/// A view's state directory:
///
///     view.json      what the view is
///     lock           held by the server
///     clean          exists only after an orderly unmount
///     control.sock   where the server listens
///     log            what the server says
///     policy.json    who may hydrate; where it is missing, everybody
///     fsmonitor      a link to the program that git asks what changed
///     paths.N        what has happened to paths (`view.json` says which N counts)
///     journal        what changed, and in journal.old what changed before
///     local          what users changed, under real names; beside it staging and lost+found
package struct StateDirectory: ~Copyable, Sendable {
  /// Why a state directory cannot be used.
  package enum Failure: Error, Sendable {
    /// There is no view in it.
    case noView
    /// Another server has it.
    case inUse
    /// `view.json` makes no sense.
    case damaged(String)
    /// `view.json` is of a newer program.
    case newerFormat(Int)
    /// The disk below fails.
    case system(Errno)
  }

  private static let recordName = "view.json"
  private static let lockName = "lock"
  private static let cleanName = "clean"
  private static let logName = "log"
  /// What this module keeps there.
  package static let fileNames = [
    recordName, lockName, cleanName, logName, hookName, policyName, ControlSocket.name,
  ]
  /// The link to git's hook.
  package static let hookName = "fsmonitor"
  static let policyName = "policy.json"
  /// Larger than this, a log is begun anew at the next mount.
  private static let logLimit = 4 << 20

  /// The directory, as an absolute path.
  package let path: String
  /// The open directory.
  package let descriptor: OwnedDescriptor
  /// For whom files are made; nil for the process itself.
  package let owner: FileOwner?

  /// Opens the directory, making it for `owner` if it is missing.
  package init(making path: String, owner: FileOwner?) throws(Failure) {
    do {
      descriptor = try Directories.make(path, owner: owner)
    } catch {
      throw .system(error)
    }
    self.path = path
    self.owner = owner
  }

  /// Opens the directory of a view that exists.
  package init(existing path: String) throws(Failure) {
    do throws(Errno) {
      _ = try FileCalls.status("\(path)/\(Self.recordName)")
    } catch {
      throw error == .noSuchFileOrDirectory ? .noView : .system(error)
    }
    do throws(Errno) {
      descriptor = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
    } catch {
      throw .system(error)
    }
    self.path = path
    owner = nil
  }

  /// Takes the lock for as long as the descriptor lives.
  package func lock() throws(Failure) -> OwnedDescriptor {
    do throws(Errno) {
      let lock = try create(Self.lockName)
      try FileCalls.lock(lock.rawValue)
      return lock
    } catch {
      throw error == .wouldBlock ? .inUse : .system(error)
    }
  }

  /// Reads `view.json`.
  package func record() throws(Failure) -> ViewRecord {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try FileCalls.contents(at: descriptor.rawValue, Self.recordName)
    } catch {
      throw error == .noSuchFileOrDirectory ? .noView : .system(error)
    }
    struct Format: Decodable {
      let format: Int
    }
    do {
      let format = try JSON.decode(Format.self, from: bytes).format
      if format > ViewRecord.currentFormat { throw Failure.newerFormat(format) }
      return try JSON.decode(ViewRecord.self, from: bytes)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .damaged("\(path)/\(Self.recordName)")
    }
  }

  /// Replaces `view.json`, as a whole or not at all. What is not `isLasting` may reach the disk later.
  package func write(_ record: ViewRecord, isLasting: Bool = true) throws(Failure) {
    guard let bytes = try? JSON.encode(record, pretty: true) else { throw .damaged(path) }
    do throws(Errno) {
      try FileCalls.replace(
        at: descriptor.rawValue, Self.recordName, with: bytes, mode: record.hasSecrets ? 0o600 : 0o644, owner: owner,
        isLasting: isLasting)
    } catch {
      throw .system(error)
    }
  }

  /// Takes the mark of an orderly unmount away. Returns whether it was there, left since the machine was started.
  ///
  /// What was written before the last start of the machine may never have reached the disk, mark or no mark.
  package func takeCleanMark() throws(Failure) -> Bool {
    do throws(Errno) {
      let mark = try FileCalls.contents(at: descriptor.rawValue, Self.cleanName)
      try FileCalls.remove(at: descriptor.rawValue, Self.cleanName)
      return try mark == Self.bootID()
    } catch {
      guard error == .noSuchFileOrDirectory else { throw .system(error) }
      return false
    }
  }

  /// Notes an orderly unmount.
  package func leaveCleanMark() throws(Failure) {
    do throws(Errno) {
      // After the next boot it does not count anyway, and a disk that is busy would keep an unmount waiting.
      try FileCalls.replace(
        at: descriptor.rawValue, Self.cleanName, with: Self.bootID(), owner: owner, isLasting: false)
    } catch {
      throw .system(error)
    }
  }

  /// Differs after each start of the machine.
  private static func bootID() throws(Errno) -> [UInt8] {
    try FileCalls.contents("/proc/sys/kernel/random/boot_id")
  }

  /// Opens the log for appending; one that has grown large is begun anew.
  package func openLog() throws(Failure) -> OwnedDescriptor {
    do throws(Errno) {
      let log = try create(Self.logName, O_APPEND)
      if try FileCalls.status(log.rawValue).st_size > Self.logLimit { ftruncate(log.rawValue, 0) }
      return log
    } catch {
      throw .system(error)
    }
  }

  private func create(_ name: String, _ flags: CInt = 0) throws(Errno) -> OwnedDescriptor {
    let file = try FileCalls.open(
      at: descriptor.rawValue, name, O_RDWR | O_CREAT | O_NOFOLLOW | flags, mode: 0o644)
    if let owner { try FileCalls.changeOwner(file.rawValue, user: owner.user, group: owner.group) }
    return file
  }
}
