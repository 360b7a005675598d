internal import Glibc
package import Posix

/// Why and for whom a content is wanted.
package struct Demand: Sendable, Hashable {
  /// What was done to the file.
  package enum Cause: String, Sendable, CaseIterable {
    /// It was opened.
    case open
    /// It was read without having been opened, in the cached engine.
    case read
    /// It was opened for writing, or written to.
    case write
    /// The target of a symbolic link.
    case link
    /// It will be wanted soon.
    case prefetch
  }

  /// What was done to the file.
  package let cause: Cause
  /// Who did it.
  package let caller: Caller
  /// Where it was done.
  package let place: Place?

  /// Where a content is wanted.
  package enum Place: Sendable, Hashable {
    /// By a file that is known.
    case node(NodeID)
    /// At a path from the root.
    case path([UInt8])
  }

  /// A demand.
  package init(_ cause: Cause, by caller: Caller, at place: Place? = nil) {
    self.cause = cause
    self.caller = caller
    self.place = place
  }
}

/// Who a request comes from, as the kernel names it.
package struct Caller: Sendable, Hashable {
  /// The thread's id in the server's PID namespace; 0 for the kernel itself.
  package let thread: UInt32
  /// The user and group for whom files are made.
  package let owner: FileOwner

  /// The user's id.
  package var user: UInt32 { owner.user }

  /// A caller; by default of the process's own user.
  package init(thread: UInt32, owner: FileOwner = FileOwner(user: geteuid(), group: getegid())) {
    self.thread = thread
    self.owner = owner
  }

  /// Whether the caller belongs to a group, as proc_pid_status(5) has it. Reads a file; for rare questions only.
  func isMember(of group: UInt32) -> Bool {
    if owner.group == group { return true }
    guard let status = try? FileCalls.contents("/proc/\(thread)/status") else { return false }
    let groups = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Groups:") }
    return groups?.split(whereSeparator: \.isWhitespace).dropFirst().contains("\(group)") ?? false
  }
}
