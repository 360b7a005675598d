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
  /// Where it is, from the root.
  var path: [UInt8]
}

/// Every one of the provider's contents that users see at and below a path: through directories that nobody has looked
/// into, and through those that users have changed or renamed.
struct ProvidedWalk: Sendable {
  let core: ProjectionCore
  /// Whether what fails is passed over.
  let passesFailures: Bool
  /// Of which paths; others are not looked at, and no directory without any is listed.
  var selection: any PathSelection = EveryPath()

  /// Calls `body` for each directory's contents.
  func forEach(
    at path: [[UInt8]], _ body: ([ProvidedContent]) async throws(ProjectionError) -> Void
  ) async throws(ProjectionError) {
    guard let name = path.last else {
      return try await core.withDirectory(at: []) { directory throws(ProjectionError) in
        try await walk(directory, at: [], body)
      }
    }
    let joined = Array(path.joined(separator: [slash]))
    try await core.withDirectory(at: path.dropLast()) { parent throws(ProjectionError) in
      switch try core.state(of: name, in: parent) {
      case .absent, .tombstone: throw .notFound
      case .full: return
      case .virtualDirectory, .mergedDirectory, .fullDirectory:
        let target = try await core.loadChild(name, of: parent)
        defer { core.release(target) }
        try await walk(target.directory, at: joined, body)
      case .virtual, .placeholder, .hydrated, .dirtyPlaceholder:
        let entries = try contents(of: parent, at: Array(path.dropLast().joined(separator: [slash])))
        try await body(entries.files.filter { $0.path == joined })
      }
    }
  }

  private var slash: UInt8 { UInt8(ascii: "/") }

  /// What is in a loaded directory.
  private struct Entries {
    var files: [ProvidedContent] = []
    /// Directories of the provider's with nothing of the user's in them.
    var virtual: [(path: [UInt8], id: DirectoryID)] = []
    /// Directories that the local tree has.
    var local: [[UInt8]] = []
    /// Paths of the user's that are no directories.
    var others: [[UInt8]] = []
  }

  private func walk(
    _ directory: DirectoryNode, at path: [UInt8], _ body: ([ProvidedContent]) async throws(ProjectionError) -> Void
  ) async throws(ProjectionError) {
    let coverage = selection.coverage(of: path)
    if coverage == .none { return }
    let entries = try contents(of: directory, at: path)
    try await body(coverage == .all ? entries.files : entries.files.filter { selection.selects($0.path) })
    // They have no content here, and may have been asked for all the same.
    if coverage == .some { for path in entries.others { _ = selection.selects(path) } }
    try await walk(entries.virtual, body)
    for name in entries.local {
      do throws(ProjectionError) {
        let target = try await core.loadChild(name, of: directory)
        defer { core.release(target) }
        try await walk(target.directory, at: Self.path(of: name, in: path), body)
      } catch .notFound {
        // Removed meanwhile.
      } catch .notADirectory {
        // The same, with something else in its place.
      }
    }
  }

  /// Walks directories of the provider's that nobody has changed anything in.
  private func walk(
    _ directories: [(path: [UInt8], id: DirectoryID)],
    _ body: ([ProvidedContent]) async throws(ProjectionError) -> Void
  ) async throws(ProjectionError) {
    var waiting = directories
    while let (path, id) = waiting.popLast() {
      if Task.isCancelled { throw .interrupted }
      let coverage = selection.coverage(of: path)
      if coverage == .none { continue }
      let listing: DirectoryListing
      do {
        listing = try await core.provided(id)
      } catch {
        if passesFailures, !(error is CancellationError) { continue }
        throw ProjectionError(error)
      }
      var files: [ProvidedContent] = []
      for index in 0..<listing.count {
        let place = Self.path(of: listing.name(at: index), in: path)
        if listing.kind(at: index) == .directory {
          waiting.append((place, listing.directory(at: index)))
        } else if coverage == .all || selection.selects(place) {
          files.append(
            ProvidedContent(
              content: listing.content(at: index), size: listing.size(at: index), isDirty: false, path: place))
        }
      }
      try await body(files)
    }
  }

  private static func path(of name: [UInt8], in directory: [UInt8]) -> [UInt8] {
    directory.isEmpty ? name : directory + [UInt8(ascii: "/")] + name
  }

  private func contents(of directory: DirectoryNode, at path: [UInt8]) throws(ProjectionError) -> Entries {
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
            entries.virtual.append(
              (Self.path(of: listing.name(at: index), in: path), listing.directory(at: index)))
          case .provided:
            entries.files.append(
              ProvidedContent(
                content: listing.content(at: index), size: listing.size(at: index), isDirty: false,
                path: Self.path(of: listing.name(at: index), in: path)))
          case .local(_, let entry):
            try note(state.name(key) ?? listing.name(at: index), entry, in: handle, at: path, &entries)
          }
        }
        try names.forEachOwn(after: 0) { _, own throws(ProjectionError) in
          try note(own.name, own.entry, in: handle, at: path, &entries)
          return true
        }
        return entries
      }
    }
  }

  private func note(
    _ name: [UInt8], _ entry: LocalNames.Entry, in handle: DirectoryHandle?, at path: [UInt8], _ entries: inout Entries
  ) throws(ProjectionError) {
    if entry.kind == .directory { return entries.local.append(name) }
    let place = Self.path(of: name, in: path)
    guard entry.kind == .file, let handle else { return entries.others.append(place) }
    let placeholder = try ProjectionError.local { () throws(Errno) -> Placeholder? in
      let marks = try Marks(at: handle.rawValue, name)
      guard let content = marks.content else { return nil }
      return marks.placeholder(try EntryCalls.status(at: handle.rawValue, name), for: content)
    }
    guard let placeholder else { return entries.others.append(place) }
    entries.files.append(
      ProvidedContent(content: placeholder.content, size: placeholder.size, isDirty: true, path: place))
  }
}
