internal import Provider
internal import Synchronization
internal import SystemPackage

/// How many of a projection's paths are in which state. Directories are not counted; symbolic links are.
package struct FileStates: Sendable, Hashable {
  /// All paths of the provider's.
  package var total = 0
  /// Nobody has looked at them.
  package var virtual = 0
  /// Looked at, and known to the kernel, or with metadata of the user's; their content is not here.
  package var placeholder = 0
  /// Their content is in the content store.
  package var hydrated = 0
  /// Their content is the user's.
  package var full = 0
  /// The user removed or renamed them.
  package var tombstone = 0
  /// What the user has beside them.
  package var new = 0
  /// The bytes of all paths of the provider's; nil where it cannot tell them without fetching.
  package var totalBytes: Int64? = 0
  /// The bytes of the hydrated paths.
  package var hydratedBytes: Int64 = 0
  /// The bytes of the user's files, over the provider's and beside them.
  package var fullBytes: Int64 = 0
  /// Files in the content store, of this and other revisions and views.
  package var storedFiles = 0
  /// Their bytes.
  package var storedBytes: Int64 = 0
}

extension ProjectionCore {
  /// Counts all paths of the projection by their state.
  ///
  /// The first time, and after the projection has moved, every directory of the provider's is walked, which takes about a
  /// second for a million files. After that it takes as long as there is something stored or local. What changes meanwhile
  /// is counted as before or after.
  package func fileStates() async throws(ProjectionError) -> FileStates {
    try await census().states
  }

  /// The same, with where it is.
  func census() async throws(ProjectionError) -> FileCensus {
    do {
      var census = FileCensus(try await catalog(), timed)
      do throws(Errno) {
        for (content, size) in try store.contents() { census.note(stored: content, size: size) }
      } catch {
        throw ProjectionError.storage(error)
      }
      try await census.count(local: local.root)
      try noteLookedAt(in: &census)
      return census
    } catch {
      throw ProjectionError(error)
    }
  }

  /// How many lookups the kernel holds, and on how many inodes.
  package var inodeCounts: (known: Int, referenced: UInt64) { inodes.counts }

  /// The catalog of the tree that is shown, made where there is none.
  private func catalog() async throws -> TreeCatalog {
    let root = root
    if let known = catalogs.withLock({ $0 }), known.root == root { return known }
    return try await catalogFlights.value(for: root) { [self] in
      let catalog = try await TreeCatalog(of: root, from: timed)
      // What cannot be read now may be read later.
      if catalog.isComplete, self.root == root { catalogs.withLock { $0 = catalog } }
      return catalog
    }
  }

  /// Notes the provider's paths that are known at their places, with no local entry.
  private func noteLookedAt(in census: inout FileCensus) throws(ProjectionError) {
    var places: [NodeID: TreeCatalog.Index] = [inodes.rootDirectory.node: 0]
    for (directory, indices) in inodes.knownEntries() {
      guard let place = place(of: directory, in: census.catalog, &places) else { continue }
      let count = directory.withState { state in
        guard let listing = state.listing else { return 0 }
        return indices.count { index in
          // The projection may have moved since the indices were looked up.
          guard index < listing.count, listing.kind(at: index) != .directory,
            !census.isStored(listing.content(at: index))
          else { return false }
          if case .provided = state.found(NameKey(provided: index)) { return true }
          return false
        }
      }
      census.noteLookedAt(count, in: place)
    }
  }

  /// Where a directory is counted; nil where it, or one above it, is not the provider's at its place.
  private func place(
    of directory: DirectoryNode, in catalog: TreeCatalog, _ known: inout [NodeID: TreeCatalog.Index]
  ) -> TreeCatalog.Index? {
    if let place = known[directory.node] { return place }
    guard let (parent, key) = try? inodes.location(of: directory.node).parent, key.providedIndex != nil,
      !directory.withState({ $0.isMoved || $0.isRemoved }),
      let name = parent.withState({ state in key.providedIndex.flatMap { state.listing?.name(at: $0) } }),
      let above = place(of: parent, in: catalog, &known), let place = catalog.child(name, of: above)
    else { return nil }
    known[directory.node] = place
    return place
  }
}

extension FileStates {
  /// The states of some files, of which `files` are the provider's.
  init(_ counts: FileCensus.Counts, of files: TreeCatalog.Files) {
    self.init()
    total = files.count
    totalBytes = files.bytes
    (placeholder, hydrated, full) = (counts.placeholder, counts.hydrated, counts.full)
    (tombstone, new) = (counts.tombstone, counts.new)
    (hydratedBytes, fullBytes) = (counts.hydratedBytes, counts.fullBytes)
    virtual = max(0, total - hydrated - placeholder - full - tombstone)
  }
}

extension FileCensus {
  /// The sum of all directories.
  var states: FileStates {
    var states = FileStates(counts.reduce(into: Counts()) { $0 += $1 }, of: catalog.total[0])
    (states.storedFiles, states.storedBytes) = (storedFiles, storedBytes)
    return states
  }
}
