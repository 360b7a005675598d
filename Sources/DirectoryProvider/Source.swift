internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// The directory that is projected, and everything that is opened in it: beneath it, on its own mount, and never through
/// a symbolic link.
final class Source: Sendable {
  /// The open root, shared by who is using it.
  final class Root: Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Opens what is at a path beneath, and lives until that is done.
    func open(_ path: [UInt8], _ flags: CInt) throws(Errno) -> OwnedDescriptor {
      try FileCalls.open(withinMount: descriptor.rawValue, path, flags)
    }
  }

  /// The absolute path of the root, without symbolic links.
  let path: String

  /// The root; nil while nothing of the kind is at its path.
  private let state: Mutex<Root?>
  private let places = DirectoryPlaces()

  /// Opens the directory at `path`.
  init(_ path: String) throws(Errno) {
    self.path = try FileCalls.resolve(path)
    state = Mutex(Root(try Self.openRoot(self.path)))
  }

  private static func openRoot(_ path: String) throws(Errno) -> OwnedDescriptor {
    try EntryCalls.openQuietly(at: FileCalls.workingDirectory, Array(path.utf8), O_RDONLY | O_DIRECTORY)
  }

  /// The open root. Throws `unavailable` where it was moved or removed.
  func root() throws(ProviderError) -> Root {
    guard let root = state.withLock({ $0 }) else { throw gone }
    return root
  }

  /// Says that the root is not at its path any more.
  func lose() { state.withLock { $0 = nil } }

  /// Looks for a directory at the path of a root that was lost; returns whether one is there.
  func recover() -> Bool {
    guard let found = try? Self.openRoot(path) else { return false }
    let root = Root(found)
    state.withLock { $0 = root }
    places.removeAll()
    return true
  }

  private var gone: ProviderError { .unavailable("the directory '\(path)' was moved or removed") }

  // MARK: - Opening

  /// Something that is open, and its path from the root.
  struct Opened: ~Copyable {
    let descriptor: OwnedDescriptor
    let path: [UInt8]

    init(_ descriptor: consuming OwnedDescriptor, _ path: [UInt8]) {
      self.descriptor = descriptor
      self.path = path
    }
  }

  /// Opens a directory for reading.
  func open(_ directory: DirectoryName) async throws -> Opened {
    let root = try root()
    let path: [UInt8]
    switch directory {
    case .path(let known): path = known
    case .inode(let inode, let near): path = try await find(directory: inode, near: near, in: root)
    }
    let descriptor = try open(root, path, O_RDONLY | O_DIRECTORY)
    if path.isEmpty, try status({ () throws(Errno) in try FileCalls.status(descriptor.rawValue) }, path).st_nlink == 0 {
      throw gone
    }
    return Opened(descriptor, path)
  }

  /// Opens a file for reading, or a symbolic link as such. What is there may be another version.
  func open(_ content: ContentName) async throws -> Opened {
    let root = try root()
    let path: [UInt8]
    switch content.place {
    case .path(let known): path = known
    case .inside(let inode, let name, let near):
      let directory = try await find(directory: inode, near: near, in: root)
      let name = name.isEmpty ? try self.name(of: content, inside: directory, in: root) : name
      path = SourcePath.join(directory, name)
    }
    // O_NONBLOCK: what was a file may be a FIFO by now.
    let flags = content.isLink ? EntryCalls.pathOnly | O_NOFOLLOW : O_RDONLY | O_NOFOLLOW | O_NONBLOCK
    return Opened(try open(root, path, flags), path)
  }

  private func open(_ root: Root, _ path: [UInt8], _ flags: CInt) throws(ProviderError) -> OwnedDescriptor {
    do throws(Errno) {
      if flags & EntryCalls.pathOnly == 0 {
        do throws(Errno) {
          return try root.open(path, flags | EntryCalls.keepingAccessTime)
        } catch {
          // Another user's file: its time of access may change.
          guard error == .notPermitted else { throw error }
        }
      }
      return try root.open(path, flags)
    } catch {
      throw failure(error, path)
    }
  }

  /// What a failed call on something in the source means: `outdated` where the source is not as it was listed.
  func failure(_ error: Errno, _ path: [UInt8]) -> ProviderError {
    let place = "'\(SourcePath.text(path))' of '\(self.path)'"
    return switch error {
    case .permissionDenied, .notPermitted: .denied(place)
    case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .improperLink, .noSuchAddressOrDevice,
      .staleNFSFileHandle:
      .outdated(place)
    default: .system(error, "cannot read \(place)")
    }
  }

  /// Makes system calls on something in the source.
  func status<Value>(_ body: () throws(Errno) -> Value, _ path: [UInt8]) throws(ProviderError) -> Value {
    do throws(Errno) {
      return try body()
    } catch {
      throw failure(error, path)
    }
  }

  // MARK: - Places that no ID can hold

  /// Remembers where a directory is whose path, or the paths of whose entries, may not fit into IDs.
  func note(directory inode: UInt64, at path: [UInt8]) {
    if path.count >= DirectoryPlaces.shortest { places.note(inode, at: path) }
  }

  private func find(directory inode: UInt64, near: [UInt8], in root: Root) async throws -> [UInt8] {
    for known in [places[inode] ?? near, near] where isThere(inode, at: known, in: root) { return known }
    // This reads every directory beneath `near`.
    let found = await Threads.run("directory search") { [places] in
      DirectorySearch(root: root, places: places).find(inode, beneath: near)
    }
    guard let found else {
      throw ProviderError.outdated("a directory beneath '\(SourcePath.text(near))' of '\(path)'")
    }
    return found
  }

  private func isThere(_ inode: UInt64, at path: [UInt8], in root: Root) -> Bool {
    guard let found = try? root.open(path, EntryCalls.pathOnly) else { return false }
    return (try? FileCalls.status(found.rawValue).st_ino).map { UInt64($0) == inode } ?? false
  }

  /// The name of a file that does not fit into its ID.
  private func name(
    of content: ContentName, inside directory: [UInt8], in root: Root
  ) throws(ProviderError) -> [UInt8] {
    let descriptor = try open(root, directory, O_RDONLY | O_DIRECTORY)
    let entries = try status({ () throws(Errno) in try EntryCalls.entries(of: descriptor.rawValue) }, directory)
    guard let entry = entries.first(where: { $0.inode == content.version.inode }) else {
      throw .outdated("a file in '\(SourcePath.text(directory))' of '\(path)'")
    }
    return entry.name
  }
}
