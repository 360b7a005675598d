internal import Glibc
package import SystemPackage

/// Who owns what a server makes on behalf of somebody else.
package struct FileOwner: Sendable, Hashable {
  /// The user's id.
  package let user: UInt32
  /// The group's id.
  package let group: UInt32

  /// An owner.
  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }
}

/// Directories that are made when they are missing.
package enum Directories {
  /// Opens the directory at the absolute `path`, making what is missing of it.
  ///
  /// What is made belongs to `owner`, or to the process where that is nil.
  package static func make(_ path: String, owner: FileOwner? = nil) throws(Errno) -> OwnedDescriptor {
    do {
      return try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
    } catch .noSuchFileOrDirectory {
      guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw .noSuchFileOrDirectory }
      let parent = try make(String(path[..<slash]), owner: owner)
      return try make(at: parent.rawValue, String(path[path.index(after: slash)...]), owner: owner)
    }
  }

  /// Opens the directory `name` in `directory`, making it if it is missing. Never follows a symbolic link.
  package static func make(
    at directory: CInt, _ name: String, owner: FileOwner? = nil
  ) throws(Errno) -> OwnedDescriptor {
    var isNew = true
    do {
      try FileCalls.makeDirectory(at: directory, name, mode: 0o755)
    } catch .fileExists {
      isNew = false
    }
    let made = try FileCalls.open(at: directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    if isNew, let owner { try FileCalls.changeOwner(made.rawValue, user: owner.user, group: owner.group) }
    return made
  }
}
