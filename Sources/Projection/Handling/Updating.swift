internal import Provider

extension ProjectionCore {
  /// What became of a path that was to be brought up to date.
  package enum Update: Sendable, Equatable {
    /// It shows another version now, or came, or went.
    case updated
    /// The source has what is shown.
    case unchanged
    /// It stays what it is: users have changed it.
    case kept(PathState)
  }

  /// Lists the directory that a path is in anew, and with it the directory that it is, so that the path shows what the
  /// source has. What users changed stays theirs.
  package func update(_ path: [[UInt8]]) async throws(ProjectionError) -> Update {
    guard let name = path.last else {
      let old = root
      try await showRoot()
      return try await renewed(inodes.rootDirectory) || root != old ? .updated : .unchanged
    }
    do throws(ProjectionError) {
      return try await withDirectory(at: path.dropLast()) { [self] parent throws(ProjectionError) in
        let before = provided(name, in: parent)
        try await renew(parent)
        let state = try state(of: name, in: parent)
        if state.isLocal { return .kept(state) }
        let hasChanged = provided(name, in: parent) != before
        guard state == .virtualDirectory || state == .mergedDirectory else { return hasChanged ? .updated : .unchanged }
        let target = try await loadChild(name, of: parent)
        defer { release(target) }
        return try await renewed(target.directory) || hasChanged ? .updated : .unchanged
      }
    } catch .notFound {
      return .unchanged
    } catch .notADirectory {
      return .unchanged
    }
  }

  /// Lists a directory anew; returns whether something is different.
  private func renewed(_ directory: DirectoryNode) async throws(ProjectionError) -> Bool {
    try await load(directory)
    let before = directory.withState { $0.listing?.sorted }
    try await renew(directory)
    guard let before, let after = directory.withState({ $0.listing?.sorted }) else { return true }
    return !DirectoryDifference.changes(from: before, to: after).isEmpty
  }

  /// What the provider has under a name.
  private func provided(_ name: [UInt8], in directory: DirectoryNode) -> DirectoryDifference.Entry? {
    directory.withState { state in
      guard let listing = state.listing, let index = listing.place(of: name) else { return nil }
      return DirectoryDifference.Entry(listing.entry(at: index))
    }
  }
}
