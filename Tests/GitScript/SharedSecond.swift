internal import Glibc

/// Lets both places do the same within the same second.
///
/// git compares times by the second, and reads a file again that was written in the same second as the index. What it
/// then finds may differ from what it knew, where attributes have changed since; and what it does not read again may
/// keep permission bits that it does not know. So the end of a second must not fall between the two places.
enum SharedSecond {
  /// Commands that are many commands.
  private static let long: Set<String> = [
    "rebase", "am", "stash", "submodule", "bisect", "pull", "cherry-pick", "revert", "sparse-checkout", "gc", "repack",
    "worktree",
  ]

  /// Waits for the next second where little is left of this one.
  static func begin(_ step: Step) {
    var room = 0.15
    if case .disturb = step { return }
    if case .git(let command) = step, long.contains(command.subcommand) { room = 0.4 }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let left = 1_000_000_000 - now.tv_nsec
    guard Double(left) < room * 1_000_000_000 else { return }
    // A little more: files get the time of the last tick.
    var next = timespec(tv_sec: now.tv_sec + 1, tv_nsec: 10_000_000)
    while clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &next, nil) == EINTR {}
  }
}
