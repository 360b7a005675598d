internal import GitProvider
internal import Glibc
internal import Posix
internal import SystemPackage

/// Runs git on a repository, whoever owns it: no hook, no filter and no alias of the repository is executed.
struct GitProgram: Sendable {
  /// The git directory that all worktrees share.
  let commonDirectory: String
  /// The permission bits that files lack which git makes, where they are not this process's to decide: a view's server has
  /// no mask.
  var mask: UInt16?

  /// How git ended.
  typealias Outcome = Subprocess.Outcome

  /// Runs git in the common directory, or on the worktree of `gitDirectory`, with settings and variables of its own.
  ///
  /// A command that only asks where hooks are has to know them.
  func attempt(
    _ arguments: [String], on gitDirectory: String? = nil, settings: [String] = [], variables: [String: String] = [:],
    knowingHooks: Bool = false
  ) throws(GitWorktreeError) -> Outcome {
    let always = ["safe.directory=*", "core.fsmonitor=false"] + (knowingHooks ? [] : ["core.hooksPath=/dev/null"])
    let place = gitDirectory.map { ["--git-dir=\($0)", "--work-tree=\(commonDirectory)"] } ?? []
    do {
      return try Subprocess.run(
        shell + [Self.path, "-C", commonDirectory] + (always + settings).flatMap { ["-c", $0] } + place + arguments,
        hiding: GitRepository.hiddenVariables, setting: variables)
    } catch {
      throw .gitMissing
    }
  }

  /// git, looked for once: some PATHs are long.
  private static let path: String = {
    let directories = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let candidates = directories.split(separator: ":").map { "\($0)/git" }
    return candidates.first { access($0, X_OK) == 0 } ?? "git"
  }()

  /// The same program for what writes nothing: without the mask, which takes a shell.
  var asking: GitProgram { GitProgram(commonDirectory: commonDirectory) }

  /// What sets the mask, which a new process takes over from this one, and which this one must not change.
  private var shell: [String] {
    guard let mask else { return [] }
    return ["/bin/sh", "-c", "umask \(String(mask, radix: 8)) && exec \"$@\"", "sh"]
  }

  /// The same; throws where git does not do it.
  @discardableResult
  func run(
    _ arguments: [String], on gitDirectory: String? = nil, settings: [String] = [], variables: [String: String] = [:],
    knowingHooks: Bool = false
  ) throws(GitWorktreeError) -> String {
    let outcome = try attempt(
      arguments, on: gitDirectory, settings: settings, variables: variables, knowingHooks: knowingHooks)
    guard outcome.exitCode == 0 else { throw .refused(Self.reason(outcome)) }
    return outcome.output.hasSuffix("\n") ? String(outcome.output.dropLast()) : outcome.output
  }

  /// git's last word, which is the reason where it warned before.
  static func reason(_ outcome: Outcome) -> String {
    let line = outcome.errors.split(separator: "\n").last.map(String.init) ?? "exit code \(outcome.exitCode)"
    for prefix in ["fatal: ", "error: "] where line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
    return line
  }
}
