internal import Logging
internal import Provider

extension ProjectionCore {
  /// Reads what a directory has, of the provider's and of the local tree's, unless it was read already.
  func load(_ directory: DirectoryNode) async throws(ProjectionError) {
    // Once more where the projection moved to another revision meanwhile.
    while !directory.isLoaded {
      // The names in a local directory are read from the disk.
      if !isNonblocking || directory.withState({ $0.isLocal }) { willWait() }
      try await unfinished.pass()
      try await list(directory)
      try namespace.shared { () throws(ProjectionError) in try readNames(of: directory) }
    }
  }

  private func list(_ directory: DirectoryNode) async throws(ProjectionError) {
    guard
      let (origin, doubts) = directory.withState({ state in
        state.listing == nil ? state.origin.map { ($0, state.doubts) } : nil
      })
    else { return }
    do {
      try await listings.value(for: directory.node) { [self] in
        if directory.withState({ $0.listing != nil }) { return }
        let listing = try await provided(origin)
        // The first one wins, so that places never change. Not while somebody who has the namespace alone gives the
        // directory another origin, nor before a move has ended.
        namespace.shared {
          if unfinished.isGoingOn { return }
          directory.withState { state in
            // What has changed since it was asked for may not be in it.
            if state.listing == nil, state.origin == origin, state.doubts == doubts { state.listing = listing }
          }
        }
      }
    } catch {
      let failure = ProjectionError(error)
      failures.report(ContentID(origin.bytes), failure)
      throw failure
    }
  }

  /// What the provider has in a directory. What cannot be shown is said in the log.
  func provided(_ directory: DirectoryID) async throws -> DirectoryListing {
    let listing = try await ask("directory \(directory)") { [provider] in try await provider.list(directory).sorted() }
    for rejection in listing.rejections {
      logger.warning(
        "an entry of directory \(directory) is hidden: \(rejection.reason)",
        metadata: ["name": "\(String(decoding: rejection.name, as: UTF8.self))"])
    }
    return listing
  }

  /// Asks for the sizes that are not known in a range of a directory's entries.
  ///
  /// Strictly: a size that cannot be had is an error. Otherwise it stays unknown.
  func findSizes(of range: Range<Int>, in directory: DirectoryNode, strictly: Bool) async throws(ProjectionError) {
    let unknown = try directory.withListing { listing throws(ProjectionError) in
      range.clamped(to: 0..<listing.count).compactMap { index in
        listing.kind(at: index) == .directory || listing.size(at: index) != nil
          ? nil : (index: index, content: listing.content(at: index))
      }
    }
    guard let unknown, !unknown.isEmpty else { return }
    if !isNonblocking { willWait() }
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
    let answers = try await sizes(of: unknown.map(\.content))
    _ = try directory.withListing { listing throws(ProjectionError) in
      for (one, answer) in zip(unknown, answers) {
        // Somewhere else, or gone, since the projection moved to another revision.
        guard one.index < listing.count, listing.kind(at: one.index) != .directory,
          listing.content(at: one.index) == one.content
        else { continue }
        listing.setSize(answer, at: one.index)
      }
    }
  }

  /// The lengths of contents, as the provider tells them, or counted.
  func sizes(of contents: [ContentID]) async throws -> [Int64] {
    let progress = SinkProgress()
    return try await ask("the sizes of \(contents.count) contents", progress: progress) { [provider] in
      try await provider.measuredSizes(of: contents, progress: progress)
    }
  }

  /// What the provider answers, unless that takes longer than it may, without a byte arriving.
  func ask<Answer: Sendable>(
    _ what: @autoclosure @escaping @Sendable () -> String, progress: SinkProgress? = nil,
    _ body: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    let moves = progress.map { progress in { @Sendable () -> Int64 in progress.bytes } }
    return try await withDeadline(options.deadlines.answer, for: what(), progress: moves, body)
  }
}
