internal import Glibc
internal import Logging
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Who observes a view. Asks them before operations and tells them after; knows nothing of what operations do.
final class Observers: Sendable {
  private struct State {
    var observers: [Observer] = []
    var lastNumber: UInt64 = 0
  }

  // A leaf lock but for the queues', which are taken under it so that numbers have the order of every queue.
  private let state = Mutex(State())
  /// What anybody wants, anywhere: the one thing that is looked at where nobody does.
  private let wanted = Atomic<UInt32>(0)
  private let sendsOpens = Atomic<Bool>(true)
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  deinit {
    for observer in state.withLock({ $0.observers }) { observer.queue.end() }
  }

  /// Whether somebody may want one of these events, wherever it is.
  func mayWant(_ events: EventMask) -> Bool {
    wanted.load(ordering: .relaxed) & events.rawValue != 0
  }

  // MARK: - Who observes

  func add(_ observer: any ChangeObserver, _ options: ObserverOptions) throws(ObservationError) -> Observer {
    let added = Observer(observer, options, of: self)
    try check(options.watches, options.needsOpens)
    state.withLock { state in
      state.observers.append(added)
      noteWanted(state)
    }
    added.run()
    return added
  }

  func remove(_ observer: Observer) {
    state.withLock { state in
      state.observers.removeAll { $0 === observer }
      noteWanted(state)
    }
  }

  func setWatches(_ watches: [Watch], of observer: Observer) throws(ObservationError) {
    try check(watches, false)
    state.withLock { state in
      observer.put(WatchTree(watches))
      noteWanted(state)
    }
  }

  private func check(_ watches: [Watch], _ needsOpens: Bool) throws(ObservationError) {
    let all = watches.reduce(EventMask()) { $0.union($1.before).union($1.after) }
    guard needsOpens || !all.isDisjoint(with: .opensAndCloses) else { return }
    if !sendsOpens.load(ordering: .acquiring) { throw .opensAreNotSent }
  }

  private func noteWanted(_ state: State) {
    let all = state.observers.reduce(EventMask()) { $0.union($1.tree.union.all) }
    wanted.store(all.rawValue, ordering: .relaxed)
  }

  /// Whether somebody wants opens, or may want them later.
  var wantOpens: Bool {
    state.withLock { $0.observers }.contains { observer in
      observer.options.needsOpens || !observer.tree.union.all.isDisjoint(with: .opensAndCloses)
    }
  }

  /// Notes whether opens arrive.
  func setSendsOpens(_ sends: Bool) {
    sendsOpens.store(sends, ordering: .releasing)
  }

  // MARK: - Asking

  /// Whether somebody wants to be asked about an operation, or told of it.
  func want(_ operation: ObservedOperation) -> (before: Bool, after: Bool) {
    var result = (before: false, after: false)
    for observer in state.withLock({ $0.observers }) {
      let wanted = observer.tree.wanted(of: operation)
      if !wanted.before.isEmpty { result.before = true }
      if !wanted.after.isEmpty { result.after = true }
    }
    return result
  }

  /// Asks everybody who wants to be asked, one after the other, until one forbids it. Returns the question's number, if
  /// there was one.
  func ask(
    about operation: ObservedOperation, for caller: CallerIdentity
  ) async throws(ProjectionError) -> UInt64? {
    let asked = state.withLock { $0.observers }.filter { !$0.tree.wanted(of: operation).before.isEmpty }
    guard !asked.isEmpty else { return nil }
    let pending = PendingOperation(
      number: nextNumber(), time: Self.now, operation: operation, caller: caller.described)
    for observer in asked {
      switch await Question.ask(observer.observer, about: pending, deadline: observer.options.deadline) {
      case .allowed: break
      case .forbidden(let veto): throw .vetoed(Self.presentable(veto.error))
      case .interrupted: throw .interrupted
      case .overdue where observer.options.overdue == .allow:
        logger.warning("an observer has not answered in time: the operation is performed")
      case .overdue:
        logger.warning("an observer has not answered in time: the operation is refused")
        throw .vetoed(.timedOut)
      case .failed(let error):
        logger.warning("an observer has failed: \(error)")
        throw .vetoed(.ioError)
      }
    }
    return pending.number
  }

  private func nextNumber() -> UInt64 {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  /// What can be told to a caller. 0 would be a success; ENOSYS ends the kernel's asking for good; numbers above 511 are
  /// the kernel's own.
  private static func presentable(_ error: Errno) -> Errno {
    (1...511).contains(error.rawValue) && error != .noFunction ? error : .ioError
  }

  // MARK: - Telling

  /// Puts an operation that took effect in the queues of all who want it. May be called with locks of the view held.
  func tell(_ operation: ObservedOperation, for caller: CallerIdentity, question: UInt64? = nil) {
    let told = state.withLock { $0.observers }.filter { !$0.tree.wanted(of: operation).after.isEmpty }
    guard !told.isEmpty else { return }
    let described = caller.described
    let wakes = state.withLock { state in
      state.lastNumber += 1
      let event = CompletedOperation(
        number: state.lastNumber, time: Self.now, operation: operation, caller: described, question: question)
      return told.compactMap { $0.queue.add(event) }
    }
    // Resuming only schedules.
    for wake in wakes { wake() }
  }

  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// One observer at work.
final class Observer: Observation {
  let observer: any ChangeObserver
  let options: ObserverOptions
  let queue: EventQueue
  private weak let registry: Observers?
  // A leaf lock.
  private let watching: Mutex<WatchTree>

  fileprivate init(_ observer: any ChangeObserver, _ options: ObserverOptions, of registry: Observers) {
    self.observer = observer
    self.options = options
    self.registry = registry
    queue = EventQueue(capacity: options.capacity)
    watching = Mutex(WatchTree(options.watches))
  }

  var tree: WatchTree { watching.withLock { $0 } }

  var watches: [Watch] { tree.watches }

  fileprivate func put(_ tree: WatchTree) { watching.withLock { $0 = tree } }

  func setWatches(_ watches: [Watch]) throws(ObservationError) {
    try registry?.setWatches(watches, of: self)
  }

  func deliver() async { await queue.flush() }

  func end() async {
    registry?.remove(self)
    queue.end()
    await queue.flush()
  }

  /// Starts the task that tells it what has happened. It ends with the queue.
  fileprivate func run() {
    Task { [observer, queue] in
      while let entry = await queue.next() {
        switch entry {
        case .event(let event): await observer.did(event)
        case .missed(let count): await observer.missed(count)
        case .waiter(let waiter): waiter.resume()
        }
      }
    }
  }
}
