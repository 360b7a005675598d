internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// A content of which some pieces are here: a file that has no content's name, and who waits for what is missing in it.
///
/// A byte is read from the file only where its piece is here. A piece is here when the fetch that brought it has ended well.
final class PartialContent: Sendable {
  /// The content was put away, is complete, or proved wrong: to be asked for anew.
  struct Closed: Error {}

  /// Fetches a range, with the right to write it.
  typealias Fetcher = @Sendable (PieceWriter, Range<Int64>, Demand) async throws -> Void

  /// Whose pieces these are.
  let content: ContentID
  /// The length of the content, in bytes.
  let size: Int64
  /// Where they lie.
  let file: PartialFile

  // A leaf lock: fetches are started and stopped, and waiters resumed, outside of it.
  private let state: InvariantMutex<PieceFetches>
  private let readers = Mutex(ReadAhead())
  private let lastWaiter = Atomic<UInt64>(0)
  private let isTaken = Atomic<Bool>(false)
  private let budget: AheadBudget
  private let fetch: Fetcher
  private let completed: @Sendable (PartialContent, Demand) -> Void

  /// A content of which the pieces in `map` are in `file`. `completed` is called once when the last piece has come.
  init(
    _ content: ContentID, _ file: PartialFile, _ map: PieceMap, budget: AheadBudget, fetch: @escaping Fetcher,
    completed: @escaping @Sendable (PartialContent, Demand) -> Void
  ) {
    self.content = content
    self.file = file
    size = map.size
    state = InvariantMutex(PieceFetches(map))
    self.budget = budget
    self.fetch = fetch
    self.completed = completed
  }

  /// Whether all of `range` is here.
  func has(_ range: Range<Int64>) -> Bool {
    state.withLock { state in state.map.firstMissing(in: state.map.pieces(of: range)) == nil }
  }

  /// Whether everything is here.
  var isComplete: Bool { state.withLock { $0.map.isComplete } }

  /// How many fetches are under way.
  var underWay: Int { state.withLock { $0.underWay } }

  /// Returns when all of `range` is here; fetches what is missing of it, unless others do.
  ///
  /// `joined` is called once if a fetch of somebody else's is waited for. Throws `Closed` where there will be no fetch any
  /// more. Who is cancelled leaves at once; a fetch that nobody waits for is cancelled.
  func wait(for range: Range<Int64>, _ demand: Demand, joined: () -> Void = {}) async throws {
    var hasJoined = false
    while true {
      let arrival = try await nextArrival(range, demand) {
        if !hasJoined { joined() }
        hasJoined = true
      }
      if arrival == .here { return }
    }
  }

  private func nextArrival(
    _ range: Range<Int64>, _ demand: Demand, joined: () -> Void
  ) async throws -> PieceFetches.Arrival {
    let number = lastWaiter.add(1, ordering: .relaxed).newValue
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let step = state.withLock { state -> PieceFetches.Step? in
          // A cancellation that came before this finds no waiter to remove: seen here instead.
          if Task.isCancelled { return nil }
          return state.want(state.map.pieces(of: range), number, continuation, into: file.held)
        }
        switch step {
        case nil: continuation.resume(throwing: CancellationError())
        case .here: continuation.resume(returning: .here)
        case .closed: continuation.resume(throwing: Closed())
        case .follow: joined()
        case .lead(let claim):
          start(claim, Task.immediate { [self] in await perform(claim, demand) })
        }
      }
    } onCancel: {
      let (waiter, stop) = state.withLock { $0.leave(number) }
      if let stop { self.stop(stop) }
      waiter?.resume(throwing: CancellationError())
    }
  }

  /// Fetches ahead of who reads `range` as the next of many.
  func readAhead(_ range: Range<Int64>, of demand: Demand) {
    guard let wish = readers.withLock({ $0.note(range) }) else { return }
    let granted = budget.take(upTo: AheadBudget.forOne - state.withLock { $0.ahead })
    guard granted > 0 else { return }
    let claims = state.withLock { $0.claimAhead(wish, limit: granted, into: file.held) }
    budget.giveBack(granted - claims.count)
    let demand = Demand(.prefetch, by: demand.caller, at: demand.place)
    for claim in claims {
      // Not on this thread, whose own reader waits.
      start(claim, Task { [self] in await perform(claim, demand) })
    }
  }

  /// Ends all fetches and begins none any more. What is here can still be read, unless it is wrong.
  ///
  /// True where nothing is being written into the file.
  @discardableResult
  func close(isWrong: Bool = false) -> Bool {
    let stops = state.withLock { $0.close(isWrong: isWrong) }
    for stop in stops { self.stop(stop) }
    return state.withLock { $0.underWay } == 0
  }

  /// Takes the file, to put it away or to give it the content's name. False where somebody has it.
  func takeFile() -> Bool { !isTaken.exchange(true, ordering: .acquiringAndReleasing) }

  /// Gives it back.
  func giveFileBack() { isTaken.store(false, ordering: .releasing) }

  /// What is here, to be kept with the file.
  var map: PieceMap { state.withLock { $0.map } }

  private func start(_ claim: PieceFetches.Claim, _ task: Task<Void, Never>) {
    // Ended inline, where cancelling changes nothing, or its last waiter left meanwhile.
    if !state.withLock({ $0.started(claim.number, task) }) { task.cancel() }
  }

  private func stop(_ stop: PieceFetches.Stop) {
    stop.task?.cancel()
    stop.writer.revoke { [self] in
      let ending = state.withLock { $0.quiet(stop.number) }
      if ending.isAhead { budget.giveBack(1) }
      for waiter in ending.waiters { waiter.resume(returning: .again) }
    }
  }

  private func perform(_ claim: PieceFetches.Claim, _ demand: Demand) async {
    let result: Result<Void, any Error>
    do {
      result = .success(try await fetch(claim.writer, bytes(of: claim.pieces), demand))
    } catch {
      result = .failure(error)
    }
    // A provider that goes on all the same writes no more, before anybody else may.
    claim.writer.revoke { [self] in end(claim, result, demand) }
  }

  private func bytes(of pieces: Range<Int>) -> Range<Int64> {
    state.withLock { $0.map.bytes(of: pieces) }
  }

  private func end(_ claim: PieceFetches.Claim, _ result: Result<Void, any Error>, _ demand: Demand) {
    let isGood = if case .success = result { true } else { false }
    let ending = state.withLock { $0.end(claim.number, well: isGood) }
    if ending.isAhead {
      budget.giveBack(1)
      if !isGood { readers.withLock { $0.reset() } }
    }
    switch result {
    case .success:
      for waiter in ending.waiters { waiter.resume(returning: .again) }
    // What went ahead asked for more than they do: they ask for themselves. Not of a provider that does not answer.
    case .failure(let error) where ending.isAhead && !error.isTimeout:
      for waiter in ending.waiters { waiter.resume(returning: .again) }
    case .failure(let error):
      for waiter in ending.waiters { waiter.resume(throwing: error) }
    }
    if ending.isComplete { completed(self, demand) }
  }
}

extension Error {
  /// Whether a provider did not answer in time.
  fileprivate var isTimeout: Bool {
    if case .system(.timedOut, _) = self as? ProviderError { return true }
    return false
  }
}

/// How many fetches may go ahead of readers at once, of all contents together.
final class AheadBudget: Sendable {
  /// Of one content.
  static let forOne = 4
  /// Of all.
  static let forAll = 16

  private let free = Mutex(AheadBudget.forAll)

  /// Takes what is free of `wanted`.
  func take(upTo wanted: Int) -> Int {
    free.withLock { free in
      let taken = max(0, min(free, wanted))
      free -= taken
      return taken
    }
  }

  /// Gives back what was taken.
  func giveBack(_ count: Int) {
    free.withLock { $0 += count }
  }
}
