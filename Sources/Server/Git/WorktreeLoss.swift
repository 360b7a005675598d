internal import Commands
internal import GitWorktree

/// What would be lost with a view's git worktree.
enum WorktreeLoss {
  /// Refuses to remove a worktree that alone has commits. What git cannot say does not stand in the way.
  static func refuse(_ worktree: WorktreeRegistration, hint: String = ", or lose it with --force")
    throws(CommandFailure)
  {
    guard case .intact = worktree.condition() else { return }
    if let commit = try? worktree.unreachableCommit() {
      throw CommandFailure(
        .found,
        "HEAD of '\(worktree.mountpoint)' is detached at \(commit.prefix(12)), which no branch has; keep it by "
          + "'git branch NAME \(commit.prefix(12))'\(hint)")
    }
    let submodules = worktree.submodules()
    if let first = submodules.first {
      throw CommandFailure(
        .found,
        "'\(worktree.mountpoint)' has submodules checked out (\(first)), whose commits would go as well; push them"
          + "\(hint.isEmpty ? "" : ", then use --force")")
    }
  }
}
