internal import Provider
internal import Synchronization

/// One observer being asked about one operation. The first of answer, deadline and interrupt counts.
final class Question: Sendable {
  /// What came of it.
  enum Outcome: Sendable {
    case allowed
    case forbidden(Veto)
    /// The observer threw something else.
    case failed(String)
    case overdue
    /// The caller has gone.
    case interrupted
  }

  private struct State {
    var outcome: Outcome?
    var waiter: CheckedContinuation<Outcome, Never>?
  }

  // A leaf lock.
  private let state = Mutex(State())

  private init() {}

  /// Asks `observer`, and waits for it no longer than `deadline`.
  ///
  /// It starts on this thread and, unless it has to wait, ends on it. Who is late, or asked in vain, is cancelled and not
  /// waited for.
  static func ask(
    _ observer: any ChangeObserver, about operation: PendingOperation, deadline: Duration?
  ) async -> Outcome {
    let question = Question()
    let asking = Task.immediate {
      do {
        try await observer.will(operation)
        question.settle(.allowed)
      } catch let veto as Veto {
        question.settle(.forbidden(veto))
      } catch {
        question.settle(.failed("\(error)"))
      }
    }
    if let outcome = question.outcome { return outcome }
    let clock = deadline.map { deadline in
      Task {
        do { try await Task.sleep(for: deadline) } catch { return }
        question.settle(.overdue)
      }
    }
    let outcome = await withTaskCancellationHandler {
      await question.wait()
    } onCancel: {
      question.settle(.interrupted)
    }
    clock?.cancel()
    switch outcome {
    case .overdue, .interrupted: asking.cancel()
    case .allowed, .forbidden, .failed: break
    }
    return outcome
  }

  private var outcome: Outcome? { state.withLock { $0.outcome } }

  private func settle(_ outcome: Outcome) {
    let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
      guard state.outcome == nil else { return nil }
      state.outcome = outcome
      return state.waiter.take()
    }
    waiter?.resume(returning: outcome)
  }

  private func wait() async -> Outcome {
    await withCheckedContinuation { continuation in
      let outcome = state.withLock { state -> Outcome? in
        if state.outcome == nil { state.waiter = continuation }
        return state.outcome
      }
      if let outcome { continuation.resume(returning: outcome) }
    }
  }
}
