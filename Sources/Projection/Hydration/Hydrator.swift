package import Posix
package import Provider
internal import Synchronization
internal import SystemPackage

/// Brings contents into the store: one fetch for each at a time, whoever waits for it.
package final class Hydrator: Sendable {
  package let store: ContentStore
  private let provider: any ContentProvider
  private let verifier: (any ContentVerifier)?
  private let flights = SingleFlight<ContentID, Void>()
  private let statistics: HydrationStatistics
  private let failures: FailureLog
  private let willWait: WaitHint
  private let arrivals: ArrivalNotice

  package init(
    provider: any ContentProvider, store: ContentStore, statistics: HydrationStatistics, failures: FailureLog,
    willWait: WaitHint, arrivals: ArrivalNotice = ArrivalNotice()
  ) {
    self.provider = provider
    verifier = provider as? any ContentVerifier
    self.store = store
    self.statistics = statistics
    self.failures = failures
    self.willWait = willWait
    self.arrivals = arrivals
  }

  /// The content, open for reading: from the store, or fetched into it first.
  ///
  /// `size` is what users were shown; a provider that gives another number of bytes has lied, and the read fails.
  package func contents(
    of content: ContentID, size: Int64, for demand: Demand
  ) async throws(ProjectionError) -> OwnedDescriptor {
    willWait()
    do {
      if let stored = try store.open(content), !stored.isSuspect { return stored.file }
      // A suspect content is settled by one flight as well, so that nobody reads it before.
      let fetched = FetchedFile()
      try await flights.value(for: content, joined: statistics.countShared) { [self] in
        if try await isTrustworthy(content) { return }
        try await fetch(content, size: size, for: demand, into: fetched)
      }
      // Who did the work has the file open already; the others open it by its name.
      if let file = fetched.take() { return file }
      guard let stored = try store.open(content) else {
        // Evicted between its arrival and now; asking again is the caller's turn.
        throw ProjectionError.storage(.noSuchFileOrDirectory)
      }
      return stored.file
    } catch {
      let failure = ProjectionError(error)
      failures.report(content, failure)
      throw failure
    }
  }

  /// How many fetches are under way.
  package var inFlight: Int { flights.inFlight }

  /// Whether the content is stored and right. Drops it if it is stored and wrong, or cannot be proved right.
  private func isTrustworthy(_ content: ContentID) async throws -> Bool {
    guard let stored = try store.open(content) else { return false }
    if !stored.isSuspect { return true }
    if let verifier {
      let file = FileDescriptor(rawValue: stored.file.rawValue)
      if try await verifier.verify(content, file: file) {
        try store.trust(stored.file)
        return true
      }
    }
    try store.remove(content)
    return false
  }

  private func fetch(
    _ content: ContentID, size: Int64, for demand: Demand, into fetched: FetchedFile
  ) async throws {
    let started = ContinuousClock.now
    do {
      let file = try await store.store(content) { sink in
        try await provider.fetch(content, into: &sink)
        guard sink.bytesWritten == size else {
          throw ProviderError.wrongSize("content \(content): \(size) bytes announced, \(sink.bytesWritten) came")
        }
      }
      statistics.countHydration(of: size, in: started.duration(to: .now), for: demand)
      fetched.put(file)
      arrivals(size, demand)
    } catch {
      if !(error is CancellationError) { statistics.countFailure() }
      throw error
    }
  }
}

/// Hands the file of a fetch to the caller that started it.
private final class FetchedFile: Sendable {
  private let file = Mutex<OwnedDescriptor?>(nil)

  func put(_ file: consuming OwnedDescriptor) {
    var file: OwnedDescriptor? = file
    self.file.withLock { $0 = file.take() }
  }

  func take() -> OwnedDescriptor? {
    file.withLock { $0.take() }
  }
}
