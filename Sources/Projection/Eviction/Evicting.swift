internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Which contents are to go from the store.
package struct EvictionRequest: Sendable {
  /// The paths at and below which; nil for everything that is stored, of whatever revision and view.
  package var paths: [[[UInt8]]]?
  /// For how many seconds nobody has used them, at least.
  package var unusedFor: Int64?
  /// To how many bytes the whole store is to come down, those first that nobody has used for longest; nil where all go.
  package var size: Int64?

  /// Everything, unless more is said.
  package init(paths: [[[UInt8]]]? = nil, unusedFor: Int64? = nil, size: Int64? = nil) {
    self.paths = paths
    self.unusedFor = unusedFor
    self.size = size
  }
}

extension ProjectionCore {
  /// What an eviction did.
  package struct Eviction: Sendable, Hashable {
    /// How many contents were dropped.
    package var contents = 0
    /// Their bytes.
    package var bytes: Int64 = 0
    /// How many contents stayed because somebody has them open, or something of the user's stands for them.
    package var kept = 0
    /// How many bytes are stored now; nil where nobody has counted them.
    package var left: Int64?
  }

  /// Drops the stored contents of the provider's files at and below a path. The same as with a request for that path.
  package func evict(_ path: [[UInt8]], with backing: BackingFiles?) async throws(ProjectionError) -> Eviction {
    try await evict(EvictionRequest(paths: [path]), with: backing)
  }

  /// Drops stored contents, and the pieces of those that are here in part. They are fetched again when they are wanted.
  ///
  /// What somebody has open stays, in this view or any other, and what a dirty placeholder stands for: the source may not
  /// have it any more. Where nobody has listed a directory of the paths, that is done.
  package func evict(
    _ request: EvictionRequest, with backing: BackingFiles?
  ) async throws(ProjectionError) -> Eviction {
    let users = storeUsers.withLock { $0 }
    var kept = inodes.heldContents()
    // Before the walk: what becomes a placeholder meanwhile is in the one or the other.
    try notePlaceholders(in: local.root, &kept)
    for state in users.otherViews() { kept.formUnion(LocalTree.placeholders(inView: state)) }
    // Where the kernel opens files by itself, only the processes know what is open.
    if backing == nil { for path in users.openPaths() { try await noteContents(at: path, &kept) } }
    let wanted = try await wantedContents(at: request.paths, &kept)
    let (candidates, stored) = try candidates(of: request, in: wanted)
    var result = Eviction(left: stored)
    try drop(candidates, but: kept, downTo: request.size, with: backing, users, &result)
    guard result.contents > 0 else { return result }
    evicted.add(result.contents, ordering: .relaxed)
    limit?.note(evicted: result.bytes)
    for path in request.paths ?? [[]] { try await tellEvicted(path) }
    return result
  }

  /// The provider's contents at and below some paths; nil without paths. Those behind dirty placeholders are `kept`.
  private func wantedContents(
    at paths: [[[UInt8]]]?, _ kept: inout Set<ContentID>
  ) async throws(ProjectionError) -> Set<ContentID>? {
    guard let paths else { return nil }
    var wanted: Set<ContentID> = []
    for path in paths {
      try await ProvidedWalk(core: self, passesFailures: true).forEach(at: path) { files throws(ProjectionError) in
        for file in files {
          if file.isDirty { kept.insert(file.content) } else { wanted.insert(file.content) }
        }
      }
    }
    return wanted
  }

  /// Notes what is at a path; nothing where it has gone.
  private func noteContents(at path: [[UInt8]], _ contents: inout Set<ContentID>) async throws(ProjectionError) {
    do throws(ProjectionError) {
      try await ProvidedWalk(core: self, passesFailures: true).forEach(at: path) { files throws(ProjectionError) in
        for file in files { contents.insert(file.content) }
      }
    } catch .notFound {
      return
    } catch .notADirectory {
      return
    }
  }

  /// What may go, in the order in which it is to go, and how much is stored in all where that was counted.
  private func candidates(
    of request: EvictionRequest, in wanted: Set<ContentID>?
  ) throws(ProjectionError) -> ([StoredContent], stored: Int64?) {
    if let wanted, request.size == nil, request.unusedFor == nil {
      // The rest of the store is nobody's concern.
      let found = wanted.compactMap { content in
        store.find(content) ?? store.sizeOfPart(of: content).map { StoredContent(part: content, size: $0) }
          ?? (hydrator.hasPart(of: content) ? StoredContent(part: content, size: 0) : nil)
      }
      return (found, nil)
    }
    let all: [StoredContent]
    do throws(Errno) {
      all = try store.survey()
    } catch {
      throw .storage(error)
    }
    let latest = request.unusedFor.map { TimeStamp.now.seconds - $0 }
    let candidates = all.filter { stored in
      (latest.map { stored.lastUse.seconds <= $0 } ?? true) && (wanted?.contains(stored.content) ?? true)
    }
    return (candidates.sorted { $0.lastUse < $1.lastUse }, all.reduce(0) { $0 + $1.size })
  }

  /// Drops candidates in their order until the store is small enough, or all of them.
  private func drop(
    _ candidates: [StoredContent], but kept: Set<ContentID>, downTo size: Int64?, with backing: BackingFiles?,
    _ users: StoreUsers, _ result: inout Eviction
  ) throws(ProjectionError) {
    /// How many are asked for in other views at once.
    let batch = 4096
    let nodes = nodesOfContents(backing)
    var place = 0
    while place < candidates.count {
      var excess = Int64.max
      if let size { excess = (result.left ?? 0) - size }
      if excess <= 0 { break }
      var chosen: [StoredContent] = []
      while place < candidates.count, chosen.count < batch, excess > 0 {
        let candidate = candidates[place]
        place += 1
        if kept.contains(candidate.content) || !leave(nodes[candidate.content], backing) {
          result.kept += 1
          continue
        }
        chosen.append(candidate)
        if size != nil { excess -= candidate.size }
      }
      let usedElsewhere = users.letGoElsewhere(chosen.map(\.content))
      for candidate in chosen {
        guard !usedElsewhere.contains(candidate.content), let bytes = try drop(candidate) else {
          result.kept += 1
          continue
        }
        result.contents += 1
        result.bytes += bytes
        result.left = result.left.map { $0 - candidate.size }
      }
    }
  }

  /// Drops one content; nil where it stays.
  private func drop(_ candidate: StoredContent) throws(ProjectionError) -> Int64? {
    if candidate.isPart {
      if let bytes = hydrator.dropPart(of: candidate.content) { return bytes }
      guard !hydrator.hasPart(of: candidate.content) else { return nil }
      store.removePart(of: candidate.content)
      return candidate.size
    }
    do throws(Errno) {
      switch try store.dropUnused(candidate.content) {
      case .dropped(let bytes): return bytes
      case .absent: return 0
      case .inUse: return nil
      }
    } catch {
      throw .storage(error)
    }
  }
}
