internal import Posix
internal import Provider

/// Contents that their source does not have any more, because it has another version by now.
extension ProjectionCore {
  /// A content that `node` shows, open for reading.
  ///
  /// Where the source has another version, the directory is listed anew. What shows the old version still is tried once
  /// more; what is shown no more is `stale`: the kernel looks the name up again and finds the new one.
  func contents(
    of content: ContentID, size: Int64, behind node: NodeID, for demand: Demand
  ) async throws(ProjectionError) -> OwnedDescriptor {
    try await renewing(content, size, behind: node) { () throws(ProjectionError) in
      try await hydrator.contents(of: content, size: size, for: demand)
    }
  }

  /// The same for any way to get at a content.
  func renewing<Result: ~Copyable>(
    _ content: ContentID, _ size: Int64, behind node: NodeID, _ body: () async throws(ProjectionError) -> Result
  ) async throws(ProjectionError) -> Result {
    do throws(ProjectionError) {
      return try await body()
    } catch {
      guard case .provider(.outdated) = error, provider is any ChangingProvider else { throw error }
    }
    guard let (parent, _) = try inodes.location(of: node).parent else { throw .stale }
    try await renewOutdated(parent)
    let shows = try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) in
        if case .frozen = spot.branch { return false }
        return spot.providedContent(state).map { $0.content == content && $0.size == size } ?? false
      }
    }
    guard shows else { throw .stale }
    do throws(ProjectionError) {
      return try await body()
    } catch {
      if case .provider(.outdated) = error { throw .stale }
      throw error
    }
  }

  /// Asks for sizes; where the source has other versions by now, the directory is listed anew and shows these. Throws
  /// `stale` where that happens again.
  func findSizesOrRenew(
    of range: Range<Int>, in directory: DirectoryNode, renewed: inout Bool
  ) async throws(ProjectionError) {
    do throws(ProjectionError) {
      try await findSizes(of: range, in: directory, strictly: true)
    } catch {
      guard case .provider(.outdated) = error, provider is any ChangingProvider else { throw error }
      if renewed { throw .stale }
      renewed = true
      try await renewOutdated(directory)
    }
  }

  /// Lists a directory anew, for whoever waits for it; who leaves does so at once.
  private func renewOutdated(_ directory: DirectoryNode) async throws(ProjectionError) {
    willWait()
    do {
      try await renewals.value(for: directory.node) { [self] in try await renew(directory) }
    } catch {
      throw ProjectionError(error)
    }
  }
}
