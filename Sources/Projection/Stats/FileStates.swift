internal import Provider

/// How many of a projection's paths are in which state. Directories are not counted; symbolic links are.
package struct FileStates: Sendable, Hashable {
  /// All paths.
  package var total = 0
  /// Nobody has looked at them.
  package var virtual = 0
  /// Looked at, and known to the kernel; their content is not here.
  package var placeholder = 0
  /// Their content is in the content store.
  package var hydrated = 0
  /// The bytes of all paths.
  package var totalBytes: Int64 = 0
  /// The bytes of the hydrated paths.
  package var hydratedBytes: Int64 = 0
  /// Files in the content store, of this and other revisions and views.
  package var storedFiles = 0
  /// Their bytes.
  package var storedBytes: Int64 = 0
}

extension ProjectedFileSystem {
  /// Counts all paths of the projection by their state.
  ///
  /// Walks every directory of the provider's and asks for sizes once; takes about a second for a million files, and
  /// memory for what is in the content store.
  package func fileStates() async throws(ProjectionError) -> FileStates {
    var states = FileStates()
    var stored: [ContentID: Int64] = [:]
    do {
      for (content, size) in try store.contents() {
        stored[content] = size
        states.storedFiles += 1
        states.storedBytes += size
      }
    } catch {
      throw .storage(error)
    }
    states.placeholder = try await knownFiles { stored[$0] == nil }

    let isFirst = totalBytes == nil
    var waiting = [inodes.rootID]
    while let directory = waiting.popLast() {
      let listing: DirectoryListing
      do {
        listing = try await provider.list(directory).sorted()
      } catch {
        // Damaged: nothing below it can be counted, or seen.
        continue
      }
      var contents: [ContentID] = []
      for index in 0..<listing.count {
        guard listing.kind(at: index) != .directory else {
          waiting.append(listing.directory(at: index))
          continue
        }
        let content = listing.content(at: index)
        states.total += 1
        if let size = stored[content] {
          states.hydrated += 1
          states.hydratedBytes += size
          states.totalBytes += size
        } else if let size = listing.size(at: index) {
          states.totalBytes += size
        } else if isFirst {
          contents.append(content)
        }
      }
      states.totalBytes += await sizes(of: contents)
    }
    states.totalBytes = rememberTotalBytes(states.totalBytes)
    states.virtual = max(0, states.total - states.hydrated - states.placeholder)
    return states
  }

  /// How many lookups the kernel holds, and on how many inodes.
  package var inodeCounts: (known: Int, referenced: UInt64) { inodes.counts }

  private func knownFiles(where isCounted: (ContentID) -> Bool) async throws(ProjectionError) -> Int {
    var count = 0
    for (directory, indices) in inodes.knownEntries() {
      count +=
        try directory.withListing { listing throws(ProjectionError) in
          indices.count { listing.kind(at: $0) != .directory && isCounted(listing.content(at: $0)) }
        } ?? 0
    }
    return count
  }

  private func sizes(of contents: [ContentID]) async -> Int64 {
    guard !contents.isEmpty else { return 0 }
    if let answers = try? await provider.attributes(of: contents) { return answers.reduce(0) { $0 + $1.size } }
    // One is damaged: it counts as nothing.
    var sum: Int64 = 0
    for content in contents {
      if let answer = try? await provider.attributes(of: [content]).first { sum += answer.size }
    }
    return sum
  }
}
