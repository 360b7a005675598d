internal import Logging
internal import Posix
internal import Provider

extension ProjectionCore {
  /// Reads what a directory has, of the provider's and of the local tree's, unless it was read already: everything, or
  /// until more than `count` of the provider's entries are known.
  func load(_ directory: DirectoryNode, beyond count: Int = .max) async throws(ProjectionError) {
    // Once more where there is another page, or the projection moved to another revision meanwhile.
    while !directory.isLoaded(beyond: count) {
      willAsk(in: directory)
      try await unfinished.pass()
      try await list(directory, beyond: count)
      try await loadNames(of: directory)
    }
  }

  /// Says that the provider is about to be asked, and that the names in a local directory are read from the disk.
  private func willAsk(in directory: DirectoryNode) {
    if !isNonblocking || directory.withState({ $0.isLocal }) { willWait() }
  }

  /// Reads of a directory what is needed to tell whether it is empty.
  func loadFirst(of directory: DirectoryNode) async throws(ProjectionError) {
    while directory.withState({ $0.isEmpty == nil }) {
      let count = directory.withState { $0.listing?.count ?? 0 }
      try await load(directory, beyond: count)
    }
  }

  private func list(_ directory: DirectoryNode, beyond count: Int) async throws(ProjectionError) {
    guard let asked = directory.withState({ $0.asked }) else { return }
    do {
      try await listings.value(for: directory.node) { [self] in
        let isDone = directory.withState { state in
          state.listing.map { $0.isWhole || $0.count > count } ?? false
        }
        if isDone { return }
        if let pages {
          try await readPage(of: directory, asked, from: pages)
        } else {
          let listing = try await ask("directory \(asked.origin)") { [provider] in
            try await provider.list(asked.origin)
          }
          // Sorted without a lock, where nothing of it is known yet.
          let entries = lookups == nil ? ProvidedEntries(listing, folding) : nil
          try keep(asked, in: directory) { state throws(ProviderError) in
            // The first one wins, so that places never change.
            if let entries {
              if state.listing == nil { state.listing = entries }
            } else {
              try state.learn(ListingPage(entries: listing, next: nil), isEverything: true)
            }
          }
        }
      }
    } catch {
      throw failed(asked.origin, error)
    }
  }

  /// All that the provider has in a directory. What cannot be shown is said in the log.
  func provided(_ directory: DirectoryID) async throws -> DirectoryListing {
    var entries = try await timed.entries(of: directory)
    report(entries.takeRejections(), in: directory)
    return entries.sorted
  }

  private func report(_ rejections: [DirectoryListing.Rejection], in directory: DirectoryID) {
    for rejection in rejections {
      logger.warning(
        "an entry of directory \(directory) is hidden: \(rejection.reason)",
        metadata: ["name": "\(String(decoding: rejection.name, as: UTF8.self))"])
    }
  }

  private func readPage(
    of directory: DirectoryNode, _ asked: DirectoryState.Asked, from provider: any PagedListingProvider
  ) async throws {
    let (cursor, number) = directory.withState { state in
      if state.listing == nil { state.listing = .unknown(folding) }
      return (state.listing?.rest?.cursor, state.listing?.rest?.pages)
    }
    guard number != nil else { return }
    let page = try await ask("a page of directory \(asked.origin)") {
      try await provider.page(of: asked.origin, from: cursor)
    }
    try keep(asked, in: directory) { state throws(ProviderError) in
      // Somebody who was given up may have been quicker.
      if state.listing?.rest?.pages == number { try state.learn(page) }
    }
  }

  /// Lets `body` keep an answer of the provider's, if the directory is still the one that was asked about, and nothing has
  /// changed since that may not be in the answer. Not while somebody who has the namespace alone gives it another origin,
  /// nor before a move has ended.
  private func keep(
    _ asked: DirectoryState.Asked, in directory: DirectoryNode,
    _ body: (inout DirectoryState) throws(ProviderError) -> Void
  ) throws {
    let (rejections, failure) = namespace.shared {
      directory.withState { state -> ([DirectoryListing.Rejection], ProviderError?) in
        guard state.asked == asked, !unfinished.isGoingOn else { return ([], nil) }
        var failure: ProviderError?
        do throws(ProviderError) { try body(&state) } catch { failure = error }
        return (state.listing?.takeRejections() ?? [], failure)
      }
    }
    report(rejections, in: asked.origin)
    if let failure { throw failure }
  }

  private func failed(_ origin: DirectoryID, _ error: any Error) -> ProjectionError {
    let failure = ProjectionError(error)
    failures.report(ContentID(origin.bytes), failure)
    return failure
  }

  // MARK: - One name

  /// What is asked of a provider that finds names.
  struct NameQuestion: Hashable, Sendable {
    let directory: NodeID
    let name: [UInt8]
  }

  /// Finds out what a name stands for. The directory is listed only where the provider cannot tell otherwise.
  func learn(_ name: [UInt8], in directory: DirectoryNode) async throws(ProjectionError) {
    guard lookups != nil else { return try await load(directory) }
    willAsk(in: directory)
    try await loadNames(of: directory)
    try await ask(for: name, in: directory)
  }

  private func ask(for name: [UInt8], in directory: DirectoryNode) async throws(ProjectionError) {
    try await unfinished.pass()
    guard let lookups, let asked = directory.withState({ $0.asked }) else { return }
    do {
      try await questions.value(for: NameQuestion(directory: directory.node, name: name)) { [self] in
        let isKnown = directory.withState { state in
          if state.listing == nil { state.listing = .unknown(folding) }
          return state.listing?.isKnown(name, folding) ?? false
        }
        if isKnown { return }
        let entry = try await ask("a name in directory \(asked.origin)") {
          try await lookups.entry(named: name, in: asked.origin)
        }
        if let entry, folding.folded(entry.name) != folding.folded(name) {
          throw ProviderError.damaged("another name was found than was asked for")
        }
        try keep(asked, in: directory) { state throws(ProviderError) in
          state.listing?.learn(entry, named: name, folding)
        }
      }
    } catch {
      throw failed(asked.origin, error)
    }
  }

  // MARK: - The local tree

  /// How many names are asked for at a time.
  private static var questionsAtOnce: Int { 16 }

  /// Reads what the local tree has in a directory, unless it was read already. What the provider has under these names is
  /// found out first.
  private func loadNames(of directory: DirectoryNode) async throws(ProjectionError) {
    var kept: [[UInt8]] = []
    defer {
      if !kept.isEmpty { directory.withState { state in for name in kept { state.release(name) } } }
    }
    while true {
      let unknown = try namespace.shared { () throws(ProjectionError) in try readNames(of: directory) }
      guard !unknown.isEmpty else { return }
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (number, name) in unknown.enumerated() {
            if number >= Self.questionsAtOnce { try await group.next() }
            group.addTask { [self] in try await ask(for: name, in: directory) }
          }
          try await group.waitForAll()
        }
      } catch {
        throw ProjectionError(error)
      }
      kept += directory.withState { state in
        unknown.filter { state.listing?.keep($0, isAbsent: false, folding) ?? false }
      }
    }
  }

  // MARK: - Sizes

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
    let answers = try await timed.sizes(of: unknown.map(\.content))
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

  /// The provider, for whoever goes through its trees.
  var timed: TimedProvider { TimedProvider(provider, options.deadlines) }

  /// What the provider answers, unless that takes longer than it may.
  func ask<Answer: Sendable>(
    _ what: @autoclosure @escaping @Sendable () -> String, _ body: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    try await withDeadline(options.deadlines.answer, for: what(), body)
  }
}
