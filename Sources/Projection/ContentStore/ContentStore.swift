package import Glibc
package import Posix
package import Provider
internal import Synchronization
package import SystemPackage

/// Immutable files named by content ID, shared by all views of one source.
///
/// A content lies at `ab/cdef…` (its ID in hexadecimal digits), as raw bytes with mode 0444, and is linked there only
/// when it is complete. Nothing is ever written to a file that has a name, so any number of servers can share a store.
package final class ContentStore: Sendable {
  /// The directory, as an absolute path.
  package let path: String

  let directory: OwnedDescriptor
  let owner: FileOwner?
  /// Contents that changed last before this moment are not trusted until they were verified.
  let suspectBefore: TimeStamp?
  private let nextTemporary = Atomic<Int>(0)

  /// The name of the file whose change time is `suspectBefore`.
  private static let suspectMarker = "suspect"
  private static let temporaryPrefix = "tmp-"

  /// Opens the store in `path`, making it if there is none.
  ///
  /// What is made belongs to `owner`, or to the process where that is nil. After an unclean stop, `suspectAll` makes
  /// every content that is there now be verified at its first use.
  package init(path: String, owner: FileOwner?, suspectAll: Bool) throws(Errno) {
    self.path = path
    self.owner = owner
    directory = try Directories.make(path, owner: owner)
    if suspectAll {
      let marker = try FileCalls.open(
        at: directory.rawValue, Self.suspectMarker, O_CREAT | O_WRONLY | O_NOFOLLOW, mode: 0o644)
      if let owner { try FileCalls.changeOwner(marker.rawValue, user: owner.user, group: owner.group) }
      try FileCalls.touch(marker.rawValue)
    }
    do {
      suspectBefore = TimeStamp(try FileCalls.status(at: directory.rawValue, Self.suspectMarker).st_ctim)
    } catch .noSuchFileOrDirectory {
      suspectBefore = nil
    }
    try removeAbandonedTemporaries()
    if suspectAll { removeSuspectParts() }
  }

  /// A content that is stored, open for reading, and whether it must be verified before it is trusted.
  package struct Stored: ~Copyable {
    /// The open file.
    package let file: OwnedDescriptor
    /// Whether an unclean stop came between its writing and now.
    package let isSuspect: Bool
    /// In bytes.
    package let size: Int64
    /// When it was noted last that somebody uses it.
    let lastUse: TimeStamp
  }

  /// Opens a content; nil where it is not stored.
  package func open(_ content: ContentID) throws(Errno) -> Stored? {
    let file: OwnedDescriptor
    do {
      file = try FileCalls.open(at: directory.rawValue, Self.name(of: content), O_RDONLY | O_NOFOLLOW)
    } catch .noSuchFileOrDirectory {
      return nil
    }
    let status = try FileCalls.status(file.rawValue)
    let isSuspect = suspectBefore.map { TimeStamp(status.st_ctim) <= $0 } ?? false
    return Stored(
      file: file, isSuspect: isSuspect, size: Int64(status.st_size), lastUse: TimeStamp(status.st_atim))
  }

  /// Marks an open content as verified, for this and all later mounts.
  package func trust(_ file: borrowing OwnedDescriptor) throws(Errno) {
    try FileCalls.touch(file.rawValue)
  }

  /// Whether a content is stored.
  package func contains(_ content: ContentID) -> Bool {
    (try? FileCalls.status(at: directory.rawValue, Self.name(of: content))) != nil
  }

  /// Drops a content, or what was put away of it. Who has it open keeps it.
  package func remove(_ content: ContentID) throws(Errno) {
    removePart(of: content)
    do {
      try FileCalls.remove(at: directory.rawValue, Self.name(of: content))
    } catch .noSuchFileOrDirectory {
      return
    }
  }

  /// Stores what `fill` writes, and returns it, open. On any failure nothing remains.
  ///
  /// Another server may store the same content meanwhile; the first one stays, and both are right.
  @discardableResult
  package func store(
    _ content: ContentID, progress: SinkProgress? = nil, fill: (inout ContentSink) async throws -> Void
  ) async throws -> OwnedDescriptor {
    let draft = try makeDraft()
    var sink = ContentSink(descriptor: FileDescriptor(rawValue: draft.file.rawValue), progress: progress)
    do {
      try await fill(&sink)
      // The disk's own word counts more than what the provider made of it.
      if let failure = sink.failure { throw failure }
      try publish(draft, as: Self.name(of: content))
    } catch {
      // Its room is free at once, and not when a program that is just being started has closed its copy as well.
      try? DataCalls.truncate(draft.file.rawValue, to: 0)
      if let temporary = draft.temporaryName { try? FileCalls.remove(at: directory.rawValue, temporary) }
      throw sink.failure ?? error
    }
    return draft.takeFile()
  }

  /// How much room the file system below has.
  package func space() throws(Errno) -> statvfs {
    try FileCalls.spaceStatus(directory.rawValue)
  }

  /// Whether the store lies on a stacked file system, which the kernel must be told before passthrough.
  package func isStacked() throws(Errno) -> Bool {
    try FileCalls.isStacked(directory.rawValue)
  }

  /// A file like those stored, to try on the kernel what would be done with them.
  package func openProbe() throws(Errno) -> OwnedDescriptor {
    let draft = try makeDraft()
    if let name = draft.temporaryName { try FileCalls.remove(at: directory.rawValue, name) }
    // The kernel opens the file anew, which works for one without a name as well.
    return try FileCalls.open("/proc/self/fd/\(draft.file.rawValue)", O_RDONLY)
  }

  // MARK: - Drafts

  /// A file being filled: unnamed, or, where the file system has no unnamed files, under a temporary name.
  struct Draft: ~Copyable {
    let file: OwnedDescriptor
    let temporaryName: String?

    /// The open file, which outlives the draft.
    consuming func takeFile() -> OwnedDescriptor { file }
  }

  func makeDraft() throws(Errno) -> Draft {
    let draft: Draft
    do {
      draft = Draft(file: try FileCalls.openTemporary(in: directory.rawValue, mode: 0o444), temporaryName: nil)
    } catch .notSupportedOnSocket, .notSupported, .isDirectory {
      // EOPNOTSUPP from the file system, EISDIR from a kernel that does not know O_TMPFILE.
      let name = temporaryName()
      draft = Draft(
        file: try FileCalls.open(at: directory.rawValue, name, O_CREAT | O_EXCL | O_RDWR, mode: 0o444),
        temporaryName: name)
    }
    if let owner { try FileCalls.changeOwner(draft.file.rawValue, user: owner.user, group: owner.group) }
    return draft
  }

  /// A name that no other file has, and that who comes after this process removes.
  func temporaryName() -> String {
    "\(Self.temporaryPrefix)\(getpid())-\(nextTemporary.add(1, ordering: .relaxed).newValue)"
  }

  private func publish(_ draft: borrowing Draft, as name: String) throws(Errno) {
    try attach(draft.file, draft.temporaryName, as: name)
  }

  /// Gives a file, which may have a temporary name, a name in a directory below this one, which is made if it is missing.
  /// A file that has the name already may stay.
  func attach(_ file: borrowing OwnedDescriptor, _ temporary: String?, as name: String) throws(Errno) {
    do {
      try place(file, temporary, at: name)
    } catch .noSuchFileOrDirectory {
      let parent = String(name.prefix { $0 != "/" })
      _ = try Directories.make(at: directory.rawValue, parent, owner: owner)
      try place(file, temporary, at: name)
    }
  }

  private func place(_ file: borrowing OwnedDescriptor, _ temporary: String?, at name: String) throws(Errno) {
    guard let temporary else {
      do {
        return try FileCalls.link(file, at: directory.rawValue, name)
      } catch .fileExists {
        return
      }
    }
    try FileCalls.rename(at: directory.rawValue, temporary, to: name)
  }

  /// Removes the temporary files of servers that are gone.
  private func removeAbandonedTemporaries() throws(Errno) {
    for name in try FileCalls.names(at: directory.rawValue, ".") where name.hasPrefix(Self.temporaryPrefix) {
      let owner = name.dropFirst(Self.temporaryPrefix.count).prefix { $0 != "-" }
      guard let process = pid_t(owner), kill(process, 0) != 0, errno == ESRCH else { continue }
      try? FileCalls.remove(at: directory.rawValue, name)
    }
  }

  // MARK: - Names

  static func name(of content: ContentID) -> String {
    var name = content.description
    // Three digits at least, so that both parts of the name exist.
    while name.utf8.count < 3 { name.append("-") }
    name.insert("/", at: name.utf8.index(name.startIndex, offsetBy: 2))
    return name
  }
}
