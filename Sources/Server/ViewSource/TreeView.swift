internal import Control
internal import Posix
internal import Projection
internal import Provider
internal import Synchronization
internal import ViewStorage

/// Keeps a running view of a provider without revisions in step with its source.
final class TreeView: Sendable {
  private let fileSystem: ProjectionCore
  private let directory: String
  private let owner: FileOwner?
  // A leaf lock, but for the state directory's files, which are written under it.
  private let record: Mutex<ViewRecord>

  /// For a view that is about to serve.
  init(_ plan: MountPlan, _ fileSystem: ProjectionCore) {
    self.fileSystem = fileSystem
    directory = plan.stateDirectory
    owner = plan.owner
    record = Mutex(plan.record)
  }

  /// Shows from now on what changes in the source: the view serves.
  func follow() {
    fileSystem.startFollowing { [self] history, root in
      try record.withLock { record in
        var changed = record
        changed.move(to: root.description, reference: nil, time: ViewServer.now)
        record = try StateDirectory(making: directory, owner: owner).write(history, with: changed)
      }
    }
  }

  /// Ends that.
  func stop() { fileSystem.stopFollowing() }
}
