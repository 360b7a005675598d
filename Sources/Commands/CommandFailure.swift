internal import ArgumentParser
internal import Glibc
internal import Posix

/// The exit codes that scripts rely on; those from 64 on are sysexits(3)'s.
package enum ExitStatus: Int32, Codable {
  /// A check found something, or a local change stands in the way.
  case found = 1
  /// The arguments make no sense.
  case usage = 64
  /// Damaged data.
  case damaged = 65
  /// The source or revision does not exist.
  case noSource = 66
  /// FUSE is not available.
  case fuseUnavailable = 69
  /// The mountpoint cannot be used.
  case mountpoint = 73
  /// Input or output failed.
  case inputOutput = 74
  /// The view is not running.
  case notRunning = 75
  /// A permission is missing.
  case permission = 77
}

/// The end of a command: one line that says what is wrong and what to do, and an exit code.
package struct CommandFailure: Error {
  /// What the process ends with.
  package let status: ExitStatus
  /// The line, without `projfs:` in front.
  package let message: String

  /// A failure.
  package init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }
}

/// Runs a command's work; a failure becomes its line on stderr and its exit code.
package func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let failure as CommandFailure {
    printError(failure.message)
    throw ExitCode(failure.status.rawValue)
  }
}

/// Prints one line on stderr.
func printError(_ message: String) {
  // Not through `stderr`, a global variable that Swift cannot prove to be safe. A failure here has nowhere to go.
  try? FileCalls.writeAll(STDERR_FILENO, Array("projfs: \(message)\n".utf8))
}
