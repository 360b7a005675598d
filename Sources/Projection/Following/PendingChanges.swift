internal import Provider

/// What has changed in a source and is not shown yet. Bursts add up to one set.
struct PendingChanges: Sendable {
  /// What becomes of the root.
  enum Root: Sendable, Equatable {
    /// It stays.
    case same
    /// The provider has to be asked.
    case unknown
    /// It is this one.
    case id(DirectoryID)
  }

  var root = Root.same
  var directories: Set<DirectoryID> = []
  /// From the provider's root.
  var paths: Set<[UInt8]> = []
  var everything = false
  /// Known directories that are to be listed anew, whatever they show.
  var nodes: Set<NodeID> = []

  /// Whether there is nothing to show.
  var isEmpty: Bool { root == .same && directories.isEmpty && paths.isEmpty && nodes.isEmpty && !everything }

  /// Adds what a provider says.
  mutating func add(_ change: ProviderChange) {
    switch change {
    case .root(let id): root = .id(id)
    case .directories(let ids): directories.formUnion(ids)
    case .paths(let paths): self.paths.formUnion(paths)
    case .everything: everything = true
    }
  }

  /// Adds what could not be shown for now, below what has come since.
  mutating func add(earlier: PendingChanges) {
    if root == .same { root = earlier.root }
    directories.formUnion(earlier.directories)
    paths.formUnion(earlier.paths)
    nodes.formUnion(earlier.nodes)
    everything = everything || earlier.everything
  }
}
