internal import Commands
internal import Control
internal import FuseTransport
internal import Glibc
internal import Posix
internal import Projection
internal import Provider
internal import SystemPackage

/// Everything that is decided about a mount before anything is mounted or written.
struct MountPlan {
  /// What the user wrote.
  struct Request {
    var provider: ProviderName
    var source: String
    var mountpoint: String
    /// nil: the repository's HEAD, or what a provider without revisions has.
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
    /// In bytes; nil for any number.
    var contentLimit: Int64?
    /// Whether indexers are to be denied contents; otherwise the view's policy stays as it is.
    var deniesIndexers = false
  }

  /// Where the tree comes from.
  let source: ViewSource

  /// In nanoseconds: more than the second in which a view is mounted, and the one before.
  private static let headStart: Int64 = 2_000_000_000

  let stateDirectory: String
  let contentDirectory: String
  /// For whom files are made; nil for the process itself.
  let owner: FileOwner?
  /// Why something is not where one would look for it; shown by `status`.
  let remarks: [String]
  var record: ViewRecord
  /// Whether indexers are to be denied contents from now on.
  let deniesIndexers: Bool

  /// Opens the source, and checks it and the mountpoint. Changes nothing.
  init(_ request: Request, by opener: SourceOpener) throws(CommandFailure) {
    source = try opener.open(request)
    let facts = source.facts
    let mountpoint = try MountpointCheck.check(request.mountpoint, of: source)
    owner = facts.owner
    deniesIndexers = request.deniesIndexers
    remarks = facts.home.remarks
    contentDirectory = facts.home.contents
    stateDirectory =
      request.stateDirectory ?? facts.home.views + "/" + ViewRegistry.viewName(mountpoint)
    try MountpointCheck.check(kept: [stateDirectory, contentDirectory], of: source)
    record = ViewRecord(
      provider: facts.provider, source: facts.location, mountpoint: mountpoint, requestedRevision: facts.requested,
      engine: request.engine?.rawValue, allowOther: request.allowOther, readOnly: request.readOnly,
      fileTime: request.fileTime,
      verifyObjects: request.verifyObjects, inodeKey: UInt64.random(in: .min ... .max))
    record.rangedThreshold = request.rangedThreshold
    record.contentLimit = request.contentLimit
    record.store = contentDirectory
  }

  /// Whether this is the view that an earlier mount had.
  private func isSameView(as earlier: ViewRecord) -> Bool {
    earlier.provider == record.provider && earlier.source == record.source && earlier.mountpoint == record.mountpoint
  }

  /// Whether what an earlier mount left fits under the tree that is projected now.
  ///
  /// Changes to one revision mean something else over another. Without revisions a path is all that a change was made to,
  /// and so it stands over whatever the source has there now.
  func fits(_ earlier: ViewRecord) -> Bool {
    guard let last = earlier.epochs.last else { return true }
    switch source {
    case .git: return last.revision == source.facts.revision
    case .tree: return earlier.provider == record.provider && earlier.source == record.source
    }
  }

  /// Whether the projection is what it was for an earlier mount.
  func shows(_ earlier: ViewRecord) -> Bool {
    source.facts.isProven && earlier.epochs.last?.revision == source.facts.revision
  }

  /// Takes over what an earlier mount of the same view left: its inode numbers, and its times where nothing changed.
  mutating func continueView(_ earlier: ViewRecord?, now: Int64) {
    let facts = source.facts
    if let earlier, isSameView(as: earlier) {
      record.inodeKey = earlier.inodeKey
      if fits(earlier) {
        record.epochs = earlier.epochs
        record.history = earlier.history
        record.unended = earlier.unended
        record.unnoted = earlier.unnoted
      }
      // Over another tree, what has no time of its own has that of the mount.
      if shows(earlier) { record.baseTime = earlier.baseTime ?? earlier.epochs.last?.time }
    }
    record.move(to: facts.revision, reference: facts.reference, time: now)
    if record.baseTime == nil {
      // git compares times by the second: what the view begins with must be older than what is changed in it.
      record.baseTime =
        record.fileTime == .commit ? (facts.time ?? 0) * 1_000_000_000 : now - Self.headStart
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
    options.contentLimit = record.contentLimit
    return options
  }

  /// How to mount.
  func sessionOptions() -> FuseSession.Options {
    FuseSession.Options(
      mountpoint: record.mountpoint, source: stateDirectory, allowOther: record.allowOther || owner != nil,
      readOnly: record.readOnly ?? false, engine: record.engine.flatMap(Engine.init(rawValue:)))
  }
}

extension MountPlan.Request {
  /// The same, with paths that do not depend on the working directory.
  var anywhere: MountPlan.Request {
    func absolute(_ path: String) -> String { path.isEmpty ? path : ViewLocator.absolute(path) }
    var request = self
    if provider.takesPath { request.source = absolute(source) }
    request.mountpoint = absolute(mountpoint)
    request.stateDirectory = stateDirectory.map(absolute)
    return request
  }

  /// What brings back the view of a record.
  init(asIn record: ViewRecord) throws(CommandFailure) {
    guard let provider = ProviderName(argument: record.provider) else {
      throw CommandFailure(
        .damaged, "the view of '\(record.mountpoint)' is of a provider '\(record.provider)', which is not known here")
    }
    let last = record.epochs.last
    self.init(
      provider: provider, source: record.source, mountpoint: record.mountpoint,
      revision: provider.hasRevisions ? last?.revision ?? record.requestedRevision : nil, reference: last?.reference,
      engine: record.engine.flatMap(Engine.init(rawValue:)), stateDirectory: nil, fileTime: record.fileTime,
      allowOther: record.allowOther, readOnly: record.readOnly ?? false, verifyObjects: record.verifyObjects,
      rangedThreshold: record.rangedThreshold, contentLimit: record.contentLimit)
  }
}
