package import Posix
internal import Provider
internal import Synchronization

/// How opens were served.
package final class OpenCounters: Sendable {
  let passthrough = Atomic<Int>(0)
  let served = Atomic<Int>(0)
}

extension ProjectedFileSystem {
  /// Opens a file for reading; its content is hydrated when this returns.
  ///
  /// Returns the backing file that the kernel reads, or nil where it must send READ requests. Every open that returned
  /// is followed by one `release`.
  package func open(
    _ node: NodeID, with backing: BackingFiles, by caller: Caller
  ) async throws(ProjectionError) -> BackingID? {
    if let mode = backing.open(node) { return count(mode) }
    let (content, size, kind) = try await content(of: node)
    guard kind == .file else { throw kind == .directory ? .isADirectory : .invalid }
    let file = try await hydrator.contents(of: content, size: size, for: Demand(.open, by: caller))
    return count(backing.open(node, backedBy: file))
  }

  /// The bytes of a file, hydrated, open for reading.
  package func contents(of node: NodeID, by caller: Caller) async throws(ProjectionError) -> OwnedDescriptor {
    let (content, size, kind) = try await content(of: node)
    guard kind == .file else { throw kind == .directory ? .isADirectory : .invalid }
    return try await hydrator.contents(of: content, size: size, for: Demand(.read, by: caller))
  }

  /// The target of a symbolic link.
  package func target(of node: NodeID, by caller: Caller) async throws(ProjectionError) -> [UInt8] {
    let (content, size, kind) = try await content(of: node)
    guard kind == .symbolicLink else { throw .notASymbolicLink }
    let file = try await hydrator.contents(of: content, size: size, for: Demand(.link, by: caller))
    // A target longer than a path can be is no target; the kernel takes at most one page.
    guard size < 4096 else { throw .nameTooLong }
    do {
      return try FileCalls.read(file.rawValue, at: 0, count: Int(size))
    } catch {
      throw .storage(error)
    }
  }

  private func content(
    of node: NodeID
  ) async throws(ProjectionError) -> (content: ContentID, size: Int64, kind: EntryKind) {
    let location = try inodes.location(of: node)
    guard let (parent, index) = location.parent, location.directory == nil else { throw .isADirectory }
    try await list(parent)
    try await findSizes(of: index..<index + 1, in: parent, strictly: true)
    let found = try parent.withListing { listing throws(ProjectionError) in
      (listing.content(at: index), listing.size(at: index) ?? 0, listing.kind(at: index))
    }
    guard let found else { throw .stale }
    return found
  }

  private func count(_ mode: BackingFiles.Mode) -> BackingID? {
    switch mode {
    case .passthrough(let id):
      counters.passthrough.add(1, ordering: .relaxed)
      return id
    case .served:
      counters.served.add(1, ordering: .relaxed)
      return nil
    }
  }
}
