internal import Commands
internal import Control
internal import GitProvider
internal import GitWorktree
internal import Glibc
internal import Posix
internal import Projection
internal import SystemPackage
internal import ViewStorage

extension RemoveCommand: ServedCommand {
  func serve() throws {
    try reportingFailure {
      let locator = ViewLocator()
      let view = try locator.view(mountpoint)
      if !force { try refuseLoss(view) }
      if view.isMounted { try Unmounter(view).unmount(force: force) }
      // What was changed since, while the view was unmounted.
      if !force { try refuseLoss(view) }
      try removeWorktree(of: view)
      do throws(StateDirectory.Failure) {
        try StateDirectory(existing: view.state).remove()
      } catch .noView {
        // Its state has gone already; what is left is to forget it.
      } catch {
        throw ViewServer.failure(error, view.state)
      }
      do {
        try locator.registry.remove(view.mountpoint)
      } catch {
        throw CommandFailure(
          .inputOutput, "the view cannot be taken from the list in '\(locator.registry.directory)': \(error)")
      }
    }
  }

  /// The git worktree that the view is; nil where it is none, or nobody knows any more.
  private func worktree(of view: ViewLocator.Found) -> WorktreeRegistration? {
    guard let record = try? StateDirectory(existing: view.state).record(), record.worktree != nil,
      let repository = try? GitRepository(path: record.source)
    else { return nil }
    return WorktreeRegistration(of: record, in: repository.commonDirectory)
  }

  /// First of all that is removed: the state says that there is something to remove.
  private func removeWorktree(of view: ViewLocator.Found) throws(CommandFailure) {
    guard let worktree = worktree(of: view) else { return }
    do throws(GitWorktreeError) {
      try WorktreeSettings(worktree).remove()
      try worktree.remove()
    } catch {
      throw CommandFailure(.inputOutput, "the git worktree of '\(view.mountpoint)' cannot be removed: \(error)")
    }
  }

  private func refuseLoss(_ view: ViewLocator.Found) throws(CommandFailure) {
    if let worktree = worktree(of: view) { try WorktreeLoss.refuse(worktree) }
    let changes: LocalChanges
    do throws(Errno) {
      let state = try FileCalls.open(view.state, O_RDONLY | O_DIRECTORY)
      changes = try LocalChanges(in: state.rawValue)
    } catch {
      // Without a state there is nothing to lose.
      guard error != .noSuchFileOrDirectory else { return }
      throw CommandFailure(.inputOutput, "the changes in '\(view.state)' cannot be read: \(error)")
    }
    if changes.count > 0 {
      let more = changes.count > changes.examples.count ? ", …" : ""
      throw CommandFailure(
        .found,
        "'\(view.mountpoint)' has \(changes.count) changed or new paths (\(changes.examples.joined(separator: ", "))"
          + "\(more)); save them elsewhere, or lose them with --force")
    }
    if changes.kept > 0 {
      throw CommandFailure(
        .found,
        "'\(view.state)/\(LocalTree.keepingName)' keeps \(changes.kept) files that belong nowhere; save them, or lose "
          + "them with --force")
    }
  }
}
