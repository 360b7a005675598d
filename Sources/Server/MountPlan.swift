internal import Commands
internal import Control
internal import FuseTransport
internal import GitProvider
internal import Glibc
internal import Posix
internal import Projection
internal import Provider
internal import SystemPackage

/// Everything that is decided about a mount before anything is mounted or written.
struct MountPlan {
  /// What the user wrote.
  struct Request {
    var source: String
    var mountpoint: String
    /// nil: the repository's HEAD.
    var revision: String?
    /// The branch or tag that the revision was known by, where it is given by its id.
    var reference: String?
    var engine: Engine?
    var stateDirectory: String?
    var fileTime: ViewRecord.FileTime
    var allowOther: Bool
    var readOnly: Bool
    var verifyObjects: Bool
    /// In bytes; nil for what is usual.
    var rangedThreshold: Int64?
  }

  /// In nanoseconds: more than the second in which a view is mounted, and the one before.
  private static let headStart: Int64 = 2_000_000_000

  let repository: GitRepository
  let revision: GitRevision
  let stateDirectory: String
  let contentDirectory: String
  /// For whom files are made; nil for the process itself.
  let owner: FileOwner?
  /// Why something is not where one would look for it; shown by `status`.
  let remarks: [String]
  var record: ViewRecord

  /// Checks the source and the mountpoint. Changes nothing.
  init(_ request: Request, registry: ViewRegistry) throws(CommandFailure) {
    let repository: GitRepository
    let revision: GitRevision
    let named = request.revision ?? "HEAD"
    do {
      repository = try GitRepository(path: request.source)
      var found = try repository.revision(named)
      found.reference = found.reference ?? request.reference
      revision = found
    } catch {
      throw Self.failure(error)
    }
    self.repository = repository
    self.revision = revision
    let mountpoint = try MountpointCheck.check(request.mountpoint, gitDirectory: repository.commonDirectory)
    let isForOther = geteuid() == 0 && repository.owner.user != 0
    owner = isForOther ? FileOwner(user: repository.owner.user, group: repository.owner.group) : nil

    let name = ViewRegistry.viewName(mountpoint)
    if access(repository.commonDirectory, W_OK) == 0 {
      let home = repository.commonDirectory + "/projfs"
      contentDirectory = home + "/content"
      stateDirectory = request.stateDirectory.map(ViewLocator.absolute) ?? home + "/views/" + name
      remarks = []
    } else {
      // Another user's repository, or one on a read-only disk: contents are kept where this user may write.
      let home = registry.directory
      contentDirectory = home + "/content/" + ViewRegistry.viewName(repository.commonDirectory)
      stateDirectory = request.stateDirectory.map(ViewLocator.absolute) ?? home + "/state/" + name
      remarks = ["the repository cannot be written to; contents are kept in \(contentDirectory)"]
    }
    if request.fileTime == .commit, revision.commitTime == nil {
      throw CommandFailure(.usage, "'\(named)' is a tree and no commit, so it has no time for --mtime commit")
    }
    record = ViewRecord(
      provider: "git", source: repository.path, mountpoint: mountpoint, requestedRevision: named,
      engine: request.engine?.rawValue, allowOther: request.allowOther, readOnly: request.readOnly,
      fileTime: request.fileTime,
      verifyObjects: request.verifyObjects, inodeKey: UInt64.random(in: .min ... .max))
    record.rangedThreshold = request.rangedThreshold
  }

  /// Takes over what an earlier mount of the same view left: its inode numbers, and its times where nothing changed.
  mutating func continueView(_ earlier: ViewRecord?, now: Int64) {
    if let earlier, earlier.source == record.source, earlier.mountpoint == record.mountpoint {
      record.inodeKey = earlier.inodeKey
      // Over another revision a view without changes begins anew.
      if earlier.epochs.last?.revision == revision.id {
        record.epochs = earlier.epochs
        record.baseTime = earlier.baseTime ?? earlier.epochs.last?.time
        record.history = earlier.history
        record.unended = earlier.unended
        record.unnoted = earlier.unnoted
      }
    }
    record.move(to: revision, time: now)
    if record.baseTime == nil {
      // git compares times by the second: what the view begins with must be older than what is changed in it.
      record.baseTime =
        record.fileTime == .commit ? (revision.commitTime ?? 0) * 1_000_000_000 : now - Self.headStart
    }
  }

  /// The permission bits that who mounts does not give away.
  var umask: UInt16 {
    let mask = Glibc.umask(0)
    Glibc.umask(mask)
    return UInt16(mask)
  }

  /// What the core is to show.
  func fileSystemOptions(_ history: PathHistory) -> ProjectionCore.Options {
    let mask = umask
    let (seconds, nanoseconds) = (record.baseTime ?? 0).quotientAndRemainder(dividingBy: 1_000_000_000)
    let time = TimeStamp(seconds: seconds, nanoseconds: UInt32(clamping: nanoseconds))
    // A view that root serves for somebody else must let other users in, for that one to get in. Others stop here.
    let rootMask: UInt16 = owner != nil && !record.allowOther ? 0o700 : 0o7777
    var options = ProjectionCore.Options(
      owner: owner ?? FileOwner(user: geteuid(), group: getegid()), umask: mask,
      rootPermissions: 0o777 & ~mask, rootMask: rootMask, time: time,
      history: history, inodeKey: record.inodeKey)
    if let threshold = record.rangedThreshold { options.rangedThreshold = threshold }
    return options
  }

  /// How to mount.
  func sessionOptions() -> FuseSession.Options {
    FuseSession.Options(
      mountpoint: record.mountpoint, source: stateDirectory, allowOther: record.allowOther || owner != nil,
      readOnly: record.readOnly ?? false, engine: record.engine.flatMap(Engine.init(rawValue:)))
  }

  private static func failure(_ error: GitSourceError) -> CommandFailure {
    switch error {
    case .gitMissing:
      CommandFailure(.fuseUnavailable, "the program 'git' cannot be run; install git and have it in PATH")
    case .notARepository(let path, let reason):
      CommandFailure(.noSource, "'\(path)' is not a git repository: \(reason)")
    case .unsupportedFormat(let path, let format):
      CommandFailure(.noSource, "'\(path)' is a \(format) repository, and only sha1 repositories are supported")
    case .empty(let path):
      CommandFailure(
        .noSource, "the repository '\(path)' is empty; make a first commit, or name another revision by --rev")
    case .unknownRevision(let name, let path):
      CommandFailure(.noSource, "revision '\(name)' does not exist in '\(path)'")
    case .notATree(let name, let kind):
      CommandFailure(.noSource, "revision '\(name)' is a \(kind); name a commit, a tag or a tree")
    case .damaged(let path, let reason):
      CommandFailure(.damaged, "the repository '\(path)' is damaged: \(reason); 'git fsck' says more")
    }
  }
}
