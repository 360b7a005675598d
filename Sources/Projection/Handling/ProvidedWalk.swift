internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// One of the provider's contents, at a path where users see it.
struct ProvidedContent: Sendable {
  let content: ContentID
  /// Bytes; nil where nobody has asked.
  let size: Int64?
  /// Whether it is behind a dirty placeholder.
  let isDirty: Bool
}

/// Every one of the provider's contents that users see at and below a path: through directories that nobody has looked
/// into, and through those that users have changed or renamed.
struct ProvidedWalk: Sendable {
  let core: ProjectionCore
  /// Whether what fails is passed over.
  let passesFailures: Bool

  /// Calls `body` for each directory's contents.
  func forEach(
    at path: [[UInt8]], _ body: ([ProvidedContent]) async throws(ProjectionError) -> Void
  ) async throws(ProjectionError) {
    guard let name = path.last else {
      return try await core.withDirectory(at: []) { directory throws(ProjectionError) in
        try await walk(directory, body)
      }
    }
    try await core.withDirectory(at: path.dropLast()) { parent throws(ProjectionError) in
      switch try core.state(of: name, in: parent) {
      case .absent, .tombstone: throw .notFound
      case .full: return
      case .virtualDirectory, .mergedDirectory, .fullDirectory:
        let target = try await core.loadChild(name, of: parent)
        defer { core.release(target) }
        try await walk(target.directory, body)
      case .virtual, .placeholder, .hydrated, .dirtyPlaceholder:
        let entries = try contents(of: parent)
        try await body(entries.files.filter { $0.name == name }.map(\.file))
      }
    }
  }

  /// What is in a loaded directory.
  private struct Entries {
    var files: [(name: [UInt8], file: ProvidedContent)] = []
    /// Directories of the provider's with nothing of the user's in them.
    var virtual: [DirectoryID] = []
    /// Directories that the local tree has.
    var local: [[UInt8]] = []
  }

  private func walk(
    _ directory: DirectoryNode, _ body: ([ProvidedContent]) async throws(ProjectionError) -> Void
  ) async throws(ProjectionError) {
    let entries = try contents(of: directory)
    try await body(entries.files.map(\.file))
    var virtual = entries.virtual
    while let id = virtual.popLast() {
      if Task.isCancelled { throw .interrupted }
      let listing: DirectoryListing
      do {
        listing = try await core.provided(id)
      } catch {
        if passesFailures, !(error is CancellationError) { continue }
        throw ProjectionError(error)
      }
      var files: [ProvidedContent] = []
      for index in 0..<listing.count {
        if listing.kind(at: index) == .directory {
          virtual.append(listing.directory(at: index))
        } else {
          files.append(
            ProvidedContent(content: listing.content(at: index), size: listing.size(at: index), isDirty: false))
        }
      }
      try await body(files)
    }
    for name in entries.local {
      do throws(ProjectionError) {
        let target = try await core.loadChild(name, of: directory)
        defer { core.release(target) }
        try await walk(target.directory, body)
      } catch .notFound {
        // Removed meanwhile.
      } catch .notADirectory {
        // The same, with something else in its place.
      }
    }
  }

  private func contents(of directory: DirectoryNode) throws(ProjectionError) -> Entries {
    try core.namespace.shared { () throws(ProjectionError) in
      let handle = try core.existingHandle(of: directory)
      return try directory.withState { state throws(ProjectionError) in
        var entries = Entries()
        guard let listing = state.listing, let names = state.names else { return entries }
        for index in 0..<listing.count {
          let key = NameKey(provided: index)
          switch state.found(key) {
          case .unknown, .absent, .tombstone: break
          case .provided where listing.kind(at: index) == .directory:
            entries.virtual.append(listing.directory(at: index))
          case .provided:
            let file = ProvidedContent(
              content: listing.content(at: index), size: listing.size(at: index), isDirty: false)
            entries.files.append((listing.name(at: index), file))
          case .local(_, let entry):
            try note(state.name(key) ?? listing.name(at: index), entry, in: handle, &entries)
          }
        }
        try names.forEachOwn(after: 0) { _, own throws(ProjectionError) in
          try note(own.name, own.entry, in: handle, &entries)
          return true
        }
        return entries
      }
    }
  }

  private func note(
    _ name: [UInt8], _ entry: LocalNames.Entry, in handle: DirectoryHandle?, _ entries: inout Entries
  ) throws(ProjectionError) {
    if entry.kind == .directory { return entries.local.append(name) }
    guard entry.kind == .file, let handle else { return }
    let placeholder = try ProjectionError.local { () throws(Errno) -> Placeholder? in
      let marks = try Marks(at: handle.rawValue, name)
      guard let content = marks.content else { return nil }
      return marks.placeholder(try EntryCalls.status(at: handle.rawValue, name), for: content)
    }
    guard let placeholder else { return }
    entries.files.append(
      (name, ProvidedContent(content: placeholder.content, size: placeholder.size, isDirty: true)))
  }
}
