internal import Synchronization

/// Keeps processes from hydrating that the policy of a view denies it, and others from doing it too fast.
///
/// Asked for contents that are not here; what is here anybody may read. Without rules it is a look at one number. Otherwise
/// each demand costs two system calls, which show whether the thread still runs what it ran, and the first one of a process
/// six more. It is no protection: who wants to get around it calls itself something else.
package final class HydrationGate: Sendable {
  private struct Known {
    let mark: ThreadMark
    let verdict: HydrationRules.Verdict
    let until: ContinuousClock.Instant
  }

  private struct State {
    var rules = HydrationRules()
    var threads: [UInt32: Known] = [:]
    /// From when on a process group has used up nothing of its rate.
    var paces: [Int32: ContinuousClock.Instant] = [:]
  }

  /// How many threads, and how many process groups, are remembered.
  private static let limit = 4096
  /// For how long a control group or a process group counts without a look.
  private static let memory = Duration.seconds(1)
  /// How much of its rate a process group that was quiet may use at once.
  private static let burst = Duration.seconds(1)

  private let isActive = Atomic<Bool>(false)
  private let deniedCount = Atomic<Int>(0)
  private let delayedCount = Atomic<Int>(0)
  // A leaf lock: /proc is read outside of it.
  private let state = Mutex(State())

  package init() {}

  /// How many demands were denied, and how many had to wait.
  package var counts: (denied: Int, delayed: Int) {
    (deniedCount.load(ordering: .relaxed), delayedCount.load(ordering: .relaxed))
  }

  /// Sets other rules, from the next demand on.
  package func set(_ rules: HydrationRules) {
    state.withLock { state in
      state.rules = rules
      state.threads = [:]
    }
    isActive.store(!rules.areEmpty, ordering: .releasing)
  }

  /// Lets a demand for a content that is not here pass, at once or after a while. Throws `denied`.
  ///
  /// Targets of symbolic links are what a look shows, and what is prefetched somebody wants to have here.
  func pass(_ demand: Demand, files: Int, bytes: Int64) async throws(ProjectionError) {
    guard isActive.load(ordering: .acquiring) else { return }
    switch demand.cause {
    case .link, .prefetch: return
    case .open, .read, .write: break
    }
    switch verdict(on: demand.caller.thread) {
    case .free: return
    case .denied:
      deniedCount.add(1, ordering: .relaxed)
      throw .denied
    case .slow(let group):
      let due = take(files: files, bytes: bytes, for: group)
      guard due > .now else { return }
      delayedCount.add(1, ordering: .relaxed)
      do {
        try await Task.sleep(until: due, clock: .continuous)
      } catch {
        throw .interrupted
      }
    }
  }

  private func verdict(on thread: UInt32) -> HydrationRules.Verdict {
    // The kernel on its own account, or a process that this one's PID namespace does not have.
    guard thread != 0, let mark = ThreadMark(of: thread) else { return .free }
    let now = ContinuousClock.now
    let (known, rules) = state.withLock { ($0.threads[thread], $0.rules) }
    if let known, known.mark == mark, now < known.until { return known.verdict }
    guard let facts = ProcessFacts(ofThread: thread) else { return .free }
    let verdict = rules.verdict(on: facts)
    state.withLock { state in
      guard state.rules == rules else { return }
      if state.threads.count >= Self.limit { state.threads = [:] }
      state.threads[thread] = Known(mark: mark, verdict: verdict, until: now + Self.memory)
    }
    return verdict
  }

  /// Uses up some of a process group's rate; returns from when on that is there.
  private func take(files: Int, bytes: Int64, for group: Int32) -> ContinuousClock.Instant {
    state.withLock { state in
      let now = ContinuousClock.now
      let rate = state.rules.rate
      let seconds = max(Double(files) / Double(rate.files), Double(bytes) / Double(rate.bytes))
      if state.paces.count >= Self.limit { state.paces = state.paces.filter { $0.value > now - Self.burst } }
      let due = max(state.paces[group] ?? now - Self.burst, now - Self.burst)
      state.paces[group] = due + .seconds(seconds)
      return due
    }
  }
}
