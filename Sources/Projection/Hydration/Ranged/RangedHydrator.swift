internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Hydrates large contents piece by piece: one `PartialContent` for each, until it is complete and in the store.
final class RangedHydrator: Sendable {
  private struct Entry {
    let partial: PartialContent
    var lastUse: UInt64
    /// Which nodes' readers were given bytes of it.
    var readers: Set<NodeID> = []
  }

  private struct State {
    var entries: [ContentID: Entry] = [:]
    var lastUse: UInt64 = 0

    mutating func use(_ content: ContentID, by reader: NodeID?) -> PartialContent? {
      guard let entry = entries[content] else { return nil }
      lastUse += 1
      entries[content]?.lastUse = lastUse
      if let reader { entries[content]?.readers.insert(reader) }
      return entry.partial
    }
  }

  /// So many incomplete contents have a file open; beyond, those that were not used for longest are put away.
  static let openLimit = 32
  /// How many fetches bring a content that is wanted whole, and how long each is.
  private static let width = 4
  private static let stride: Int64 = 4 << 20

  // May take: the lock of a partial content.
  private let state = Mutex(State())
  private let creations = SingleFlight<ContentID, Bool>()
  private let publications = SingleFlight<ContentID, Void>()
  private let budget = AheadBudget()
  private let provider: any RangedContentProvider
  private let verifier: (any ContentVerifier)?
  private let store: ContentStore
  private let deadlines: ProviderDeadlines
  private let statistics: HydrationStatistics
  private let failures: FailureLog
  private let arrivals: ArrivalNotice
  private let limit: ContentLimit?
  private let provedWrong: @Sendable (Set<NodeID>) -> Void

  /// `provedWrong` is called with the nodes whose readers were given bytes of a content before it proved wrong.
  init(
    _ provider: any RangedContentProvider, _ store: ContentStore, _ deadlines: ProviderDeadlines,
    _ statistics: HydrationStatistics, _ failures: FailureLog, _ arrivals: ArrivalNotice,
    _ limit: ContentLimit?, provedWrong: @escaping @Sendable (Set<NodeID>) -> Void
  ) {
    self.provider = provider
    verifier = provider as? any ContentVerifier
    self.store = store
    self.deadlines = deadlines
    self.statistics = statistics
    self.failures = failures
    self.arrivals = arrivals
    self.limit = limit
    self.provedWrong = provedWrong
  }

  /// How many fetches of pieces are under way.
  var inFlight: Int {
    state.withLock { $0.entries.values.map(\.partial) }.reduce(0) { $0 + $1.underWay }
  }

  /// The file that has `range` of a content by now; nil where it has not.
  func fileHaving(_ range: Range<Int64>, of content: ContentID, for reader: NodeID, _ demand: Demand) -> HeldFile? {
    guard let partial = state.withLock({ $0.use(content, by: reader) }), partial.has(range) else { return nil }
    partial.readAhead(range, of: demand)
    return partial.file.held
  }

  /// The file that has `range` of a content when this returns; nil where the content is to be looked for in the store again.
  func file(
    with range: Range<Int64>, of content: ContentID, size: Int64, for reader: NodeID, _ demand: Demand
  ) async throws -> HeldFile? {
    guard let partial = try await partial(of: content, size: size, for: reader) else { return nil }
    partial.readAhead(range, of: demand)
    do {
      try await partial.wait(for: range, demand, joined: statistics.countShared)
    } catch is PartialContent.Closed {
      return nil
    }
    return partial.file.held
  }

  /// Returns when all of a content was brought into the store.
  func complete(_ content: ContentID, size: Int64, for demand: Demand) async throws {
    while let partial = try await partial(of: content, size: size, for: nil) {
      do {
        try await fetchAll(of: partial, demand)
        return try await publish(partial, demand)
      } catch is PartialContent.Closed {
        continue
      }
    }
  }

  /// Another server has completed a content: its readers go there.
  func leave(_ content: ContentID) {
    guard let entry = state.withLock({ $0.entries.removeValue(forKey: content) }) else { return }
    entry.partial.close()
    store.drop(entry.partial.file)
  }

  /// Whether pieces of a content are here, in use or put away.
  func hasPart(of content: ContentID) -> Bool {
    state.withLock { $0.entries[content] != nil } || store.sizeOfPart(of: content) != nil
  }

  /// Drops the pieces of a content, unless others are on their way; returns how many bytes they had, nil where nothing was
  /// dropped.
  func dropPart(of content: ContentID) -> Int64? {
    let (isUsed, partial) = state.withLock { state -> (Bool, PartialContent?) in
      guard let entry = state.entries[content] else { return (false, nil) }
      guard entry.partial.underWay == 0 else { return (true, nil) }
      return (true, state.entries.removeValue(forKey: content)?.partial)
    }
    guard isUsed else {
      defer { store.removePart(of: content) }
      return store.sizeOfPart(of: content)
    }
    guard let partial, partial.close(), partial.takeFile() else { return nil }
    store.drop(partial.file)
    return Int64(partial.map.present) * PieceMap.pieceSize
  }

  /// Puts everything away: for the end of a view that ends in order.
  func putAllAway() {
    let entries = state.withLock { state in
      defer { state.entries = [:] }
      return state.entries
    }
    for entry in entries.values { putAway(entry.partial) }
  }

  // MARK: - Partial contents

  /// The content's pieces; nil where all of it came into the store meanwhile.
  private func partial(
    of content: ContentID, size: Int64, for reader: NodeID?
  ) async throws -> PartialContent? {
    while true {
      if let known = state.withLock({ $0.use(content, by: reader) }) { return known }
      let isStored = try await creations.value(for: content) { [self] in
        if state.withLock({ $0.entries[content] != nil }) { return false }
        let partial = try make(content, size)
        let surplus = state.withLock { state in
          state.lastUse += 1
          state.entries[content] = Entry(partial: partial, lastUse: state.lastUse)
          return Self.surplus(of: &state)
        }
        for partial in surplus { putAway(partial) }
        // Put there between the caller's look and now: from here on it would be with these pieces.
        if store.contains(content) {
          leave(content)
          return true
        }
        if partial.isComplete { publishLater(partial, Demand(.prefetch, by: Caller(thread: UInt32(getpid())))) }
        return false
      }
      if isStored { return nil }
    }
  }

  private func make(_ content: ContentID, _ size: Int64) throws -> PartialContent {
    let (file, map) = try store.takePart(of: content, size: size) ?? (store.makePart(size: size), PieceMap(size: size))
    return PartialContent(content, file, map, budget: budget) { [weak self] writer, range, demand in
      guard let self else { throw PartialContent.Closed() }
      try await fetch(range, of: content, writer, demand)
    } completed: { [weak self] partial, demand in
      self?.publishLater(partial, demand)
    }
  }

  /// Takes out those that have been unused for longest and whose pieces nobody waits for.
  private static func surplus(of state: inout State) -> [PartialContent] {
    guard state.entries.count > openLimit else { return [] }
    let oldest = state.entries.values.sorted { $0.lastUse < $1.lastUse }.dropLast()
    let idle = oldest.filter { $0.partial.underWay == 0 && !$0.partial.isComplete }
    let surplus = idle.prefix(state.entries.count - openLimit).map(\.partial)
    for partial in surplus { state.entries.removeValue(forKey: partial.content) }
    return surplus
  }

  private func putAway(_ partial: PartialContent) {
    let isQuiet = partial.close()
    // It is being given its name just now.
    guard partial.takeFile() else { return }
    // What a provider is still writing would come into whatever takes it up.
    guard isQuiet, partial.map.present > 0 else { return store.drop(partial.file) }
    try? store.putAway(partial.file, partial.map, of: partial.content)
  }

  // MARK: - Fetching

  private func fetch(
    _ range: Range<Int64>, of content: ContentID, _ writer: PieceWriter, _ demand: Demand
  ) async throws {
    let started = ContinuousClock.now
    let progress = SinkProgress()
    do {
      try await withDeadline(
        deadlines.silence, for: "bytes \(range) of content \(content)",
        progress: { progress.bytes }
      ) { [provider] in
        var sink = ContentSink(range: range, progress: progress) { bytes, offset throws(Errno) in
          try writer.write(bytes, at: offset)
        }
        try await provider.fetch(content, range: range, into: &sink)
        try sink.checkRange()
      }
    } catch {
      if !(error is CancellationError) { statistics.countFailure(in: started.duration(to: .now), for: demand) }
      throw error
    }
    statistics.countFetch(of: Int64(range.count), in: started.duration(to: .now), for: demand)
  }

  private func fetchAll(of partial: PartialContent, _ demand: Demand) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      for start in Swift.stride(from: 0, to: partial.size, by: Int(Self.stride)) {
        let range = start..<min(partial.size, start + Self.stride)
        if partial.has(range) { continue }
        if running == Self.width { try await group.next() } else { running += 1 }
        group.addTask { try await partial.wait(for: range, demand) }
      }
      try await group.waitForAll()
    }
  }

  // MARK: - Completing

  /// Nobody waits for it, and nobody's leaving stops it.
  private func publishLater(_ partial: PartialContent, _ demand: Demand) {
    Task { [weak self] in try? await self?.publish(partial, demand) }
  }

  /// Puts a complete content into the store; one that proves wrong is dropped.
  private func publish(_ partial: PartialContent, _ demand: Demand) async throws {
    try await publications.value(for: partial.content) { [self] in
      // Somebody else did it meanwhile.
      guard state.withLock({ $0.entries[partial.content]?.partial === partial }) else { throw PartialContent.Closed() }
      if let verifier {
        let file = try FileCalls.open("/proc/self/fd/\(partial.file.held.descriptor.rawValue)", O_RDONLY)
        guard try await verifier.verify(partial.content, file: FileDescriptor(rawValue: file.rawValue)) else {
          throw condemn(partial, demand)
        }
      }
      guard partial.takeFile() else { throw PartialContent.Closed() }
      let room = try await limit?.makeRoom(for: partial.size)
      var isStored = false
      defer { limit?.take(room, stored: isStored ? partial.size : 0) }
      do throws(Errno) {
        try store.publish(partial.file, as: partial.content)
      } catch {
        partial.giveFileBack()
        throw error
      }
      isStored = true
      statistics.countCompletion(of: partial.size, for: demand)
      remove(partial)
      partial.close()
      arrivals(partial.size, demand)
    }
  }

  private func condemn(_ partial: PartialContent, _ demand: Demand) -> ProviderError {
    let error = ProviderError.damaged("content \(partial.content) has the bytes of another one")
    statistics.countFailure(for: demand)
    failures.report(partial.content, .provider(error))
    let readers = remove(partial)
    partial.close(isWrong: true)
    store.drop(partial.file)
    provedWrong(readers)
    return error
  }

  /// Takes it out, and returns whose readers were given bytes of it.
  @discardableResult
  private func remove(_ partial: PartialContent) -> Set<NodeID> {
    state.withLock { state in
      guard state.entries[partial.content]?.partial === partial else { return [] }
      return state.entries.removeValue(forKey: partial.content)?.readers ?? []
    }
  }
}
