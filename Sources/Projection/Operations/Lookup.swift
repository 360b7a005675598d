internal import Logging
internal import Provider

extension ProjectedFileSystem {
  /// A node and what is shown of it. The kernel's count of lookups on the node went up by one.
  package struct LookedUp: Sendable {
    /// The node.
    package let node: NodeID
    /// What is shown of it.
    package let attributes: NodeAttributes
  }

  /// Finds `name` in a directory and counts a lookup of it.
  package func lookup(
    _ name: [UInt8], in parent: NodeID, by caller: Caller
  ) async throws(ProjectionError) -> LookedUp {
    guard name.count <= 255 else { throw .nameTooLong }
    let directory = try inodes.directory(parent)
    try await list(directory)
    let found = try directory.withListing { listing throws(ProjectionError) in
      name.withUnsafeBytes { listing.index(of: $0) }
    }
    guard let index = found.flatMap({ $0 }) else { throw .notFound }
    try await findSizes(of: index..<index + 1, in: directory, strictly: true)
    let entry = try directory.withListing { listing throws(ProjectionError) in
      let attributes = self.attributes(of: index, in: directory, listing)
      return LookedUp(node: try inodes.acquire(index, of: directory, listing), attributes: attributes)
    }
    guard let entry else { throw .stale }
    if entry.attributes.kind != .directory { habits.noteLookup(in: directory, by: caller) }
    return entry
  }

  /// What is shown of a node.
  package func attributes(of node: NodeID) async throws(ProjectionError) -> NodeAttributes {
    let location = try inodes.location(of: node)
    guard let (parent, index) = location.parent else { return rootAttributes }
    try await list(parent)
    try await findSizes(of: index..<index + 1, in: parent, strictly: true)
    let attributes = try parent.withListing { listing throws(ProjectionError) in
      self.attributes(of: index, in: parent, listing)
    }
    guard let attributes else { throw .stale }
    return attributes
  }

  /// The kernel drops `count` lookups of a node. Returns the nodes that are gone.
  package func forget(_ node: NodeID, count: UInt64) -> [NodeID] {
    inodes.forget(node, count: count)
  }

  // MARK: - Pieces

  private var rootAttributes: NodeAttributes {
    NodeAttributes(
      kind: .directory, permissions: options.rootPermissions, inode: inodes.rootInode, size: Self.directorySize,
      time: options.time)
  }

  /// What ext4 shows for a directory of ordinary size.
  static var directorySize: Int64 { 4096 }

  /// What is shown of the entry at `index`; a size that is not known yet is 0.
  func attributes(of index: Int, in directory: DirectoryNode, _ listing: DirectoryListing) -> NodeAttributes {
    let kind = listing.kind(at: index)
    return NodeAttributes(
      kind: kind,
      permissions: kind == .symbolicLink ? 0o777 : listing.permissions(at: index) & ~options.umask,
      inode: listing.withName(at: index) { inodes.inode(of: $0, in: directory) },
      size: kind == .directory ? Self.directorySize : listing.size(at: index) ?? 0,
      time: options.time)
  }

  /// Reads the listing of a directory, unless it was read already.
  func list(_ directory: DirectoryNode) async throws(ProjectionError) {
    if directory.isListed { return }
    willWait()
    do {
      try await listings.value(for: NodeID(rawValue: UInt64(directory.slot) + 1)) { [self] in
        if directory.isListed { return }
        let listing = try await provider.list(directory.id).sorted()
        for rejection in listing.rejections {
          logger.warning(
            "an entry of directory \(directory.id) is hidden: \(rejection.reason)",
            metadata: ["name": "\(String(decoding: rejection.name, as: UTF8.self))"])
        }
        directory.setListing(listing)
      }
    } catch {
      let failure = ProjectionError(error)
      failures.report(ContentID(directory.id.bytes), failure)
      throw failure
    }
  }

  /// Asks for the sizes that are not known in a range of a directory's entries.
  ///
  /// Strictly: a size that cannot be had is an error. Otherwise it stays unknown.
  func findSizes(of range: Range<Int>, in directory: DirectoryNode, strictly: Bool) async throws(ProjectionError) {
    let unknown = try directory.withListing { listing throws(ProjectionError) in
      range.compactMap { index in
        listing.kind(at: index) == .directory || listing.size(at: index) != nil
          ? nil : (index: index, content: listing.content(at: index))
      }
    }
    guard let unknown, !unknown.isEmpty else { return }
    willWait()
    do {
      try await keepSizes(of: unknown, in: directory)
    } catch {
      if unknown.count > 1 {
        // One bad content must not hide the sizes of its neighbours.
        for one in unknown { try? await keepSizes(of: [one], in: directory) }
      } else if strictly {
        let failure = ProjectionError(error)
        failures.report(unknown[0].content, failure)
        throw failure
      }
    }
  }

  private func keepSizes(of unknown: [(index: Int, content: ContentID)], in directory: DirectoryNode) async throws {
    let answers = try await provider.attributes(of: unknown.map(\.content))
    guard answers.count == unknown.count else {
      throw ProviderError.wrongSize("\(unknown.count) attributes asked for, \(answers.count) came")
    }
    _ = try directory.withListing { listing throws(ProjectionError) in
      for (one, answer) in zip(unknown, answers) { listing.setSize(answer.size, at: one.index) }
    }
  }
}
