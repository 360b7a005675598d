internal import Commands
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// A mount's source on its way to the process that serves it, where not all of it is to be shown.
///
/// What a process is given as arguments is for all to see, its environment is not: so the arguments have what may be shown,
/// and a variable has all of it.
enum HiddenSource {
  private static let variable = "PROJFS_SOURCE"

  /// What a process that is given the shown source needs in its environment.
  static func environment(of source: String) -> [String: String] {
    SourceAddress.hasSecrets(source) ? [variable: source] : [:]
  }

  /// The whole source of which the arguments have `shown`; nil where that is all.
  ///
  /// Once, before other threads are there: no program that this one starts need know.
  static func take(for shown: String) -> String? {
    defer { unsetenv(variable) }
    guard let source = getenv(variable).map({ String(cString: $0) }), SourceAddress.hasSecrets(source),
      SourceAddress.shown(source) == shown
    else { return nil }
    return source
  }

  /// Becomes this program again, with the same arguments but for what is not to be shown of `source`. The process keeps its
  /// id, terminal and working directory. Returns why it could not.
  static func restart(hiding source: String) -> CommandFailure {
    setenv(variable, source, 1)
    let arguments = CommandLine.arguments.map { $0 == source ? SourceAddress.shown($0) : $0 }
    let copies = arguments.map { strdup($0) }
    execv("/proc/self/exe", copies + [nil])
    let error = Errno.current
    for copy in copies { free(copy) }
    return CommandFailure(.inputOutput, "the server cannot be started again without the source's password: \(error)")
  }
}
