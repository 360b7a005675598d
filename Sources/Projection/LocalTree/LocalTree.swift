package import Glibc
package import Posix
internal import Synchronization
package import SystemPackage

/// An open directory of the local tree.
final class DirectoryHandle: Sendable {
  let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  var rawValue: CInt { descriptor.rawValue }
}

/// The directory that holds what the user changed, under real names: `local`, and beside it `staging`, where things are
/// made ready, and `lost+found`.
///
/// Every change of what `local` says is one atomic operation on a directory: a link, a rename, a removal. What is in
/// `staging` says nothing, so a server that is killed leaves the state before or after.
package final class LocalTree: Sendable {
  /// The state directory's path, for messages.
  package let path: String
  /// The open top of the tree.
  let root: DirectoryHandle

  /// Where entries are made ready.
  let staging: StagingArea
  private let owner: FileOwner?
  // A leaf lock. The name of the whiteout in `staging` that others are links to.
  private let whiteout = Mutex<[UInt8]?>(nil)

  /// The names of what is kept in a state directory.
  package static let name = "local"
  package static let stagingName = "staging"
  package static let keepingName = "lost+found"
  /// Files at the top of the tree that connect the view with other programs. They are shown, and are nobody's changes.
  package static let integrationNames: Set<[UInt8]> = [Array(".git".utf8)]

  /// Whether an entry of the top of the tree is one of these. A directory of that name is somebody's own repository.
  static func isIntegration(_ entry: EntryCalls.ListedEntry) -> Bool {
    entry.fileType == S_IFREG && integrationNames.contains(entry.name)
  }

  /// Opens the local tree in the state directory `path`, making it if there is none.
  ///
  /// What is made belongs to `owner`, or to the process where that is nil. What an earlier server left half-made is
  /// removed; what cannot have been half-made is moved to `lost+found`.
  package init(in path: String, owner: FileOwner?) throws(Errno) {
    self.path = path
    self.owner = owner
    let state = try Directories.make(path, owner: owner)
    root = DirectoryHandle(try Directories.make(at: state.rawValue, Self.name, owner: owner))
    staging = try StagingArea(in: state.rawValue, owner: owner)
  }

  /// Whether the tree lies on a stacked file system, which the kernel must be told before passthrough.
  package func isStacked() throws(Errno) -> Bool {
    try FileCalls.isStacked(root.rawValue)
  }

  /// How much room the file system has.
  package func space() throws(Errno) -> statvfs {
    try FileCalls.spaceStatus(root.rawValue)
  }

  /// Finds out whether the file system can keep a local tree: extended attributes and whiteouts. Throws what it says.
  package func checkAbilities() throws(Errno) {
    let probe = try staging.nextName()
    let file = try EntryCalls.open(at: staging.rawValue, probe, O_CREAT | O_EXCL | O_RDWR, mode: 0o600)
    defer { try? EntryCalls.remove(at: staging.rawValue, probe) }
    try ExtendedAttributes.set(file.rawValue, Marks.inodeName, to: Marks.bytes(0))
    try withWhiteout { (_: [UInt8]) throws(Errno) in }
  }

  // MARK: - Whiteouts

  /// Hides a name of the provider's that has no local entry.
  func hide(_ name: [UInt8], in directory: CInt) throws(Errno) {
    try withWhiteout { whiteout throws(Errno) in
      try EntryCalls.link(at: staging.rawValue, whiteout, to: directory, name)
    }
  }

  /// Puts a whiteout in the place of a local entry that is no directory.
  func replaceByWhiteout(_ name: [UInt8], in directory: CInt) throws(Errno) {
    let staged = try staging.nextName()
    try hide(staged, in: staging.rawValue)
    do {
      try EntryCalls.rename(at: staging.rawValue, staged, to: directory, name)
    } catch {
      try? EntryCalls.remove(at: staging.rawValue, staged)
      throw error
    }
  }

  /// Puts a whiteout in the place of a local directory, or just takes it away, and removes it and the whiteouts in it.
  func removeDirectory(_ name: [UInt8], in directory: CInt, leavingWhiteout: Bool) throws(Errno) {
    let staged = try staging.nextName()
    if leavingWhiteout {
      try hide(staged, in: staging.rawValue)
      do {
        try EntryCalls.rename(at: staging.rawValue, staged, to: directory, name, .exchange)
      } catch {
        try? EntryCalls.remove(at: staging.rawValue, staged)
        throw error
      }
    } else {
      do {
        return try EntryCalls.remove(at: directory, name, isDirectory: true)
      } catch .directoryNotEmpty {
        try EntryCalls.rename(at: directory, name, to: staging.rawValue, staged)
      }
    }
    discard(staged)
  }

  /// Removes a directory in `staging` with the whiteouts in it. What else is in it stays for `lost+found`.
  func discard(_ staged: [UInt8]) {
    guard let directory = try? EntryCalls.open(at: staging.rawValue, staged, O_RDONLY | O_DIRECTORY) else { return }
    let times = try? FileCalls.status(directory.rawValue)
    for entry in (try? EntryCalls.entries(of: directory.rawValue)) ?? [] {
      guard let status = try? EntryCalls.status(at: directory.rawValue, entry.name), LocalTree.isWhiteout(status) else {
        continue
      }
      try? EntryCalls.remove(at: directory.rawValue, entry.name)
    }
    // Somebody may still be in it, and for them nothing was removed from it.
    if let times {
      try? EntryCalls.setTimes(at: directory.rawValue, [], accessed: times.st_atim, modified: times.st_mtim)
    }
    try? EntryCalls.remove(at: staging.rawValue, staged, isDirectory: true)
  }

  /// Makes something at a name that stands for nothing. A whiteout that is there all the same hides nothing (any more),
  /// and gives way.
  func atFreeName<Result: ~Copyable>(
    _ name: [UInt8], in directory: CInt, _ body: () throws(Errno) -> Result
  ) throws(Errno) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      // Another one for a directory, which is renamed and not made.
      guard error == .fileExists || error == .notDirectory,
        let status = try? EntryCalls.status(at: directory, name), LocalTree.isWhiteout(status)
      else { throw error }
      try EntryCalls.remove(at: directory, name)
      return try body()
    }
  }

  /// Whether an entry says that a name is gone: the character device 0:0.
  package static func isWhiteout(_ status: stat) -> Bool {
    status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
  }

  /// Calls `body` with the name of a whiteout in `staging` that can be linked to. One inode serves many names.
  private func withWhiteout(_ body: ([UInt8]) throws(Errno) -> Void) throws(Errno) {
    for isLastTry in [false, true] {
      let name: [UInt8]
      if let known = whiteout.withLock({ $0 }) {
        name = known
      } else {
        name = try staging.nextName()
        try EntryCalls.makeWhiteout(at: staging.rawValue, name)
        if let owner {
          try EntryCalls.changeOwner(at: staging.rawValue, name, user: owner.user, group: owner.group)
        }
        whiteout.withLock { $0 = name }
      }
      do throws(Errno) {
        return try body(name)
      } catch {
        // Too many names for one inode: the next ones are links to a new one.
        guard error == .tooManyLinks, !isLastTry else { throw error }
        whiteout.withLock { $0 = nil }
        try? EntryCalls.remove(at: staging.rawValue, name)
      }
    }
  }
}
