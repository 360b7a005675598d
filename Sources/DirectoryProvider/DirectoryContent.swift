internal import Glibc
public import Logging
internal import Posix
public import Provider
internal import SystemPackage

/// Another directory of this machine as a provider, read through: nothing is copied before somebody opens a file, and
/// what changes there changes here.
///
/// A content ID names one version of a file: its path, inode number, size and times. A fetch gives exactly the bytes of
/// that version, or fails with `ProviderError.outdated`; a file that has changed a moment ago is read when the clock tick
/// of its change is over, because until then another change could not be told from it. A directory ID names a path.
///
/// Everything is opened beneath the source and never through a symbolic link. Other file systems that are mounted inside
/// are left out, as `find -xdev` does, and so are FIFOs, sockets and devices; the listing says so. What this user may not
/// read fails with `ProviderError.denied`.
///
/// Calls block for as long as the local disk takes; large files are copied on threads of their own.
public struct DirectoryContent: SizeProvider, RangedContentProvider, ChangingProvider {
  /// How a path outside lies to the source.
  public enum Overlap: Sendable, Hashable {
    /// The path is the source.
    case same
    /// The path lies inside of the source.
    case inside
    /// The source lies inside of the path.
    case around
  }

  private let source: Source
  private let shared = SharedContents()
  private let watcher: SourceWatcher

  /// Projects the directory at `path`.
  ///
  /// At most `watchLimit` directories are watched for changes; where there are more, or the system allows no more, every
  /// directory is said to have changed every ten seconds. `logger` is told of that.
  public init(
    path: String, watchLimit: Int = 65_536, logger: Logger = Logger(label: "projfs.directory")
  ) throws(DirectorySourceError) {
    try self.init(path: path, watchLimit: watchLimit, pollInterval: .seconds(10), logger: logger)
  }

  init(path: String, watchLimit: Int, pollInterval: Duration, logger: Logger) throws(DirectorySourceError) {
    do throws(Errno) {
      source = try Source(path)
    } catch .noSuchFileOrDirectory {
      throw .missing(path: path)
    } catch .notDirectory {
      throw .notADirectory(path: path)
    } catch .permissionDenied {
      throw .denied(path: path)
    } catch {
      throw .system(error, path: path)
    }
    watcher = SourceWatcher(source: source, limit: watchLimit, pollInterval: pollInterval, logger: logger)
  }

  /// The absolute path of the source, without symbolic links.
  public var path: String { source.path }

  /// How an existing file or directory lies to the source; nil where they are apart.
  ///
  /// A view must not be mounted where its source is, and neither inside of it nor around it. What a view keeps must not lie
  /// inside of its source: each write would be a change of it.
  public func overlap(with path: String) -> Overlap? {
    let other = (try? FileCalls.resolve(path)) ?? path
    if other == source.path { return .same }
    if SourcePath.isBeneath(Array(other.utf8), Self.prefix(source.path)) { return .inside }
    return SourcePath.isBeneath(Array(source.path.utf8), Self.prefix(other)) ? .around : nil
  }

  private static func prefix(_ path: String) -> [UInt8] { path == "/" ? [] : Array(path.utf8) }

  /// The source itself.
  public func root() async throws -> DirectoryID { DirectoryName.path([]).id }

  /// The entries of a directory, with the sizes of files.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    let opened = try await source.open(try DirectoryName(directory))
    // Before it is read: what changes after that is noticed.
    watcher.watch(opened.descriptor.rawValue, opened.path)
    return try source.status(
      { () throws(Errno) in try listing(of: opened.descriptor.rawValue, opened.path) }, opened.path)
  }

  private func listing(of directory: CInt, _ path: [UInt8]) throws(Errno) -> DirectoryListing {
    let itself = try FileFacts(directory).version
    source.note(directory: itself.inode, at: path)
    let entries = try EntryCalls.entries(of: directory)
    var listing = DirectoryListing(entries: entries.count, bytes: entries.count * 96)
    for entry in entries {
      let facts: FileFacts
      do throws(Errno) {
        facts = try FileFacts(at: directory, entry.name, fileSystem: itself.fileSystem)
      } catch .noSuchFileOrDirectory {
        // Gone since.
        continue
      } catch {
        listing.reject(entry.name, "its attributes cannot be read: \(error)")
        continue
      }
      append(entry.name, facts, in: path, itself.inode, to: &listing)
    }
    return listing
  }

  private func append(
    _ name: [UInt8], _ facts: FileFacts, in path: [UInt8], _ inode: UInt64, to listing: inout DirectoryListing
  ) {
    let permissions = UInt16(facts.mode & 0o7777)
    switch facts.mode & S_IFMT {
    case _ where facts.isMountRoot: listing.reject(name, "another file system is mounted there")
    case S_IFDIR:
      let directory = DirectoryName(path: SourcePath.join(path, name), inode: facts.version.inode)
      listing.append(name, .directory, id: directory.id.bytes, permissions: permissions, size: nil)
    case S_IFREG, S_IFLNK:
      let isLink = facts.mode & S_IFMT == S_IFLNK
      var content = ContentName(
        isLink: isLink, version: facts.version, name: name, directory: path, inode: inode)
      if facts.links > 1 { content = shared.shared(content) }
      listing.append(
        name, isLink ? .symbolicLink : .file, id: content.id.bytes, permissions: permissions, size: facts.version.size)
    case S_IFIFO: listing.reject(name, "a FIFO")
    case S_IFSOCK: listing.reject(name, "a socket")
    default: listing.reject(name, "a device")
    }
  }

  /// The sizes, which the IDs say.
  public func sizes(of contents: [ContentID]) async throws -> [Int64] {
    try contents.map { try ContentName($0).version.size }
  }

  /// Writes the bytes of a file, or the target of a symbolic link.
  public func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    let name = try ContentName(content)
    try await reading(name) { file in
      if name.isLink { return try sink.write(try file.linkTarget()) }
      try await file.copy(into: &sink)
    }
  }

  /// Writes a part of the bytes of a file.
  public func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    let name = try ContentName(content)
    try await reading(name) { file in
      if name.isLink {
        let target = try file.linkTarget()
        return try sink.write(Array(target[Int(range.lowerBound)..<Int(range.upperBound)]))
      }
      try file.copy(range, into: &sink)
    }
  }

  /// Lends the file that has a version, and checks afterwards that it still is that version.
  private func reading(_ name: ContentName, _ body: (borrowing VersionedFile) async throws -> Void) async throws {
    do {
      let file = try await VersionedFile.open(name, in: source)
      do {
        try await body(file)
      } catch {
        // A failure of a file that has changed is no failure of the disk.
        try file.check()
        throw error
      }
      try file.check()
    } catch let error as ProviderError {
      if case .outdated = error { shared.forget(name) }
      throw error
    }
  }

  /// What changes in the directories that were listed.
  public func changes() -> AsyncStream<ProviderChange> { watcher.changes() }
}
