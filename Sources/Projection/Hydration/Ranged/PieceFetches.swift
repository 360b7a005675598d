/// The pieces of a content, and the fetches that bring them: the state of a `PartialContent`. Starts and resumes nothing.
///
/// A piece is missing, on its way, or here:
///
///     missing → on its way     claimed by one fetch
///     on its way → here        the fetch ended well
///     on its way → missing     it failed; or nobody waits for it any more, and it writes no more
struct PieceFetches: InvariantChecked {
  typealias Waiter = CheckedContinuation<Arrival, any Error>

  /// Why a waiter goes on.
  enum Arrival: Sendable, Equatable {
    /// All that it wants is here.
    case here
    /// A fetch has ended: to be looked at again.
    case again
  }

  /// A fetch that is to be started.
  struct Claim: Sendable {
    let number: UInt64
    let pieces: Range<Int>
    let writer: PieceWriter
  }

  /// A fetch that is to be stopped.
  struct Stop: Sendable {
    let number: UInt64
    let writer: PieceWriter
    let task: Task<Void, Never>?
  }

  /// What is to be done for who wants pieces.
  enum Step {
    /// Nothing: they are here.
    case here
    /// They wait for a fetch under way.
    case follow
    /// They wait for this fetch, which is to be started.
    case lead(Claim)
    /// There will be no fetch any more.
    case closed
  }

  private struct Fetch {
    let pieces: Range<Int>
    let writer: PieceWriter
    /// Whether it was started before somebody asked. Then it goes on when nobody waits for it.
    let isAhead: Bool
    var task: Task<Void, Never>?
    var waiters: [UInt64: Waiter] = [:]
    /// Whether it is being stopped: then it brings nothing any more.
    var isClosing = false
  }

  /// At most so many pieces by one fetch that goes ahead.
  static let widestAhead = 16

  private(set) var map: PieceMap
  private(set) var isClosed = false
  private var fetches: [UInt64: Fetch] = [:]
  private var lastNumber: UInt64 = 0

  init(_ map: PieceMap) {
    self.map = map
  }

  /// How many fetches are under way.
  var underWay: Int { fetches.count }

  // MARK: - Who wants pieces

  /// Has `waiter` wait for the first of `pieces` that is not here.
  mutating func want(
    _ pieces: Range<Int>, _ number: UInt64, _ waiter: Waiter, into file: HeldFile
  ) -> Step {
    guard let first = map.firstMissing(in: pieces) else { return .here }
    if isClosed { return .closed }
    if let fetch = fetch(of: first) {
      fetches[fetch]?.waiters[number] = waiter
      return .follow
    }
    let claim = claim(run(from: first, before: pieces.upperBound), into: file, isAhead: false)
    fetches[claim.number]?.waiters[number] = waiter
    return .lead(claim)
  }

  /// Claims what is missing of a wish, in at most `limit` fetches.
  mutating func claimAhead(_ wish: ReadAhead.Wish, limit: Int, into file: HeldFile) -> [Claim] {
    // The piece in which the wish begins is the reader's own.
    let pieces = map.pieces(of: wish.start + PieceMap.pieceSize - 1..<wish.end)
    guard !isClosed, let first = pieces.first(where: { isMissing($0) }) else { return [] }
    guard wish.end >= map.size || wish.end - map.bytes(of: first..<first + 1).lowerBound >= wish.least else {
      return []
    }
    var claims: [Claim] = []
    var next = first
    while claims.count < limit, next < pieces.upperBound {
      guard isMissing(next) else {
        next += 1
        continue
      }
      let run = run(from: next, before: min(pieces.upperBound, next + Self.widestAhead))
      claims.append(claim(run, into: file, isAhead: true))
      next = run.upperBound
    }
    return claims
  }

  /// How many fetches go ahead.
  var ahead: Int { fetches.values.count { $0.isAhead } }

  /// Notes the task of a fetch. False where nobody wants it any more, or it has ended.
  mutating func started(_ number: UInt64, _ task: Task<Void, Never>) -> Bool {
    guard let fetch = fetches[number], !fetch.isClosing else { return false }
    fetches[number]?.task = task
    return true
  }

  /// A waiter goes. Returns it, if it was still waiting, and the fetch that nobody wants any more.
  mutating func leave(_ number: UInt64) -> (Waiter?, Stop?) {
    for key in fetches.keys {
      guard let waiter = fetches[key]?.waiters.removeValue(forKey: number) else { continue }
      guard let fetch = fetches[key], fetch.waiters.isEmpty, !fetch.isAhead, !fetch.isClosing else {
        return (waiter, nil)
      }
      return (waiter, stop(key, fetch))
    }
    return (nil, nil)
  }

  // MARK: - What becomes of a fetch

  /// What is to be done when a fetch has ended.
  struct Ending {
    var waiters: [Waiter] = []
    /// Whether it went ahead.
    var isAhead = false
    /// Whether these were the last pieces.
    var isComplete = false
  }

  /// A fetch has ended by itself; its pieces are here where it ended well.
  mutating func end(_ number: UInt64, well: Bool) -> Ending {
    // What is being stopped ends when it is quiet.
    guard let fetch = fetches[number], !fetch.isClosing else { return Ending() }
    fetches.removeValue(forKey: number)
    if well { map.insert(fetch.pieces) }
    return Ending(
      waiters: Array(fetch.waiters.values), isAhead: fetch.isAhead, isComplete: well && map.isComplete)
  }

  /// A fetch that was stopped writes no more. Who came for its pieces meanwhile looks again.
  mutating func quiet(_ number: UInt64) -> Ending {
    guard let fetch = fetches.removeValue(forKey: number) else { return Ending() }
    return Ending(waiters: Array(fetch.waiters.values), isAhead: fetch.isAhead)
  }

  /// Ends it all: no fetch is begun any more, and these are to be stopped. What is here stays, unless it is wrong.
  mutating func close(isWrong: Bool) -> [Stop] {
    isClosed = true
    if isWrong { map = PieceMap(size: map.size) }
    return fetches.filter { !$0.value.isClosing }.map { stop($0.key, $0.value) }
  }

  private mutating func stop(_ number: UInt64, _ fetch: Fetch) -> Stop {
    fetches[number]?.isClosing = true
    return Stop(number: number, writer: fetch.writer, task: fetch.task)
  }

  // MARK: - Claims

  private mutating func claim(_ pieces: Range<Int>, into file: HeldFile, isAhead: Bool) -> Claim {
    lastNumber += 1
    let writer = PieceWriter(file)
    fetches[lastNumber] = Fetch(pieces: pieces, writer: writer, isAhead: isAhead)
    return Claim(number: lastNumber, pieces: pieces, writer: writer)
  }

  private func fetch(of piece: Int) -> UInt64? {
    fetches.first { $0.value.pieces.contains(piece) }?.key
  }

  private func isMissing(_ piece: Int) -> Bool { !map.contains(piece) && fetch(of: piece) == nil }

  /// The missing pieces from `first` on that belong together.
  private func run(from first: Int, before end: Int) -> Range<Int> {
    first..<((first + 1..<max(first + 1, end)).first { !isMissing($0) } ?? max(first + 1, end))
  }

  func checkInvariants() {
    var claimed: Set<Int> = []
    for fetch in fetches.values {
      for piece in fetch.pieces {
        assert(claimed.insert(piece).inserted, "a piece is brought by one fetch")
        assert(!map.contains(piece), "what is here is not fetched")
      }
    }
  }
}
