/// One call, or the shortest useful sequence of calls, that a program makes on a tree.
package enum Operation: Hashable, Sendable {
  // Handles that stay open.
  case open(slot: Int, EntryPath, Access, Opening, mode: UInt32)
  case close(slot: Int)

  // Data.
  case create(EntryPath, mode: UInt32, exclusive: Bool)
  case read(Target, offset: Int, count: Int)
  case write(Target, offset: Int, Fill)
  case append(EntryPath, Fill)
  case overwrite(EntryPath, Fill)
  case truncate(Target, size: Int)
  case allocate(Target, Allocation, offset: Int, length: Int)
  case map(Target, offset: Int, Fill)
  case seek(Target, Boundary, offset: Int)
  case copy(from: Target, offset: Int, to: Target, at: Int, length: Int)
  case sync(slot: Int, dataOnly: Bool)

  // Metadata.
  case status(Target)
  case list(Target)
  case chmod(Target, mode: UInt32)
  case chown(Target, user: Int, group: Int)
  case setTimes(Target, access: TimeSetting, modification: TimeSetting)
  case setAttribute(Target, name: String, Fill, AttributeRule)
  case removeAttribute(Target, name: String)
  case attributes(Target)

  // Names.
  case unlink(EntryPath)
  case makeDirectory(EntryPath, mode: UInt32)
  case removeDirectory(EntryPath)
  case rename(EntryPath, EntryPath, Renaming)
  case link(EntryPath, EntryPath)
  case symlink(target: EntryPath, EntryPath)
  case readlink(EntryPath)
  case fifo(EntryPath, mode: UInt32)
  /// Removes whatever has the name, with everything below it.
  case clear(EntryPath)

  // What happens to the file system itself; both trees close their handles first.
  case disturb(Disturbance)

  /// What an operation is applied to.
  package enum Target: Hashable, Sendable {
    /// A path, whose last name is followed where it is a symbolic link.
    case path(EntryPath)
    /// A path, whose last name is taken as it is.
    case entry(EntryPath)
    /// An open handle.
    case slot(Int)
  }

  /// What a handle may be used for.
  package enum Access: String, CaseIterable, Sendable {
    case read, write, both, append, directory
  }

  /// What happens when a handle is opened.
  package enum Opening: String, CaseIterable, Sendable {
    case existing, create, exclusive, truncate
    case createAndTruncate = "create-truncate"
  }

  /// What fallocate(2) is to do.
  package enum Allocation: String, CaseIterable, Sendable {
    case extend, keep, punch, zero
    case zeroAndKeep = "zero-keep"
  }

  /// What lseek(2) looks for.
  package enum Boundary: String, CaseIterable, Sendable {
    case data, hole
  }

  /// What happens when the new name is taken.
  package enum Renaming: String, CaseIterable, Sendable {
    case replace, exchange
    case noReplace = "no-replace"
  }

  /// Whether an extended attribute must be new, or must be there.
  package enum AttributeRule: String, CaseIterable, Sendable {
    case any, create, replace
  }

  /// One of the two times that utimensat(2) sets.
  package enum TimeSetting: Hashable, Sendable {
    case omit, now
    case nanoseconds(Int64)
  }

  /// What happens to the file system while nobody uses it.
  package enum Disturbance: String, CaseIterable, Sendable {
    case remount, kill
    case dropCaches = "drop-caches"
  }
}

/// What the model has to know about an operation without doing it.
extension Operation {
  /// What it names, to be looked at afterwards.
  package var targets: [Target] {
    switch self {
    case .open(_, let path, _, _, _), .create(let path, _, _), .append(let path, _), .overwrite(let path, _):
      [.path(path)]
    case .read(let target, _, _), .write(let target, _, _), .truncate(let target, _), .allocate(let target, _, _, _),
      .map(let target, _, _), .seek(let target, _, _), .status(let target), .list(let target), .chmod(let target, _),
      .chown(let target, _, _), .setTimes(let target, _, _), .setAttribute(let target, _, _, _),
      .removeAttribute(let target, _), .attributes(let target):
      [target]
    case .copy(let source, _, let target, _, _): [source, target]
    case .sync(let slot, _): [.slot(slot)]
    case .unlink(let path), .makeDirectory(let path, _), .removeDirectory(let path), .symlink(_, let path),
      .readlink(let path), .fifo(let path, _), .clear(let path):
      [.entry(path)]
    case .rename(let old, let new, _), .link(let old, let new): [.entry(old), .entry(new)]
    case .close, .disturb: []
    }
  }

  /// The files it opens for writing, or that it changes the length of.
  package var writtenTargets: [Target] {
    switch self {
    case .open(_, let path, let access, let opening, _):
      access == .read && (opening == .existing || opening == .create || opening == .exclusive)
        || access == .directory ? [] : [.path(path)]
    case .create(let path, _, _), .append(let path, _), .overwrite(let path, _): [.path(path)]
    case .write(let target, _, _), .truncate(let target, _), .allocate(let target, _, _, _), .map(let target, _, _):
      [target]
    case .copy(_, _, let target, _, _): [target]
    default: []
    }
  }

  /// The files whose time of modification it may change.
  package var touchedTargets: [Target] {
    switch self {
    case .open(_, let path, _, .truncate, _), .open(_, let path, _, .createAndTruncate, _): [.path(path)]
    case .open, .create: []
    case .setTimes(let target, _, let modification): modification == .omit ? [] : [target]
    default: writtenTargets
    }
  }

  /// The names that it makes, removes or moves.
  package var changedNames: [EntryPath] {
    switch self {
    case .open(_, let path, let access, let opening, _):
      access == .directory || opening == .existing || opening == .truncate ? [] : [path]
    case .create(let path, _, _), .unlink(let path), .makeDirectory(let path, _), .removeDirectory(let path),
      .symlink(_, let path), .fifo(let path, _), .clear(let path), .link(_, let path):
      [path]
    case .rename(let old, let new, _): [old, new]
    default: []
    }
  }

  /// Whether it makes a file where a dangling symbolic link points, if there is one in its way.
  package var createsThroughLinks: Bool {
    switch self {
    case .open, .create: !changedNames.isEmpty
    default: false
    }
  }

  /// The name that is there afterwards, where it succeeds.
  package var madeName: EntryPath? {
    switch self {
    case .unlink, .removeDirectory, .clear: nil
    default: changedNames.last
    }
  }

  /// Whether it may change what a handle for reading refers to, though such a handle cannot write.
  package var changesMetadataOfSlot: Int? {
    switch self {
    case .chmod(.slot(let slot), _), .chown(.slot(let slot), _, _), .setTimes(.slot(let slot), _, _),
      .setAttribute(.slot(let slot), _, _, _), .removeAttribute(.slot(let slot), _):
      slot
    default: nil
    }
  }
}
