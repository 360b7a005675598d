internal import Synchronization

/// State with rules that must hold whenever nobody is changing it.
package protocol InvariantChecked {
  /// Traps where a rule is broken. Called in debug builds only, so it may be as slow as a test can bear.
  func checkInvariants()
}

/// A mutex over state with written rules, which debug builds check each time it is unlocked.
package struct InvariantMutex<State: InvariantChecked>: ~Copyable {
  private let mutex: Mutex<State>

  /// Guards `initial`.
  package init(_ initial: consuming sending State) {
    mutex = Mutex(initial)
  }

  /// Runs `body` with the lock held. Never reply, notify the kernel or call a provider inside.
  package borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { state throws(Failure) in
      #if DEBUG
        defer { state.checkInvariants() }
      #endif
      return try body(&state)
    }
  }
}
