/// Why and for whom a content is wanted.
package struct Demand: Sendable, Hashable {
  /// What was done to the file.
  package enum Cause: String, Sendable, CaseIterable {
    /// It was opened.
    case open
    /// It was read without having been opened, in the cached engine.
    case read
    /// The target of a symbolic link.
    case link
  }

  /// What was done to the file.
  package let cause: Cause
  /// Who did it.
  package let caller: Caller

  /// A demand.
  package init(_ cause: Cause, by caller: Caller) {
    self.cause = cause
    self.caller = caller
  }
}

/// The thread that a request comes from, as the kernel names it; 0 for the kernel itself.
package struct Caller: Sendable, Hashable {
  /// The thread's id in the server's PID namespace.
  package let thread: UInt32

  /// A caller.
  package init(thread: UInt32) {
    self.thread = thread
  }
}
