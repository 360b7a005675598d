internal import Control
internal import GitProvider
internal import Posix
internal import Projection
internal import Synchronization
internal import ViewStorage

/// What a running view projects, and its record on disk.
final class ShownRevision: Sendable {
  private struct State {
    var record: ViewRecord
    var tree: String
  }

  // A leaf lock, but for the state directory's files, which are written under it.
  private let state: Mutex<State>
  private let directory: String
  private let owner: FileOwner?
  /// Whether HEAD was on a branch when it was last looked at.
  private let wasOnBranch = Atomic<Bool>(false)

  /// What the view projects at its start.
  init(_ plan: MountPlan, of source: GitSource) {
    state = Mutex(State(record: plan.record, tree: source.revision.treeID))
    directory = plan.stateDirectory
    owner = plan.owner
  }

  /// The tree's id.
  var tree: String { state.withLock { $0.tree } }

  /// Whether files show their commit's time.
  var showsCommitTimes: Bool { state.withLock { $0.record.fileTime == .commit } }

  /// The commit's id and the name it is known by.
  var epoch: ViewRecord.Epoch? { state.withLock { $0.record.epochs.last } }

  /// Makes what has happened to paths last.
  func save(_ history: PathHistory) throws {
    try state.withLock { state in
      state.record = try StateDirectory(making: directory, owner: owner).write(history, with: state.record)
    }
  }

  /// Makes another revision last, with what has happened to paths until then. `unended` is the switch that this is, until
  /// `end` is called.
  func save(_ history: PathHistory, at revision: GitRevision, time: Int64, unended: SwitchRecord? = nil) throws {
    try state.withLock { state in
      var record = state.record
      record.unended = unended
      record.move(to: revision.id, reference: revision.reference, time: time)
      state.record = try StateDirectory(making: directory, owner: owner).write(history, with: record)
      state.tree = revision.treeID
    }
  }

  /// Makes another revision last, but not what has happened to paths by it: until `finish` is called that is `unnoted`.
  func save(unnoted: UnnotedMove, at revision: GitRevision, time: Int64, unended: SwitchRecord) throws {
    try state.withLock { state in
      var record = state.record
      record.unended = unended
      record.unnoted = unnoted
      record.move(to: revision.id, reference: revision.reference, time: time)
      try StateDirectory(making: directory, owner: owner).write(record)
      state.record = record
      state.tree = revision.treeID
    }
  }

  /// A move of which an earlier step has not noted what it has changed.
  var unnoted: UnnotedMove? { state.withLock { $0.record.unnoted } }

  /// Makes what has happened to paths last, with what was `unnoted`.
  func finish(_ history: PathHistory) throws {
    try state.withLock { state in
      var record = state.record
      record.unnoted = nil
      state.record = try StateDirectory(making: directory, owner: owner).write(history, with: record)
    }
  }

  /// Notes what HEAD is, which has the tree that is shown.
  ///
  /// A detached HEAD has no name: as long as it stays where it is, the name stays by which the commit was asked for.
  func follow(_ revision: GitRevision, time: Int64) throws {
    let hasLeftBranch = wasOnBranch.exchange(revision.reference != nil, ordering: .acquiringAndReleasing)
    if revision.reference == nil, !hasLeftBranch, revision.id == epoch?.revision { return }
    try rename(revision, time: time)
  }

  /// Notes that the same tree is that of another commit, or known by another name.
  func rename(_ revision: GitRevision, time: Int64, unended: SwitchRecord? = nil) throws {
    try state.withLock { state in
      var record = state.record
      record.unended = unended
      record.move(to: revision.id, reference: revision.reference, time: time)
      try StateDirectory(making: directory, owner: owner).write(record)
      state.record = record
    }
  }

  /// A switch that an earlier server has not ended.
  var unended: SwitchRecord? { state.withLock { $0.record.unended } }

  /// Notes that the switch has ended.
  func end() throws {
    try state.withLock { state in
      state.record.unended = nil
      // Ending it once more does no harm.
      try StateDirectory(making: directory, owner: owner).write(state.record, isLasting: false)
    }
  }
}
