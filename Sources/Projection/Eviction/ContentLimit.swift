internal import Logging
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Keeps what a store holds below a limit.
///
/// Above the high mark an eviction begins, on a thread of its own, and goes on down to the low mark. Who would bring more
/// than the limit waits for it. What everybody has open cannot go: then the limit is passed rather than a read failed.
/// What other servers store is seen when the store is surveyed: by each eviction, and after half a minute in which
/// something came or went.
package final class ContentLimit: Sendable {
  /// The room that a content has been given, until it is stored.
  struct Room: Sendable {
    fileprivate let bytes: Int64
  }

  /// In bytes.
  let limit: Int64
  /// From here on something has to go.
  var high: Int64 { limit - limit / 20 }
  /// So little is left then.
  var low: Int64 { limit - limit / 10 }

  /// Whether what comes now makes something else go.
  var isHigh: Bool { state.withLock { $0.stored + $0.coming >= high } }

  /// How often it is looked whether others have stored something.
  private static let interval = Duration.seconds(30)
  /// For how many times as long as an eviction took nothing is tried again after it has found too little to drop.
  private static let patience = 10

  private struct State {
    /// As of the last survey, and what this server stored since.
    var stored: Int64 = 0
    /// What this server stored since the eviction began that is under way: its survey may have missed it.
    var meanwhile: Int64 = 0
    /// What is on its way.
    var coming: Int64 = 0
    /// What waits for room.
    var waiting: Int64 = 0
    /// Until when another eviction would find too little as well.
    var pause: ContinuousClock.Instant?
    var stamp: Int?
    var watch: Task<Void, Never>?
  }

  private struct Evictor {
    let count: @Sendable () -> Int64?
    let downTo: @Sendable (Int64) async -> Int64?
    let stamp: @Sendable () -> Int?
  }

  // Leaf locks: the evictor is called outside of them.
  private let state = Mutex(State())
  private let evictor = Mutex<Evictor?>(nil)
  private let evictions = SingleFlight<Bool, Void>()

  init(_ limit: Int64) {
    self.limit = limit
  }

  /// Begins to keep the limit. `count` says how many bytes are stored; `evict` brings them down to a number, as far as that
  /// is possible, and returns how many are left; nil where these fail. `stamp` is different when something came or went.
  func start(
    count: @escaping @Sendable () -> Int64?, evict: @escaping @Sendable (Int64) async -> Int64?,
    stamp: @escaping @Sendable () -> Int?
  ) {
    evictor.withLock { $0 = Evictor(count: count, downTo: evict, stamp: stamp) }
    let watch = Task { [weak self] in
      while !Task.isCancelled {
        await self?.look()
        try? await Task.sleep(for: Self.interval)
      }
    }
    state.withLock { $0.watch = watch }
  }

  func stop() { state.withLock { $0.watch }?.cancel() }

  /// Waits until there is room for a content, or there is no more to be had. Throws where the caller is cancelled.
  func makeRoom(for bytes: Int64) async throws -> Room {
    if enter(bytes) { return Room(bytes: bytes) }
    state.withLock { $0.waiting += bytes }
    defer { state.withLock { $0.waiting -= bytes } }
    try await evict()
    // Two of those that waited may want the same room, but not for ever.
    if !enter(bytes) {
      try await evict()
      state.withLock { $0.coming += bytes }
    }
    return Room(bytes: bytes)
  }

  /// Counts a content as coming, unless there is no room and something can be done about that.
  private func enter(_ bytes: Int64) -> Bool {
    state.withLock { state in
      guard state.stored + state.coming + bytes <= limit || bytes > limit || isPausing(state) else { return false }
      state.coming += bytes
      return true
    }
  }

  /// Ends what `makeRoom` began: so much was stored.
  func take(_ room: Room?, stored: Int64) {
    let isHigh = state.withLock { state in
      state.coming -= room?.bytes ?? 0
      state.stored += stored
      state.meanwhile += stored
      return state.stored + state.coming > high && !isPausing(state)
    }
    if isHigh { Task { [weak self] in try? await self?.evict() } }
  }

  /// Notes what was dropped; an eviction that the limit began counts anew afterwards.
  func note(evicted bytes: Int64) { state.withLock { $0.stored -= bytes } }

  private func isPausing(_ state: State) -> Bool { state.pause.map { ContinuousClock.now < $0 } ?? false }

  /// Sees what others have stored, or dropped.
  private func look() async {
    guard let evictor = evictor.withLock({ $0 }) else { return }
    let stamp = await Threads.run("content limit") { evictor.stamp() }
    let hasChanged = state.withLock { state in
      defer { state.stamp = stamp }
      return stamp == nil || state.stamp != stamp
    }
    if hasChanged { try? await evict() }
  }

  /// One eviction at a time, on a thread of its own. Surveys the store in any case.
  private func evict() async throws {
    guard let evictor = evictor.withLock({ $0 }) else { return }
    try await evictions.value(for: true) { [self] in
      let started = ContinuousClock.now
      state.withLock { $0.meanwhile = 0 }
      let left = await Self.beside { [self] () -> Int64? in
        guard let stored = evictor.count() else { return nil }
        let target = target(from: stored)
        return stored > target ? await evictor.downTo(target) : stored
      }
      state.withLock { state in
        if let left { state.stored = left + state.meanwhile }
        let isEnough = left.map { $0 <= high } ?? false
        state.pause = isEnough ? nil : .now + started.duration(to: .now) * Self.patience
      }
    }
  }

  /// To how many bytes the store has to come down.
  private func target(from stored: Int64) -> Int64 {
    state.withLock { state in
      let wanted = limit - state.coming - state.waiting
      return stored > high || stored > wanted ? max(0, min(low, wanted)) : stored
    }
  }

  /// Does work on a thread of its own as far as it does not suspend.
  private static func beside<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      Threads.start("evict") { Task.immediate { continuation.resume(returning: await work()) } }
    }
  }
}

extension ProjectionCore {
  /// Begins to keep the store below its limit, if it has one. `openFiles` has what the kernel has open, where it says so.
  package func startLimiting(_ openFiles: @escaping @Sendable () -> BackingFiles?) {
    limit?.start { [weak self] in
      try? self?.store.survey().reduce(0) { $0 + $1.size }
    } evict: { [weak self] size in
      guard let self else { return nil }
      do throws(ProjectionError) {
        return try await evict(EvictionRequest(size: size), with: openFiles()).left
      } catch {
        logger.error("contents cannot be evicted: \(error)")
        return nil
      }
    } stamp: { [weak self] in
      try? self?.store.stamp()
    }
  }
}
