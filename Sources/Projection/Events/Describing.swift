internal import Provider

/// What operations are about, in observers' words. All within the namespace's lock and outside of directories'.
extension ProjectionCore {
  /// A place for a new name: where it is free.
  func describeNew(
    _ name: [UInt8], in directory: DirectoryNode, _ kind: FileKind, _ action: ObservedAction
  ) -> [ObservedOperation] {
    guard self.kind(of: name, in: directory) == nil, let path = path(of: name, in: directory) else { return [] }
    return [ObservedOperation(action, ObservedKind(kind), at: [path])]
  }

  /// A name that is to go.
  func describeRemoval(
    of name: [UInt8], in directory: DirectoryNode, _ action: ObservedAction
  ) -> [ObservedOperation] {
    guard let kind = kind(of: name, in: directory), (kind == .directory) == (action == .removeDirectory),
      let path = path(of: spelling(of: name, in: directory), in: directory)
    else { return [] }
    return [ObservedOperation(action, ObservedKind(kind), at: [path])]
  }

  /// A name that is to become another one.
  func describeRename(
    _ old: (name: [UInt8], directory: DirectoryNode), _ new: (name: [UInt8], directory: DirectoryNode),
    _ mode: RenameMode
  ) -> [ObservedOperation] {
    guard old.directory !== new.directory || old.name != new.name,
      let kind = kind(of: old.name, in: old.directory),
      let from = path(of: spelling(of: old.name, in: old.directory), in: old.directory),
      let path = path(
        of: mode == .exchanging ? spelling(of: new.name, in: new.directory) : new.name, in: new.directory)
    else { return [] }
    let other = self.kind(of: new.name, in: new.directory).map { ObservedKind($0) }
    let action: ObservedAction
    switch (mode, other) {
    case (.exchanging, nil), (.keepingExisting, .some): return []
    case (.exchanging, let other?): action = .exchange(path: path, kind: other)
    case (.replacing, _), (.keepingExisting, nil): action = .rename(path: path, replacing: other)
    }
    return [ObservedOperation(action, ObservedKind(kind), at: [from])]
  }

  /// A file that is to get a further name.
  func describeLink(
    of node: NodeID, to name: [UInt8], in directory: DirectoryNode
  ) -> [ObservedOperation] {
    guard kind(of: name, in: directory) == nil, let path = path(of: name, in: directory) else { return [] }
    return describe([.link(path: path)], of: node).filter { $0.kind != .directory }
  }

  /// What is done to an entry, whatever it is called. Nothing where such entries have no content for it.
  ///
  /// A file without a name has those by which it was opened, if they are given, or the path of its directory.
  func describe(
    _ actions: [ObservedAction], of node: NodeID, asOpened names: [[UInt8]]? = nil
  ) -> [ObservedOperation] {
    guard !actions.isEmpty, let location = try? inodes.location(of: node),
      let kind = kind(of: node, at: location)
    else { return [] }
    var paths = self.paths(of: node, at: location)
    let isUnnamed = paths.isEmpty
    if isUnnamed { paths = names ?? [location.parent.flatMap { path(of: $0.directory) } ?? []] }
    return actions.filter { kind == .file || !$0.needsContent }.map { action in
      ObservedOperation(action, ObservedKind(kind), at: paths, isUnnamed: isUnnamed)
    }
  }

  private func paths(of node: NodeID, at location: InodeTable.Location) -> [[UInt8]] {
    if let directory = location.directory { return path(of: directory).map { [$0] } ?? [] }
    guard location.isSuperseded, let (parent, key) = location.parent else { return paths(of: node) }
    // Who has the older version open knows it by the name of the newer one.
    return parent.withState { $0.name(key) }.flatMap { path(of: $0, in: parent) }.map { [$0] } ?? []
  }

  private func kind(of node: NodeID, at location: InodeTable.Location) -> FileKind? {
    if location.directory != nil { return .directory }
    return try? withFile(node) { state, spot throws(ProjectionError) in try attributes(of: spot, state).kind }
  }

  /// How a name is shown.
  private func spelling(of name: [UInt8], in directory: DirectoryNode) -> [UInt8] {
    folding == nil ? name : directory.withState { $0.spelling(of: name) }
  }

  /// What a name leads to; nil where it leads to nothing.
  private func kind(of name: [UInt8], in directory: DirectoryNode) -> FileKind? {
    directory.withState { state in
      switch state.find(name) {
      case .unknown, .absent, .tombstone: nil
      case .provided(let key):
        key.providedIndex.flatMap { index in state.listing.map { FileKind($0.kind(at: index)) } }
      case .local(_, let entry): entry.kind
      }
    }
  }
}

extension ObservedAction {
  /// Whether only a regular file can undergo it.
  fileprivate var needsContent: Bool {
    switch self {
    case .openForReading, .openForWriting, .truncate, .convertToFull, .close: true
    default: false
    }
  }
}

extension ObservedKind {
  init(_ kind: FileKind) {
    self =
      switch kind {
      case .file: .file
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      case .fifo: .fifo
      case .socket: .socket
      case .characterDevice: .characterDevice
      case .blockDevice: .blockDevice
      }
  }
}
