internal import Glibc
internal import Posix

/// Which directories are watched, and what of a source has changed by what happened to them. A value: it makes no system
/// call, and says which watches are to end.
struct WatchedDirectories {
  /// What events mean.
  struct Change: Equatable {
    /// The directories to be listed anew.
    var paths: Set<[UInt8]> = []
    /// Whether every directory is.
    var isEverything = false
    /// Whether the root has gone from its path.
    var isRootLost = false
    /// Watches to end.
    var ended: [CInt] = []
  }

  /// What a watch listens to. `IN_EXCL_UNLINK` and `IN_ONLYDIR` are left out: nothing that is opened here is affected.
  static let mask =
    UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_MODIFY)
    | UInt32(IN_CLOSE_WRITE) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)

  private static let directory: UInt32 = 0x4000_0000
  private static let entryMoves = UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO)
  private static let selfGoes = UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_UNMOUNT)

  private var paths: [CInt: [UInt8]] = [:]
  private var watches: [[UInt8]: CInt] = [:]

  /// How many directories are watched.
  var count: Int { watches.count }

  /// Whether a directory is watched.
  func isWatched(_ path: [UInt8]) -> Bool { watches[path] != nil }

  /// Notes that `watch` is of the directory at `path`; returns the watch of the directory that was there before, which is
  /// to end.
  mutating func add(_ watch: CInt, at path: [UInt8]) -> CInt? {
    let before = watches[path]
    if before == watch { return nil }
    // The same directory under another path: it has been moved.
    if let old = paths[watch], watches[old] == watch { watches[old] = nil }
    if let before { paths[before] = nil }
    paths[watch] = path
    watches[path] = watch
    return before
  }

  /// Forgets all watches; returns them.
  mutating func removeAll() -> [CInt] {
    defer { (paths, watches) = ([:], [:]) }
    return Array(paths.keys)
  }

  /// Takes events in.
  mutating func take(_ events: [Inotify.Event]) -> Change {
    var change = Change()
    for event in events {
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
        change.isEverything = true
      } else if event.mask & UInt32(IN_IGNORED) != 0 {
        if let path = paths.removeValue(forKey: event.watch), watches[path] == event.watch { watches[path] = nil }
      } else if let path = paths[event.watch] {
        note(event, at: path, in: &change)
      }
    }
    return change
  }

  private mutating func note(_ event: Inotify.Event, at path: [UInt8], in change: inout Change) {
    change.paths.insert(path)
    if event.mask & Self.selfGoes != 0 {
      if path.isEmpty { change.isRootLost = true }
      forget(path, in: &change)
    } else if event.mask & Self.directory != 0, !event.name.isEmpty {
      let child = SourcePath.join(path, event.name)
      // What is at this path now may have the same directory IDs, and lists something else.
      if event.mask & Self.entryMoves != 0 {
        forget(child, in: &change)
      } else if watches[child] != nil {
        change.paths.insert(child)
      }
    }
  }

  /// Forgets a directory and all beneath it, which are to be listed anew wherever they are.
  private mutating func forget(_ top: [UInt8], in change: inout Change) {
    for (path, watch) in watches where path == top || SourcePath.isBeneath(path, top) {
      change.paths.insert(path)
      change.ended.append(watch)
      watches[path] = nil
      paths[watch] = nil
    }
  }
}
