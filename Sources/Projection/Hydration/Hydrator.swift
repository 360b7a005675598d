package import Posix
package import Provider
internal import Synchronization
internal import SystemPackage

/// Brings contents into the store: one fetch for each at a time, whoever waits for it.
package final class Hydrator: Sendable {
  package let store: ContentStore
  private let provider: any ContentProvider
  private let verifier: (any ContentVerifier)?
  /// Contents that are fetched at once.
  private let flights = SingleFlight<ContentID, Void>()
  /// Contents that are wanted whole and fetched by pieces.
  private let completions = SingleFlight<ContentID, Void>()
  private let verifications = SingleFlight<ContentID, Void>()
  private let statistics: HydrationStatistics
  private let failures: FailureLog
  private let willWait: WaitHint
  private let arrivals: ArrivalNotice
  private let limit: ContentLimit?
  private let gate: HydrationGate
  private let policy: HydrationPolicy
  /// nil where all contents are fetched at once.
  private let ranged: RangedHydrator?

  /// `provedWrong` is called with the nodes whose readers were given bytes of a content that then proved wrong.
  package init(
    provider: any ContentProvider, store: ContentStore, statistics: HydrationStatistics, failures: FailureLog,
    willWait: WaitHint, arrivals: ArrivalNotice = ArrivalNotice(), limit: ContentLimit? = nil,
    gate: HydrationGate = HydrationGate(), policy: HydrationPolicy = HydrationPolicy(),
    provedWrong: @escaping @Sendable (Set<NodeID>) -> Void = { _ in }
  ) {
    self.provider = provider
    verifier = provider as? any ContentVerifier
    self.store = store
    self.statistics = statistics
    self.failures = failures
    self.willWait = willWait
    self.arrivals = arrivals
    self.limit = limit
    self.gate = gate
    self.policy = policy
    ranged = (provider as? any RangedContentProvider).map { provider in
      RangedHydrator(provider, store, policy.deadlines, statistics, failures, arrivals, limit, provedWrong: provedWrong)
    }
  }

  /// The content, open for reading: from the store, or fetched into it first.
  ///
  /// `size` is what users were shown; a provider that gives another number of bytes has lied, and the read fails.
  package func contents(
    of content: ContentID, size: Int64, for demand: Demand
  ) async throws(ProjectionError) -> OwnedDescriptor {
    hint(size)
    return try await reporting(content) { [self] () async throws -> OwnedDescriptor in
      var mayPass = false
      while true {
        if let stored = try await trusted(content, size: size) { return stored }
        if !mayPass { try await pass(demand, files: 1, bytes: size) }
        mayPass = true
        if let ranged = ranged(size) {
          try await completions.value(for: content, joined: statistics.countShared) {
            try await ranged.complete(content, size: size, for: demand)
          }
          continue
        }
        let fetched = FetchedFile()
        try await flights.value(for: content, joined: statistics.countShared) { [self] in
          // Stored by another server, or by who was quicker, since this one looked.
          if store.contains(content) { return }
          try await fetch(content, size: size, for: demand, into: fetched)
        }
        // Who did the work has the file open already; the others open it by its name.
        if let file = fetched.take() { return file }
      }
    }
  }

  /// A file that has `range`, which lies within the content: of a large content, only what is missing of that is fetched.
  package func file(
    with range: Range<Int64>, of content: ContentID, size: Int64, reader: NodeID, for demand: Demand
  ) async throws(ProjectionError) -> HeldFile {
    guard let ranged = ranged(size) else { return HeldFile(try await contents(of: content, size: size, for: demand)) }
    if let file = ranged.fileHaving(range, of: content, for: reader, demand) { return file }
    hint(size)
    return try await reporting(content) { [self] () async throws -> HeldFile in
      var mayPass = false
      while true {
        if let stored = try await trusted(content, size: size) {
          ranged.leave(content)
          return HeldFile(stored)
        }
        // The open was one file, as far as there was one.
        if !mayPass { try await pass(demand, files: 0, bytes: Int64(range.count)) }
        mayPass = true
        if let file = try await ranged.file(with: range, of: content, size: size, for: reader, demand) { return file }
      }
    }
  }

  /// The whole content, open for reading; nil where its readers are to ask for ranges of it.
  package func wholeContents(
    of content: ContentID, size: Int64, for demand: Demand
  ) async throws(ProjectionError) -> OwnedDescriptor? {
    guard ranged(size) != nil else { return try await contents(of: content, size: size, for: demand) }
    hint(size)
    return try await reporting(content) { [self] () async throws -> OwnedDescriptor? in
      if let stored = try await trusted(content, size: size) { return stored }
      try await pass(demand, files: 1, bytes: 0)
      return nil
    }
  }

  /// Fetches a content unless it is stored; returns how many bytes came, or nil where it was there, or came for others.
  ///
  /// What `isMissing` was found missing a moment ago, and is not looked for again. Without a `size` it is what the provider
  /// gives, and compared with what users are shown when somebody opens it.
  func bring(
    _ content: ContentID, size: Int64?, isMissing: Bool, for demand: Demand
  ) async throws(ProjectionError) -> Int64? {
    var size = size
    if size == nil, ranged != nil {
      do {
        size = try await provider.measuredSizes(of: [content]).first
      } catch {
        throw ProjectionError(error)
      }
    }
    if let size, ranged(size) != nil {
      if store.contains(content) { return nil }
      _ = try await contents(of: content, size: size, for: demand)
      return size
    }
    return try await reporting(content) { [self, size] () async throws -> Int64? in
      let fetched = FetchedFile()
      try await flights.value(for: content, joined: statistics.countShared) { [self] in
        if !isMissing, store.contains(content) { return }
        try await fetch(content, size: size, for: demand, into: fetched)
      }
      return fetched.bytes
    }
  }

  /// How many fetches are under way.
  package var inFlight: Int { flights.inFlight + (ranged?.inFlight ?? 0) }

  /// Keeps the pieces of incomplete contents for the next server of the view. For a view that has ended in order.
  package func putPartsAway() { ranged?.putAllAway() }

  /// Whether pieces of a content are here, and not all of it.
  package func hasPart(of content: ContentID) -> Bool { ranged?.hasPart(of: content) ?? false }

  /// Drops the pieces of a content, unless others are on their way; returns how many bytes they had, nil where nothing was
  /// dropped.
  package func dropPart(of content: ContentID) -> Int64? { ranged?.dropPart(of: content) }

  /// Lets a demand pass the gate, at once or after a while. Throws `denied`.
  private func pass(_ demand: Demand, files: Int, bytes: Int64) async throws(ProjectionError) {
    do throws(ProjectionError) {
      try await gate.pass(demand, files: files, bytes: bytes)
    } catch {
      if error == .denied { statistics.tellDenial(of: demand) }
      throw error
    }
  }

  /// Who fetches contents of this size by pieces.
  private func ranged(_ size: Int64) -> RangedHydrator? { size >= policy.rangedThreshold && size > 0 ? ranged : nil }

  /// Says that the thread may be busy for a while, unless its provider never is, and neither is the disk.
  private func hint(_ size: Int64) {
    if policy.mayBlock(size) { willWait() }
  }

  private func reporting<Result: ~Copyable>(
    _ content: ContentID, _ body: () async throws -> Result
  ) async throws(ProjectionError) -> Result {
    do {
      return try await body()
    } catch {
      let failure = ProjectionError(error)
      if failure == .denied { throw failure }
      failures.report(content, failure)
      throw failure
    }
  }

  /// The content from the store, if it is stored and right. Drops it if it is wrong, or cannot be proved right.
  private func trusted(_ content: ContentID, size: Int64) async throws -> OwnedDescriptor? {
    while let stored = try store.open(content) {
      guard stored.size == size else {
        // What came before anybody was told a size.
        try store.remove(content)
        continue
      }
      if !stored.isSuspect {
        store.noteUse(of: stored)
        return stored.file
      }
      // Settled by one flight, so that nobody reads it before.
      try await verifications.value(for: content) { [self] in try await verify(content) }
    }
    return nil
  }

  private func verify(_ content: ContentID) async throws {
    guard let stored = try store.open(content), stored.isSuspect else { return }
    if let verifier {
      let file = FileDescriptor(rawValue: stored.file.rawValue)
      if try await verifier.verify(content, file: file) { return try store.trust(stored.file) }
    }
    try store.remove(content)
  }

  private func fetch(
    _ content: ContentID, size: Int64?, for demand: Demand, into fetched: FetchedFile
  ) async throws {
    let room = try await limit?.makeRoom(for: size ?? 0)
    defer { limit?.take(room, stored: fetched.bytes ?? 0) }
    let started = ContinuousClock.now
    let progress = FetchProgress()
    do {
      // The file being filled stays with who fills it, even if nobody waits any more.
      try await withDeadline(policy.deadlines.silence, for: "content \(content)", progress: { progress.value }) {
        [store, provider] in
        let file = try await store.store(content, progress: progress.sink) { sink in
          progress.watch(sink.descriptor)
          defer { progress.watch(nil) }
          try await provider.fetch(content, into: &sink)
          if let size, sink.bytesWritten != size {
            throw ProviderError.wrongSize("content \(content): \(size) bytes announced, \(sink.bytesWritten) came")
          }
        }
        fetched.put(file, bytes: progress.sink.bytes)
      }
      // Where it was put a moment ago.
      let bytes = fetched.bytes ?? 0
      statistics.countHydration(of: bytes, in: started.duration(to: .now), for: demand)
      arrivals(bytes, demand)
    } catch {
      if !(error is CancellationError) { statistics.countFailure(in: started.duration(to: .now), for: demand) }
      throw error
    }
  }
}

/// What is decided about hydration before a content is asked for.
package struct HydrationPolicy: Sendable {
  /// From how many bytes on a content is fetched by pieces, of a provider that can do that.
  package var rangedThreshold: Int64
  /// For how long the provider may keep its callers waiting.
  package var deadlines: ProviderDeadlines
  /// Whether the provider never blocks a thread.
  package var isNonblocking: Bool

  /// A policy.
  package init(
    rangedThreshold: Int64 = 16 << 20, deadlines: ProviderDeadlines = ProviderDeadlines(), isNonblocking: Bool = false
  ) {
    self.rangedThreshold = rangedThreshold
    self.deadlines = deadlines
    self.isNonblocking = isNonblocking
  }

  /// Whether fetching and storing `size` bytes may block a thread for longer than it takes to wake another one.
  func mayBlock(_ size: Int64) -> Bool { !isNonblocking || size > 256 << 10 }
}

/// Hands the file of a fetch to the caller that started it, and how many bytes it has.
private final class FetchedFile: Sendable {
  private let file = Mutex<OwnedDescriptor?>(nil)
  private let size = Atomic<Int64>(-1)

  /// How many bytes came; nil where none did.
  var bytes: Int64? {
    let size = size.load(ordering: .acquiring)
    return size < 0 ? nil : size
  }

  func put(_ file: consuming OwnedDescriptor, bytes: Int64) {
    var file: OwnedDescriptor? = file
    self.file.withLock { $0 = file.take() }
    size.store(bytes, ordering: .releasing)
  }

  func take() -> OwnedDescriptor? {
    file.withLock { $0.take() }
  }
}
