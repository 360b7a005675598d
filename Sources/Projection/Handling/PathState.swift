internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// What a path of a view is.
package enum PathState: String, Sendable, CaseIterable {
  /// Nothing has the name.
  case absent
  /// The provider has the name, and users have removed it.
  case tombstone
  /// The provider's; nobody has looked at it.
  case virtual
  /// The provider's; the kernel knows it, and its content is not here.
  case placeholder
  /// Its metadata or name is the user's, its content the provider's.
  case dirtyPlaceholder = "dirty placeholder"
  /// The provider's; its content is in the content store.
  case hydrated
  /// The user's.
  case full
  /// A directory of the provider's, with nothing of the user's in it.
  case virtualDirectory = "virtual directory"
  /// A directory of the provider's, with something of the user's over it.
  case mergedDirectory = "merged directory"
  /// A directory of the user's: nothing of the provider's shows through it.
  case fullDirectory = "full directory"

  /// Whether users have changed something at the path itself.
  package var isLocal: Bool {
    switch self {
    case .tombstone, .dirtyPlaceholder, .full, .fullDirectory: true
    case .absent, .virtual, .placeholder, .hydrated, .virtualDirectory, .mergedDirectory: false
    }
  }
}

extension ProjectionCore {
  /// What the path is. Lists the directories on the way where nobody has yet; looks at nothing else.
  package func state(at path: [[UInt8]]) async throws(ProjectionError) -> PathState {
    guard let name = path.last else { return .mergedDirectory }
    do throws(ProjectionError) {
      return try await withDirectory(at: path.dropLast()) { [self] directory throws(ProjectionError) in
        try state(of: name, in: directory)
      }
    } catch .notFound {
      return .absent
    } catch .notADirectory {
      return .absent
    }
  }

  /// What a name of a loaded directory is.
  func state(of name: [UInt8], in directory: DirectoryNode) throws(ProjectionError) -> PathState {
    try namespace.shared { () throws(ProjectionError) in
      let handle = try existingHandle(of: directory)
      return try directory.withState { state throws(ProjectionError) in
        switch state.find(name) {
        case .unknown: throw .stale
        case .absent: return .absent
        case .tombstone: return .tombstone
        case .provided(let key):
          guard let listing = state.listing, let index = key.providedIndex else { throw .stale }
          if listing.kind(at: index) == .directory { return .virtualDirectory }
          if store.contains(listing.content(at: index)) { return .hydrated }
          return inodes.child(key, of: directory) == nil ? .virtual : .placeholder
        case .local(let key, _):
          let entry = try ProjectionError.local { () throws(Errno) in try LocalEntry.at(name, in: handle) }
          switch entry {
          case nil, .whiteout: return .absent
          case .placeholder: return .dirtyPlaceholder
          case .full: return .full
          case .directory(_, .nothing): return .fullDirectory
          case .directory(_, .pinned): return .mergedDirectory
          case .directory(_, .place):
            let isOver = key.providedIndex.map { state.listing?.kind(at: $0) == .directory } ?? false
            return isOver ? .mergedDirectory : .fullDirectory
          }
        }
      }
    }
  }

  /// Runs `body` with the directory at a path, loaded, which is known for as long as that takes.
  func withDirectory<Result: Sendable>(
    at path: some Collection<[UInt8]> & Sendable,
    _ body: (DirectoryNode) async throws(ProjectionError) -> Result
  ) async throws(ProjectionError) -> Result {
    var directory = inodes.rootDirectory
    var found: [Target] = []
    defer { for target in found { release(target) } }
    try await load(directory)
    for name in path {
      let target = try await loadChild(name, of: directory)
      found.append(target)
      directory = target.directory
    }
    return try await body(directory)
  }
}
