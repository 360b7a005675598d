internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// A directory of the local tree that lies over the provider's at its place.
struct SettlingDirectory: Sendable {
  /// The names that lead to it from the root.
  let path: [[UInt8]]
  let handle: DirectoryHandle
  /// The number that stat(2) shows for it.
  let inode: UInt64
  /// What in it says what the provider says as well, or nothing.
  var entries: [SettlingEntry] = []
}

/// An entry of the local tree that can go without anybody noticing.
struct SettlingEntry: Sendable {
  let name: [UInt8]
  /// The content of the provider's that is the same; nil for a whiteout over nothing.
  let content: ContentID?
  /// How long it is seen to be, in bytes.
  let size: Int64
  /// When it is seen to have changed last.
  let modified: TimeStamp
  /// By this it is seen whether it was changed since.
  let status: LocalStatus
}

/// What tells whether a local entry is as it was.
struct LocalStatus: Sendable, Equatable {
  let inode: UInt64
  let size: Int64
  let modified: TimeStamp
  let changed: TimeStamp

  init(_ status: stat) {
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = TimeStamp(status.st_mtim)
    changed = TimeStamp(status.st_ctim)
  }
}

/// Looks for what in the local tree equals the projection. Changes nothing.
///
/// Looks into no directory that is the user's alone, so it takes as long as there are local entries beside and over the
/// provider's.
struct SettlingSurvey {
  private(set) var directories: [SettlingDirectory] = []
  /// Directories of the user's with the name of one of the provider's, which can be merged with that.
  private(set) var mergeable: [(path: [[UInt8]], handle: DirectoryHandle)] = []

  /// A directory that carries what shows through it, where the provider has one of that name.
  struct Pinned {
    let path: [[UInt8]]
    let handle: DirectoryHandle
    /// What shows through it.
    let shows: DirectoryID
    /// What the provider has at its place.
    let has: DirectoryID
  }

  /// Directories that were renamed to where the provider has one now.
  private(set) var pinned: [Pinned] = []

  private let fileSystem: ProjectionCore
  private let verifier: (any ContentVerifier)?

  init(_ fileSystem: ProjectionCore) {
    self.fileSystem = fileSystem
    verifier = fileSystem.provider as? any ContentVerifier
  }

  /// Looks into a directory that shows `origin`, and into those below.
  mutating func look(
    into handle: DirectoryHandle, _ path: [[UInt8]], inode: UInt64, origin: DirectoryID
  ) async throws {
    let listing = try await fileSystem.timed.entries(of: origin)
    var found = SettlingDirectory(path: path, handle: handle, inode: inode)
    for entry in try EntryCalls.entries(of: handle.rawValue) {
      try Task.checkCancellation()
      let index = listing.place(of: entry.name)
      switch try LocalEntry.at(entry.name, in: handle) {
      case nil: break
      case .whiteout:
        if index == nil {
          let status = try EntryCalls.status(at: handle.rawValue, entry.name)
          found.entries.append(
            SettlingEntry(
              name: entry.name, content: nil, size: 0, modified: TimeStamp(status.st_mtim),
              status: LocalStatus(status)))
        }
      case .placeholder, .full:
        guard let index, listing.name(at: index) == entry.name, listing.kind(at: index) != .directory,
          let same = try await same(entry.name, in: handle, as: listing, index)
        else { break }
        found.entries.append(same)
      case .directory(let child, let shown):
        guard let index, listing.kind(at: index) == .directory else { break }
        let number = fileSystem.inode(of: entry.name, in: inode)
        switch shown {
        case .nothing: mergeable.append((path + [entry.name], child))
        case .pinned(let id):
          pinned.append(Pinned(path: path + [entry.name], handle: child, shows: id, has: listing.directory(at: index)))
        case .place:
          let noted = try Marks(at: child.rawValue, []).inode ?? number
          try await look(
            into: child, path + [entry.name], inode: noted, origin: listing.directory(at: index))
        }
      }
    }
    // Those below come before those above, as they have to go.
    directories.append(found)
  }

  /// The entry, if it is in content and metadata what the provider has.
  private func same(
    _ name: [UInt8], in handle: DirectoryHandle, as listing: ProvidedEntries, _ index: Int
  ) async throws -> SettlingEntry? {
    let raw = try EntryCalls.status(at: handle.rawValue, name)
    let content = listing.content(at: index)
    let status = LocalStatus(raw)
    guard raw.st_nlink == 1, FileOwner(user: raw.st_uid, group: raw.st_gid) == fileSystem.options.owner,
      FileKind(mode: raw.st_mode) == FileKind(listing.kind(at: index)),
      !fileSystem.settled.isKnownToDiffer(status, from: content)
    else { return nil }
    if listing.kind(at: index) == .file {
      let permissions = listing.permissions(at: index) & ~fileSystem.options.umask
      guard UInt16(truncatingIfNeeded: raw.st_mode & 0o7777) == permissions else { return nil }
    }
    guard try Self.isBare(name, in: handle) else { return nil }
    let marks = listing.kind(at: index) == .file ? try Marks(at: handle.rawValue, name) : Marks()
    let placeholder = marks.content.map { marks.placeholder(raw, for: $0) }
    let size = placeholder?.size ?? Int64(raw.st_size)
    guard try await self.size(of: content, in: listing, at: index) == size else { return nil }
    if let placeholder {
      guard placeholder.content == content else { return nil }
    } else {
      guard try await hasContent(name, in: handle, status, listing, index) else { return nil }
    }
    return SettlingEntry(
      name: name, content: content, size: size, modified: placeholder?.modified ?? status.modified, status: status)
  }

  /// How long one of the provider's files is, in bytes.
  private func size(of content: ContentID, in listing: ProvidedEntries, at index: Int) async throws -> Int64? {
    if let size = listing.size(at: index) { return size }
    return try await fileSystem.timed.sizes(of: [content]).first
  }

  /// Whether an entry of the user's has the content that the provider's has, which is as long.
  private func hasContent(
    _ name: [UInt8], in handle: DirectoryHandle, _ status: LocalStatus, _ listing: ProvidedEntries, _ index: Int
  ) async throws -> Bool {
    let content = listing.content(at: index)
    if listing.kind(at: index) == .symbolicLink {
      let target = try EntryCalls.linkTarget(at: handle.rawValue, name)
      return try await fileSystem.target(content, status.size, by: Caller(thread: 0)) == target
    }
    guard let verifier else { return false }
    let flags = O_RDONLY | EntryCalls.keepingAccessTime
    let file = try EntryCalls.openAnyway(at: handle.rawValue, name, flags, permissions: S_IRUSR)
    if try await verifier.verify(content, file: FileDescriptor(rawValue: file.rawValue)) { return true }
    fileSystem.settled.noteDifference(of: status, from: content)
    return false
  }

  /// Whether an entry has no extended attribute of the user's.
  static func isBare(_ name: [UInt8], in handle: DirectoryHandle) throws(Errno) -> Bool {
    do {
      return try ExtendedAttributes.names(at: handle.rawValue, name).allSatisfy {
        Marks.isOne($0) || $0.elementsEqual("security.selinux".utf8)
      }
    } catch .notSupported, .notSupportedOnSocket {
      return true
    }
  }
}

/// Files of the user's that were compared with the projection and are different, so that nobody reads them again before
/// they change.
final class SettledFiles: Sendable {
  private struct Difference {
    let status: LocalStatus
    let content: ContentID
  }

  private static let limit = 65_536

  // A leaf lock.
  private let different = Mutex<[UInt64: Difference]>([:])

  func isKnownToDiffer(_ status: LocalStatus, from content: ContentID) -> Bool {
    different.withLock { different in
      guard let known = different[status.inode] else { return false }
      return known.status == status && known.content == content
    }
  }

  func noteDifference(of status: LocalStatus, from content: ContentID) {
    different.withLock { different in
      if different.count >= Self.limit { different.removeAll() }
      different[status.inode] = Difference(status: status, content: content)
    }
  }
}
