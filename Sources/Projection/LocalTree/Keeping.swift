internal import Glibc
internal import Posix
internal import SystemPackage

/// Where things go that belong nowhere and may be somebody's: `lost+found` in the state directory.
struct Keeping {
  private let state: CInt
  private let owner: FileOwner?

  init(state: CInt, owner: FileOwner?) {
    self.state = state
    self.owner = owner
  }

  /// Empties a directory of `staging`: what says nothing of its own is removed, the rest is kept.
  func clear(
    staging: CInt, except isLeft: (EntryCalls.ListedEntry) -> Bool = { _ in false }
  ) throws(Errno) {
    for entry in try EntryCalls.entries(of: staging) where !isLeft(entry) {
      if try isWorthless(entry.name, in: staging) {
        do {
          try EntryCalls.remove(at: staging, entry.name)
        } catch .isDirectory, .notPermitted {
          try EntryCalls.remove(at: staging, entry.name, isDirectory: true)
        }
      } else {
        try keep(entry.name, in: staging)
      }
    }
  }

  /// Moves an entry to `lost+found`, under a name that tells where it was.
  func keep(_ name: [UInt8], in directory: CInt) throws(Errno) {
    let keeping = try Directories.make(at: state, LocalTree.keepingName, owner: owner)
    for number in 0... {
      let newName = number == 0 ? name : name.prefix(240) + Array(".\(number)".utf8)
      do {
        return try EntryCalls.rename(at: directory, name, to: keeping.rawValue, newName, .keepExisting)
      } catch .fileExists {
        continue
      }
    }
  }

  /// Whiteouts, placeholders, empty files that were being made, and directories with nothing else in them.
  private func isWorthless(_ name: [UInt8], in directory: CInt) throws(Errno) -> Bool {
    let status = try EntryCalls.status(at: directory, name)
    if LocalTree.isWhiteout(status) { return true }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      if status.st_size == 0 { return true }
      return try Marks(at: directory, name).content != nil
    case S_IFDIR:
      let inside = try EntryCalls.open(at: directory, name, O_RDONLY | O_DIRECTORY)
      for entry in try EntryCalls.entries(of: inside.rawValue) {
        guard LocalTree.isWhiteout(try EntryCalls.status(at: inside.rawValue, entry.name)) else { return false }
        try EntryCalls.remove(at: inside.rawValue, entry.name)
      }
      return true
    default:
      // Symbolic links, FIFOs and the like hold nothing that was not in the request being made.
      return true
    }
  }
}
