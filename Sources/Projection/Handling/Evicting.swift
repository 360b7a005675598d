internal import Posix
internal import Provider
internal import SystemPackage

extension ProjectionCore {
  /// What an eviction did.
  package struct Eviction: Sendable, Hashable {
    /// How many contents were dropped.
    package var contents = 0
    /// Their bytes.
    package var bytes: Int64 = 0
    /// How many contents stayed because somebody has them open, or something of the user's stands for them.
    package var kept = 0
  }

  /// Drops the stored contents of the provider's files at and below a path, and the pieces of those that are here in part.
  /// They are fetched again when they are wanted.
  ///
  /// What somebody has open stays, as far as the kernel says so, and what a dirty placeholder stands for: the source may
  /// not have it any more. A content that other paths, or other views of a shared store, have as well is gone for these
  /// too. Where nobody has listed a directory, that is done.
  package func evict(_ path: [[UInt8]], with backing: BackingFiles?) async throws(ProjectionError) -> Eviction {
    var wanted: Set<ContentID> = []
    var kept = inodes.heldContents()
    // Before the walk: what becomes a placeholder meanwhile is in the one or the other.
    try notePlaceholders(in: local.root, &kept)
    try await ProvidedWalk(core: self, passesFailures: true).forEach(at: path) { files throws(ProjectionError) in
      for file in files {
        if file.isDirty { kept.insert(file.content) } else { wanted.insert(file.content) }
      }
    }
    let nodes = contentsOfNodes(backing?.nodesInStore ?? [])
    for (content, node, isOpen) in nodes {
      if isOpen { kept.insert(content) } else if wanted.contains(content) { _ = backing?.leaveBranch(node) }
    }
    var result = Eviction()
    for content in wanted {
      let isWhole = store.contains(content)
      guard isWhole || hydrator.hasPart(of: content) else { continue }
      guard !kept.contains(content) else {
        result.kept += 1
        continue
      }
      do throws(Errno) {
        guard let bytes = isWhole ? try store.evict(content) : hydrator.dropPart(of: content) else { continue }
        result.contents += 1
        result.bytes += bytes
      } catch {
        throw .storage(error)
      }
    }
    if result.contents > 0 { try await tellEvicted(path) }
    return result
  }

  private func contentsOfNodes(
    _ nodes: [(node: NodeID, isOpen: Bool)]
  ) -> [(content: ContentID, node: NodeID, isOpen: Bool)] {
    namespace.shared {
      nodes.compactMap { node, isOpen in
        let content = try? withFile(node) { state, spot throws(ProjectionError) in spot.providedContent(state)?.content
        }
        return content.flatMap { $0 }.map { ($0, node, isOpen) }
      }
    }
  }

  /// What dirty placeholders stand for, as the disk says.
  private func notePlaceholders(
    in directory: DirectoryHandle, _ contents: inout Set<ContentID>
  ) throws(ProjectionError) {
    let entries = try ProjectionError.local { () throws(Errno) in try EntryCalls.entries(of: directory.rawValue) }
    for entry in entries {
      // Gone meanwhile, or not to be read: then nothing stands for anything.
      switch try? LocalEntry(entry.name, in: directory) {
      case .placeholder(let content): contents.insert(content)
      case .directory(let child, _): try notePlaceholders(in: child, &contents)
      case .full, .whiteout, nil: break
      }
    }
  }
}
