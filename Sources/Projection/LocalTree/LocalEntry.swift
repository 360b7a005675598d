internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// What lies in the local tree at a name, read from the disk.
enum LocalEntry: Sendable {
  /// The name is gone.
  case whiteout
  /// A directory, and what of the provider's shows through it.
  case directory(DirectoryHandle, Marks.Origin)
  /// A dirty placeholder for a content.
  case placeholder(ContentID)
  /// Something of the user's; the size of a regular file in bytes.
  case full(size: Int64)

  /// Reads an entry. Throws `noSuchFileOrDirectory` where there is none.
  init(_ name: [UInt8], in directory: DirectoryHandle) throws(Errno) {
    let status = try EntryCalls.status(at: directory.rawValue, name)
    if LocalTree.isWhiteout(status) {
      self = .whiteout
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      let opened = try EntryCalls.openAnyway(
        at: directory.rawValue, name, O_RDONLY | O_DIRECTORY, permissions: S_IRUSR | S_IXUSR)
      let origin = try Marks(at: opened.rawValue, []).origin
      self = .directory(DirectoryHandle(opened), origin)
    case S_IFREG:
      let marks = try Marks(at: directory.rawValue, name)
      self = marks.content.map { .placeholder(ContentID($0)) } ?? .full(size: Int64(status.st_size))
    default: self = .full(size: 0)
    }
  }

  /// Reads an entry; nil where there is none.
  static func at(_ name: [UInt8], in directory: DirectoryHandle?) throws(Errno) -> LocalEntry? {
    guard let directory else { return nil }
    do {
      return try LocalEntry(name, in: directory)
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }
}

extension Marks.Origin {
  /// The directory that is shown wherever this one lies.
  var pinned: DirectoryID? {
    guard case .pinned(let directory) = self else { return nil }
    return directory
  }
}
