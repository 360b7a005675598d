internal import Provider
internal import Synchronization

/// Keeps a projection in step with a source that changes: one set of changes after the other, each shown at once.
///
/// What comes while one is being shown waits and is shown with the next. What cannot be shown, because the provider does
/// not answer, is tried again; until then users see what they saw.
final class SourceFollower: Sendable {
  private struct State {
    var pending = PendingChanges()
    /// How often something was added.
    var additions: UInt64 = 0
    var waiters: [Showing] = []
    var worker: Task<Void, Never>?
    var reader: Task<Void, Never>?
    /// A try that is to come.
    var retry: Task<Void, Never>?
    var failures = 0
    var isStopped = false
  }

  /// How long to wait before the first try again, and at most.
  private static let firstPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(30)

  // A leaf lock: nothing is called under it.
  private let state = Mutex(State())

  /// Starts listening to a provider that says what changes, for as long as the projection lives. Once.
  func start(_ provider: any ChangingProvider, of core: ProjectionCore) {
    let changes = provider.changes()
    let reader = Task { [weak core] in
      for await change in changes {
        guard let core else { return }
        add(of: core) { $0.add(change) }
      }
    }
    let isStopped = state.withLock { state in
      state.reader = reader
      return state.isStopped
    }
    if isStopped { reader.cancel() }
  }

  /// Lets nothing be shown any more. What is being shown is broken off, or finished.
  func stop() {
    let (tasks, waiters) = state.withLock { state in
      state.isStopped = true
      defer { state.waiters = [] }
      return ([state.reader, state.worker, state.retry], state.waiters)
    }
    for task in tasks { task?.cancel() }
    for waiter in waiters { waiter.end(CancellationError()) }
  }

  /// Has known directories listed anew.
  func add(directories: [DirectoryNode], of core: ProjectionCore) {
    add(of: core) { $0.nodes.formUnion(directories.map(\.node)) }
  }

  /// Adds changes, which are shown soon.
  func add(of core: ProjectionCore, _ change: (inout PendingChanges) -> Void) {
    state.withLock { state in
      change(&state.pending)
      state.additions &+= 1
    }
    work(on: core)
  }

  /// Adds changes and waits until they are shown. Throws why they cannot be shown for now.
  func show(of core: ProjectionCore, _ change: @Sendable (inout PendingChanges) -> Void) async throws {
    let showing = Showing()
    let isStopped = state.withLock { state in
      guard !state.isStopped else { return true }
      change(&state.pending)
      state.additions &+= 1
      state.waiters.append(showing)
      return false
    }
    if isStopped { throw CancellationError() }
    work(on: core)
    try await showing.wait()
  }

  private func work(on core: ProjectionCore) {
    state.withLock { state in
      guard state.worker == nil, !state.isStopped else { return }
      state.worker = Task { await showAll(of: core) }
    }
  }

  private func showAll(of core: ProjectionCore) async {
    while let (changes, waiters, additions) = take() {
      let failed = await core.show(changes)
      let pause = state.withLock { state -> Duration? in
        guard let failed, !state.isStopped else {
          state.failures = 0
          return nil
        }
        state.pending.add(earlier: failed.changes)
        state.failures += 1
        return min(Self.firstPause * (1 << min(state.failures - 1, 10)), Self.longestPause)
      }
      for waiter in waiters { waiter.end(failed?.error) }
      guard let pause else { continue }
      let retry = Task { [weak core] in
        guard (try? await Task.sleep(for: pause)) != nil, let core else { return }
        work(on: core)
      }
      let isDone = state.withLock { state in
        // What has come meanwhile does not wait as long.
        guard state.additions == additions else { return false }
        state.retry = retry
        state.worker = nil
        return true
      }
      if isDone { return }
      retry.cancel()
    }
  }

  /// What is to be shown next; nil where there is nothing, and the worker ends.
  private func take() -> (PendingChanges, [Showing], UInt64)? {
    state.withLock { state in
      guard !state.isStopped, !state.pending.isEmpty || !state.waiters.isEmpty else {
        state.worker = nil
        return nil
      }
      defer {
        state.pending = PendingChanges()
        state.waiters = []
      }
      return (state.pending, state.waiters, state.additions)
    }
  }
}

/// Changes that could not be shown for now, and why.
struct UnshownChanges: Sendable {
  var changes = PendingChanges()
  var error: any Error
}

/// What somebody waits for who wants a change to be shown.
private final class Showing: Sendable {
  private let gate = Gate()
  // A leaf lock.
  private let error = Mutex<(any Error)?>(nil)

  func end(_ error: (any Error)?) {
    self.error.withLock { $0 = error }
    gate.open()
  }

  func wait() async throws {
    try await gate.pass()
    if let error = error.withLock({ $0 }) { throw error }
  }
}
