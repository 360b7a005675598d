internal import Glibc
internal import Posix
internal import SystemPackage

/// Whole directories. No symbolic link is followed.
enum WholeDirectory {
  /// Removes a directory with everything in it; nothing where there is none.
  static func remove(_ path: String) throws(Errno) {
    do {
      let directory = try EntryCalls.open(at: FileCalls.workingDirectory, Array(path.utf8), O_RDONLY | O_DIRECTORY)
      try empty(directory.rawValue)
      try FileCalls.removeDirectory(path)
    } catch .noSuchFileOrDirectory {
      return
    }
  }

  private static func empty(_ directory: CInt) throws(Errno) {
    for entry in try EntryCalls.entries(of: directory) {
      let isDirectory = try EntryCalls.status(at: directory, entry.name).st_mode & S_IFMT == S_IFDIR
      if isDirectory {
        let below = try EntryCalls.open(at: directory, entry.name, O_RDONLY | O_DIRECTORY)
        try empty(below.rawValue)
      }
      try EntryCalls.remove(at: directory, entry.name, isDirectory: isDirectory)
    }
  }

  /// Gives a directory and everything in it to `owner`.
  static func give(_ path: String, to owner: FileOwner) throws(Errno) {
    let directory = try EntryCalls.open(at: FileCalls.workingDirectory, Array(path.utf8), O_RDONLY | O_DIRECTORY)
    try give(directory.rawValue, to: owner)
  }

  private static func give(_ directory: CInt, to owner: FileOwner) throws(Errno) {
    try FileCalls.changeOwner(directory, user: owner.user, group: owner.group)
    for entry in try EntryCalls.entries(of: directory) {
      if try EntryCalls.status(at: directory, entry.name).st_mode & S_IFMT == S_IFDIR {
        let below = try EntryCalls.open(at: directory, entry.name, O_RDONLY | O_DIRECTORY)
        try give(below.rawValue, to: owner)
      } else {
        try EntryCalls.changeOwner(at: directory, entry.name, user: owner.user, group: owner.group)
      }
    }
  }
}
