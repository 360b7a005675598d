internal import Provider
internal import Synchronization

/// What observers have to do with one operation: what they were asked about it, and what they will be told.
///
/// An operation on names confirms, with the namespace's lock, that what was asked about is still what will happen, and
/// says in the same section that it took effect: so paths are right for their place in the order.
final class Witness: Sendable {
  /// What the operation will do as things stand, or with `isDone` did: nothing where it cannot succeed. Called within the
  /// namespace's lock.
  typealias Description = @Sendable (_ isDone: Bool) -> [ObservedOperation]

  private struct State {
    var operations: [ObservedOperation] = []
    /// The questions about them.
    var questions: [UInt64?] = []
    var isOutdated = false
  }

  // A leaf lock.
  private let state = Mutex(State())
  private let observers: Observers
  private let caller: CallerIdentity
  private let describe: Description

  init(_ observers: Observers, by caller: CallerIdentity, _ describe: @escaping Description) {
    self.observers = observers
    self.caller = caller
    self.describe = describe
  }

  /// What the operation will do. The caller shares the namespace.
  func look() -> [ObservedOperation] { describe(false) }

  /// Asks about it. Returns whether anybody was asked.
  func ask(about operations: [ObservedOperation]) async throws(ProjectionError) -> Bool {
    var questions: [UInt64?] = []
    for operation in operations {
      let wanted = observers.want(operation)
      // Before it is too late, and not under a lock.
      if wanted.before || wanted.after { _ = caller.described }
      questions.append(wanted.before ? try await observers.ask(about: operation, for: caller) : nil)
    }
    state.withLock { $0 = State(operations: operations, questions: questions) }
    return questions.contains { $0 != nil }
  }

  /// Whether what was asked about is not what would happen now, and somebody wants to be asked about that.
  var isOutdated: Bool { state.withLock { $0.isOutdated } }

  /// Throws `stale` where what was asked about is not what would happen now, and somebody wants to be asked about that:
  /// then `isOutdated` tells it from others. The caller shares the namespace, and holds no directory's lock.
  func confirm() throws(ProjectionError) {
    let now = describe(false)
    let asked = state.withLock { $0.operations }
    guard now != asked else { return }
    let mustAsk = now.contains { observers.want($0).before }
    state.withLock { state in
      state.isOutdated = mustAsk
      state.operations = now
      state.questions = now.map { _ in nil }
    }
    if mustAsk { throw .stale }
  }

  /// Tells that the operation took effect, as it was confirmed.
  func tell() {
    let (operations, questions) = state.withLock { ($0.operations, $0.questions) }
    for (operation, question) in zip(operations, questions) {
      observers.tell(operation, for: caller, question: question)
    }
  }

  /// Tells that the operation took effect, at the paths that its file has by now. The caller shares the namespace, and holds
  /// no directory's lock.
  func tellAnew() {
    let operations = describe(true)
    state.withLock { state in
      if state.questions.count != operations.count { state.questions = operations.map { _ in nil } }
      state.operations = operations
    }
    tell()
  }
}

extension ProjectionCore {
  /// Performs an operation that somebody may observe: asks, and gives `perform` what it needs to tell.
  ///
  /// Asks anew where other paths are concerned when it was answered than when it was asked. Costs one look at a number
  /// where nobody wants such events.
  func observing<Result>(
    _ events: EventMask, by caller: Caller, describe: @escaping Witness.Description,
    perform: (Witness?) async throws(ProjectionError) -> Result
  ) async throws(ProjectionError) -> Result {
    guard observers.mayWant(events) else { return try await perform(nil) }
    let witness = Witness(observers, by: CallerIdentity(caller), describe)
    while true {
      let operations = namespace.shared { witness.look() }
      willWait()
      let wasAsked = try await witness.ask(about: operations)
      do throws(ProjectionError) {
        if wasAsked { try namespace.shared { () throws(ProjectionError) in try witness.confirm() } }
        return try await perform(witness)
      } catch {
        guard witness.isOutdated else { throw error }
      }
    }
  }
}
