internal import Glibc
internal import Posix
package import Provider
internal import Synchronization
internal import SystemPackage

extension ProjectionCore {
  /// What becomes of what users see when the projection moves to another tree.
  package enum Move: Sendable, Equatable {
    /// They see the new tree. What they changed must not be where the trees differ.
    case showing
    /// They see what they saw. The local tree must have it where the trees differ.
    case keeping
  }

  /// What the tree that is shown and another one have different.
  package func difference(to other: DirectoryID) async throws -> TreeDifference {
    try await TreeDifference(from: root, to: other, of: provider)
  }

  /// A path that is in the way of a move.
  package struct Obstacle: Sendable {
    /// From the view's root.
    package let path: [UInt8]
    let change: DirectoryDifference.Change
  }

  /// Moves the projection by `difference`, or returns the paths that are in the way: then nothing has happened.
  ///
  /// With `showing`, what is new gets the time `time`; files that are the same keep their inodes and times, and who has an
  /// old version open keeps it. `commit` gets the history from now on, and makes the move last; no operation runs
  /// meanwhile. What it throws undoes the move. The kernel is told afterwards (`onOutdated`).
  package func move(
    by difference: TreeDifference, _ move: Move, at time: TimeStamp, commit: (PathHistory) throws -> Void
  ) throws -> [Obstacle] {
    guard let top = difference.top else { return [] }
    var outdated = Outdated()
    let obstacles = try namespace.exclusive { () throws -> [Obstacle] in
      // Somebody else has moved it.
      guard root == difference.old else { throw ProjectionError.stale }
      var obstacles: [Obstacle] = []
      try ProjectionError.local { () throws(Errno) in
        try findObstacles(to: move, top, in: local.root, below: [], &obstacles)
      }
      guard obstacles.isEmpty else { return obstacles }
      try changeHistory(saving: commit) { history in
        if move == .showing { top.note(time, in: &history, inode: inodes.rootInode, numbers: numbers) }
      }
      forgetCatalog()
      try relist(inodes.rootDirectory, as: difference.new, top.listing, below: top, &outdated)
      if move == .showing { try touchLocalDirectories(top, in: local.root, time) }
      return []
    }
    tell(outdated)
    guard obstacles.isEmpty, move == .showing else { return obstacles }
    var changes: [(path: [UInt8], scope: ChangeJournal.Scope)] = []
    difference.forEachPath { path, isDirectory in changes.append((path, isDirectory ? .subtree : .entry)) }
    journal?.record(changes)
    return []
  }

  /// Has the kernel look at things again, on another thread.
  func tell(_ outdated: Outdated) {
    for (directory, name) in outdated.names { outdatedNames.tell(directory, name) }
    for node in outdated.nodes { outdatedNames.tell(node) }
  }

  /// Directories of the local tree that got or lost names of the provider's look like it.
  private func touchLocalDirectories(
    _ difference: DirectoryDifference, in directory: DirectoryHandle, _ time: TimeStamp
  ) throws(ProjectionError) {
    try ProjectionError.local { () throws(Errno) in
      if difference.changesEntries {
        let status = try FileCalls.status(directory.rawValue)
        try EntryCalls.setTimes(at: directory.rawValue, [], accessed: status.st_atim, modified: time.timespec)
      }
    }
    for change in difference.changes {
      guard let below = change.below, case .directory(let child, .place) = try? LocalEntry(change.name, in: directory)
      else { continue }
      try touchLocalDirectories(below, in: child, time)
    }
  }

  /// Collects the paths where the local tree is not as the move needs it.
  func findObstacles(
    to move: Move, _ difference: DirectoryDifference, in directory: DirectoryHandle?, below path: [UInt8],
    _ obstacles: inout [Obstacle]
  ) throws(Errno) {
    // To see the new tree, nothing must be done where the local tree has nothing.
    if move == .showing, directory == nil { return }
    for change in difference.changes {
      let name = path.isEmpty ? change.name : path + [UInt8(ascii: "/")] + change.name
      let entry = try LocalEntry.at(change.name, in: directory)
      switch (entry, move) {
      case (nil, .showing): break
      case (.directory(let child, .place), _) where change.isBelow:
        if let below = change.below { try findObstacles(to: move, below, in: child, below: name, &obstacles) }
      case (nil, .keeping) where change.isBelow:
        if let below = change.below { try findObstacles(to: move, below, in: nil, below: name, &obstacles) }
      // It shows the old directory now, or would show the new one then.
      case (.directory(_, .place), .keeping): obstacles.append(Obstacle(path: name, change: change))
      case (.some, .keeping): break
      case (.some, .showing), (nil, .keeping): obstacles.append(Obstacle(path: name, change: change))
      }
    }
  }
}
