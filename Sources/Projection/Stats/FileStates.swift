internal import Provider

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
  /// The bytes of all paths of the provider's.
  package var totalBytes: Int64 = 0
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
  /// Walks every directory of the provider's and asks for sizes once; takes about a second for a million files, and
  /// memory for what is in the content store. What changes meanwhile is counted as before or after.
  package func fileStates() async throws(ProjectionError) -> FileStates {
    var census = FileCensus(provider: provider, findsSizes: totalBytes == nil)
    do {
      for (content, size) in try store.contents() { census.note(stored: content, size: size) }
    } catch {
      throw .storage(error)
    }
    var waiting = [FileCensus.Place(origin: root, local: local.root, kind: .own, isRoot: true)]
    while let place = waiting.popLast() { waiting += await census.count(place) }
    var states = census.states
    let looked = try knownFiles { !census.isStored($0) }
    states.placeholder += looked
    states.totalBytes = rememberTotalBytes(states.totalBytes)
    states.virtual = max(
      0, states.total - states.hydrated - states.placeholder - states.full - states.tombstone)
    return states
  }

  /// How many lookups the kernel holds, and on how many inodes.
  package var inodeCounts: (known: Int, referenced: UInt64) { inodes.counts }

  /// How many of the provider's paths are known at their places, with no local entry.
  private func knownFiles(where isCounted: (ContentID) -> Bool) throws(ProjectionError) -> Int {
    var count = 0
    for (directory, indices) in inodes.knownEntries() where isAtItsPlace(directory) {
      count += directory.withState { state in
        guard let listing = state.listing else { return 0 }
        return indices.count { index in
          // The projection may have moved since the indices were looked up.
          guard index < listing.count, listing.kind(at: index) != .directory, isCounted(listing.content(at: index))
          else { return false }
          if case .provided = state.found(NameKey(provided: index)) { return true }
          return false
        }
      }
    }
    return count
  }

  /// Whether neither a directory nor one above it was moved to where it is.
  private func isAtItsPlace(_ directory: DirectoryNode) -> Bool {
    var current = directory
    while let (parent, key) = try? inodes.location(of: current.node).parent {
      if key.providedIndex == nil || current.withState({ $0.isMoved || $0.isRemoved }) { return false }
      current = parent
    }
    return true
  }
}
