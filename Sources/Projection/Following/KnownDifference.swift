internal import Provider

/// What a known directory has different by now.
struct KnownDifference: Sendable {
  let directory: DirectoryNode
  /// What it shows.
  let old: DirectoryID
  /// What it is to show; the same ID, where that lists something else.
  let new: DirectoryID
  let difference: DirectoryDifference
}

/// Comparing what was listed with what the provider has now, without asking for what nobody has looked into.
extension ProjectionCore {
  /// How many directories are listed at the same time.
  private static var width: Int { 16 }

  /// Compares a known directory with the provider's `id`; nil where it has not been listed. Below, what has another ID is
  /// compared as well, as far as it was listed; `seen` gets these.
  func knownDifference(
    of directory: DirectoryNode, to id: DirectoryID
  ) async throws -> (difference: DirectoryDifference, seen: [NodeID])? {
    guard let before = directory.withState({ $0.listing?.sorted }) else { return nil }
    let after = try await provided(id)
    var changes = DirectoryDifference.changes(from: before, to: after)
    let below = changes.indices.compactMap { index -> (index: Int, child: DirectoryNode, id: DirectoryID)? in
      guard let new = changes[index].new, new.kind == .directory,
        let child = knownChild(changes[index].name, of: directory)
      else { return nil }
      return (index, child, DirectoryID(new.id))
    }
    let compared = try await concurrently(below) { [self] in try await knownDifference(of: $0.child, to: $0.id) }
    var seen = [directory.node]
    for (place, found) in zip(below, compared) {
      guard let found else { continue }
      let change = changes[place.index]
      changes[place.index] = DirectoryDifference.Change(
        name: change.name, old: change.old, new: change.new, below: found.difference)
      seen += found.seen
    }
    return (DirectoryDifference(listing: after, changes: changes), seen)
  }

  /// A directory that is known under a name, and shows what is at its place if anything of the provider's.
  private func knownChild(_ name: [UInt8], of directory: DirectoryNode) -> DirectoryNode? {
    guard let key = directory.withState({ $0.key(of: name) }), let node = inodes.child(key, of: directory),
      let child = try? inodes.location(of: node).directory, !child.withState({ $0.isMoved || $0.isRemoved })
    else { return nil }
    return child
  }

  /// Does something with several at a time; the results are in the order of the elements.
  func concurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Result
  ) async throws -> [Result] {
    if elements.count < 2 {
      var results: [Result] = []
      for element in elements { results.append(try await body(element)) }
      return results
    }
    return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var results: [Result?] = Array(repeating: nil, count: elements.count)
      for (index, element) in elements.enumerated() {
        if index >= Self.width, let (done, result) = try await group.next() { results[done] = result }
        group.addTask { (index, try await body(element)) }
      }
      for try await (done, result) in group { results[done] = result }
      return results.compactMap { $0 }
    }
  }
}
