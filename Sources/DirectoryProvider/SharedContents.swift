internal import Posix
internal import Provider
internal import Synchronization

/// Gives all names of a file with several (hard links) the content ID of the one that was listed first, so that its
/// content is fetched once. At most `limit` files are remembered; of others, each name has a content ID of its own.
final class SharedContents: Sendable {
  private struct File: Hashable {
    let fileSystem: UInt64
    let inode: UInt64

    init(_ version: FileVersion) {
      fileSystem = version.fileSystem
      inode = version.inode
    }
  }

  private static let limit = 65_536
  private let names = Mutex<[File: ContentName]>([:])

  /// The content's name for all names of its file.
  func shared(_ name: ContentName) -> ContentName {
    names.withLock { names in
      let file = File(name.version)
      if let known = names[file], known.version == name.version { return known }
      if names.count >= Self.limit { names.removeAll(keepingCapacity: true) }
      names[file] = name
      return name
    }
  }

  /// Forgets a content that is not where its name says.
  func forget(_ name: ContentName) {
    names.withLock { names in
      if names[File(name.version)] == name { names[File(name.version)] = nil }
    }
  }
}
