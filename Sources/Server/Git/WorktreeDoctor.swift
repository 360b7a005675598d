internal import Commands
internal import Control
internal import GitProvider
internal import GitWorktree
internal import Posix

/// Looks whether views are still worktrees of their repositories.
enum WorktreeDoctor {
  /// What is wrong with the view of `path`, or with all views.
  static func findings(at path: String?) -> [DoctorCommand.Finding] {
    ViewRegistry().entries().filter { path == nil || path == $0.mountpoint }.flatMap(findings)
  }

  private static func findings(in entry: ViewRegistry.Entry) -> [DoctorCommand.Finding] {
    guard let record = try? StateDirectory(existing: entry.state).record(), record.worktree != nil,
      let repository = try? GitRepository(path: record.source),
      let worktree = WorktreeRegistration(of: record, in: repository.commonDirectory)
    else { return [] }
    let owner = GitSource.owner(of: repository)
    switch worktree.condition() {
    case .intact: return []
    case .damaged(let reason):
      return [
        DoctorCommand.Finding(
          text: "the git worktree of '\(entry.mountpoint)' is damaged: \(reason)",
          mend: { try worktree.mend(owner: owner) })
      ]
    case .lost(let reason):
      let text = "the git worktree of '\(entry.mountpoint)' is lost: \(reason)"
      guard MountTable.view(at: entry.mountpoint) == nil else {
        return [DoctorCommand.Finding(text: "\(text); unmount and mount the view, which makes it anew", mend: nil)]
      }
      return [
        DoctorCommand.Finding(text: text, mend: { try makeAnew(entry, record, repository, owner) })
      ]
    }
  }

  /// Registers the view again. Its index is made at the next mount, and so are its settings.
  private static func makeAnew(
    _ entry: ViewRegistry.Entry, _ record: ViewRecord, _ repository: GitRepository, _ owner: FileOwner?
  ) throws {
    let state = try StateDirectory(existing: entry.state)
    let lock = try state.lock()
    defer { withExtendedLifetime(lock.rawValue) {} }
    var record = record
    let last = record.epochs.last
    var revision = try repository.revision(last?.revision ?? record.requestedRevision)
    revision.reference = last?.reference
    record.worktree =
      try WorktreeRegistration.make(
        of: repository.commonDirectory, revision: revision, mountpoint: record.mountpoint,
        draftDirectory: "\(entry.state)/\(ViewWorktree.draftName)", owner: owner
      ).registration.name
    try state.write(record)
  }
}
