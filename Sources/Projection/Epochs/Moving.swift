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
    try await TreeDifference(from: root, to: other, of: timed)
  }

  /// The same as far as somebody knows a directory, or the local tree has one: all that a move has to know of.
  ///
  /// A directory without a place is nobody's yet. Whoever looks at one before the move has ended waits.
  package func knownDifference(to other: DirectoryID) async throws -> TreeDifference {
    try await TreeDifference(
      from: root, to: other, of: timed, at: KnownPlace(node: inodes.rootDirectory, local: local.root),
      into: { [self] above, name, isInBoth in isInBoth ? try known(name, below: above) : nil })
  }

  /// A directory that both trees have, as far as it is known.
  private struct KnownPlace: Sendable {
    /// The directory, if somebody knows it.
    let node: DirectoryNode?
    /// What the local tree has over it.
    let local: DirectoryHandle?
  }

  private func known(_ name: [UInt8], below above: KnownPlace) throws(ProjectionError) -> KnownPlace? {
    let node = above.node.flatMap { node in child(name, of: node, node.withState { $0 }) }
    var local: DirectoryHandle?
    if let handle = above.local {
      let entry = try ProjectionError.local { () throws(Errno) in try LocalEntry.at(name, in: handle) }
      if case .directory(let child, .place) = entry { local = child }
    }
    return node == nil && local == nil ? nil : KnownPlace(node: node, local: local)
  }

  /// Whether what somebody knows by now was compared.
  private func covers(_ difference: DirectoryDifference, _ place: KnownPlace) throws(ProjectionError) -> Bool {
    for change in difference.changes where change.isBelow {
      guard let place = try known(change.name, below: place) else { continue }
      guard let below = change.below, try covers(below, place) else { return false }
    }
    return true
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
  ///
  /// With a difference that is not whole, the history that `commit` gets is not, and `finishMove` has to follow, with its
  /// `lastRenewal`. Throws `stale` where somebody has moved the projection since, or has got to know what was not compared.
  package func move(
    by difference: TreeDifference, _ move: Move, at time: TimeStamp, commit: (PathHistory) throws -> Void
  ) throws -> [Obstacle] {
    guard let top = difference.top else { return [] }
    var outdated = Outdated()
    let obstacles = try namespace.exclusive { () throws -> [Obstacle] in
      // Somebody else has moved it.
      guard root == difference.old else { throw ProjectionError.stale }
      if !difference.isWhole {
        guard try covers(top, KnownPlace(node: inodes.rootDirectory, local: local.root)) else {
          throw ProjectionError.stale
        }
      }
      var obstacles: [Obstacle] = []
      try ProjectionError.local { () throws(Errno) in
        try findObstacles(to: move, top, in: local.root, below: [], &obstacles)
      }
      guard obstacles.isEmpty else { return obstacles }
      try changeHistory(saving: commit) { history in
        guard move == .showing else { return }
        top.note(time, history.beginRenewal(), in: &history, inode: inodes.rootInode, numbers: numbers)
      }
      if !difference.isWhole { unfinished.begin() }
      forgetCatalog()
      try relist(inodes.rootDirectory, as: difference.new, top.listing, below: top, &outdated)
      if move == .showing { try touchLocalDirectories(top, in: local.root, time) }
      return []
    }
    tell(outdated)
    if obstacles.isEmpty, move == .showing, difference.isWhole { record(difference) }
    return obstacles
  }

  /// Ends a move that shows another tree, by the whole difference of the two, with the time and the renewal that it has.
  /// `commit` gets the history and makes it last. Whoever waits goes on.
  ///
  /// Also for a move that an earlier server has not ended. Nothing else must have changed the history since.
  package func finishMove(
    by difference: TreeDifference, at time: TimeStamp, renewal: UInt64, commit: (PathHistory) throws -> Void
  ) throws {
    try changeHistory(saving: commit) { history in
      history.keep(renewal)
      difference.top?.note(time, renewal, in: &history, inode: inodes.rootInode, numbers: numbers)
    }
    record(difference)
    unfinished.end()
  }

  /// Lets who waits for the end of a move go on without: times are not what they should be until `finishMove` comes.
  package func abandonMove() {
    if unfinished.isGoingOn { journal?.record([], .subtree) }
    unfinished.end()
  }

  /// Waits for the end of a move that is going on. Throws where the task is cancelled.
  package func awaitMove() async throws { try await unfinished.pass() }

  private func record(_ difference: TreeDifference) {
    var changes: [(path: [UInt8], scope: ChangeJournal.Scope)] = []
    difference.forEachPath { path, isDirectory in changes.append((path, isDirectory ? .subtree : .entry)) }
    journal?.record(changes)
  }

  /// Has the kernel look at things again, on another thread.
  func tell(_ outdated: Outdated) {
    for (directory, name) in outdated.names { outdatedNames.tell(directory, name) }
    for node in outdated.nodes { outdatedNames.tell(node) }
    for directory in outdated.listings { outdatedContents.tell(directory) }
    if !outdated.unlisted.isEmpty { follower.add(directories: outdated.unlisted, of: self) }
  }

  /// Directories of the local tree that got or lost names of the provider's look like it.
  func touchLocalDirectories(
    _ difference: DirectoryDifference, in directory: DirectoryHandle, _ time: TimeStamp
  ) throws(ProjectionError) {
    try ProjectionError.local { () throws(Errno) in
      if difference.changesEntries {
        let status = try FileCalls.status(directory.rawValue)
        try EntryCalls.setTimes(at: directory.rawValue, [], accessed: status.st_atim, modified: time.timespec)
      }
    }
    for change in difference.changes {
      guard let below = change.below, let name = try? folding.spelling(of: change.name, in: directory),
        case .directory(let child, .place) = try? LocalEntry(name, in: directory)
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
      let entry = try LocalEntry.at(folding.spelling(of: change.name, in: directory), in: directory)
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
