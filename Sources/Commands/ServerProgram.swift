package import ArgumentParser
internal import Glibc
internal import Posix
internal import SystemPackage

/// A command that needs git or FUSE. `projfs-server` does it, which gets the arguments as they are: this program links
/// neither, so that the commands which only ask a view start at once.
package protocol ServerCommand: ParsableCommand {}

extension ServerCommand {
  /// Becomes `projfs-server`.
  package func run() throws {
    try reportingFailure { throw ServerProgram.takeOver() }
  }
}

/// The program that serves views.
enum ServerProgram {
  private static let name = "projfs-server"

  /// Replaces this process, which keeps its id, terminal and working directory. Returns why it could not.
  static func takeOver() -> CommandFailure {
    // The link is the kernel's: it leads to the program itself, by whatever link it was called.
    guard let program = try? FileCalls.linkTarget("/proc/self/exe"), let slash = program.lastIndex(of: "/") else {
      return CommandFailure(.inputOutput, "the program \(name) cannot be looked for: /proc is not mounted")
    }
    let server = "\(program[...slash])\(name)"
    // The arguments as they came: paths are bytes.
    execv(server, CommandLine.unsafeArgv)
    let error = Errno(rawValue: errno)
    if error == .noSuchFileOrDirectory {
      return CommandFailure(
        .fuseUnavailable,
        "the program \(name) is not beside projfs in '\(program[..<slash])'; install both ('make build' builds them)")
    }
    return CommandFailure(.fuseUnavailable, "the program '\(server)' cannot be run: \(error)")
  }
}
