internal import Glibc
internal import Posix
internal import SystemPackage

/// A worktree with a repository of its own, in which a script is performed: `tree`, `repository`, `origin.git`,
/// `module` and `outside` in one directory.
package final class ScriptPlace {
  /// The directory of all of it.
  package let home: String
  private let program: Program
  private let normaliser: OutputNormaliser

  /// The branch that the worktree is to have.
  package static let branch = SampleHistory.firstBranch

  /// The worktree.
  package var tree: String { home + "/tree" }
  /// The repository that it is linked to.
  package var repository: String { home + "/repository" }
  /// Where commands leave what is not for the worktree.
  package var outside: String { home + "/outside" }

  /// A place without a worktree.
  ///
  /// The names of two places must be equally long: git pads columns by the length of paths.
  package init(at home: String, copying template: ScriptTemplate) throws {
    self.home = home
    program = Program(directory: home + "/scratch")
    normaliser = OutputNormaliser(home: home)
    try template.copy(to: home)
  }

  /// Adds the worktree by git itself.
  package func addWorktree() throws {
    let outcome = perform(
      GitCommand(["-C", repository, "worktree", "add", "-q", tree, Self.branch]), step: 0, inTree: false)
    guard outcome.exitCode == 0 else { throw ScriptMismatch("worktree add: \(outcome)") }
    // Old files, as a projection has them: git reads those again that are as old as its index.
    let hourAgo = timespec(tv_sec: time(nil) - 3600, tv_nsec: 0)
    for path in try TreeRecord(of: tree).entries.keys {
      try EntryCalls.setTimes(
        at: FileCalls.workingDirectory, Array("\(tree)/\(path)".utf8), accessed: hourAgo, modified: hourAgo)
    }
    _ = perform(GitCommand(["update-index", "-q", "--refresh"]), step: 0)
  }

  /// Whether the tree is a worktree.
  package var isWorktree: Bool { (try? FileCalls.status(tree + "/.git")) != nil }

  /// Makes a worktree of `tree`, which has the files already, by a `.git` and an index.
  package func linkWorktree() throws {
    let commands = [
      ["worktree", "add", "-q", "--no-checkout", home + "/linked/tree", Self.branch],
      ["worktree", "repair", tree],
    ]
    for (index, command) in commands.enumerated() {
      if index == 1 { try FileCalls.moveFile(home + "/linked/tree/.git", to: tree + "/.git") }
      let outcome = perform(GitCommand(["-C", repository] + command), step: 0, inTree: false)
      guard outcome.exitCode == 0 else { throw ScriptMismatch("\(command): \(outcome)") }
    }
    try FileCalls.removeDirectory(home + "/linked/tree")
    try FileCalls.removeDirectory(home + "/linked")
    for command in [["read-tree", "HEAD"], ["update-index", "-q", "--refresh"]] {
      let outcome = perform(GitCommand(command), step: 0)
      guard outcome.exitCode == 0 else { throw ScriptMismatch("\(command): \(outcome)") }
    }
  }

  /// Makes the worktree one that nothing has happened to yet: how its log begins is the affair of whoever made it.
  func forgetHistory() throws(Errno) {
    let directory = try FileCalls.open(gitDirectory, O_RDONLY | O_DIRECTORY)
    do { try FileCalls.remove(at: directory.rawValue, "ORIG_HEAD") } catch .noSuchFileOrDirectory {}
    _ = try Directories.make(at: directory.rawValue, "logs")
    _ = try FileCalls.open(at: directory.rawValue, "logs/HEAD", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
  }

  /// Gives files a time that is their own, so that git reads them again. What is not there stays so.
  func age(_ paths: [String], step: Int) {
    let when = timespec(tv_sec: 1_600_000_000 + step, tv_nsec: 0)
    guard let directory = try? FileCalls.open(tree, O_RDONLY | O_DIRECTORY) else { return }
    for path in paths {
      try? EntryCalls.setTimes(at: directory.rawValue, Array(path.utf8), accessed: when, modified: when)
    }
  }

  /// The worktree's part of the repository: what its `.git` names.
  var gitDirectory: String {
    let text = (try? FileCalls.contents(tree + "/.git")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let path = text.dropFirst("gitdir: ".count).prefix { $0 != "\n" }
    return path.hasPrefix("/") ? String(path) : "\(tree)/\(path)"
  }

  /// What a command gave back, with the place's name left out.
  struct Outcome: Equatable, CustomStringConvertible {
    var exitCode: CInt
    var output: String
    var errors: String

    var description: String { "exit code \(exitCode)\nstdout: \(output)\nstderr: \(errors)" }
  }

  /// Performs a git command as of a step.
  func perform(_ command: GitCommand, step: Int, inTree: Bool = true) -> Outcome {
    let arguments = ["git"] + (inTree ? ["-C", tree] : []) + command.arguments.map { expand($0) }
    let environment = Self.environment(home: home + "/user", step: step) + command.environment.map { expand($0) }
    do throws(Errno) {
      let outcome = try program.run(
        arguments, environment: environment, input: command.input.map { expand($0) },
        output: command.output.map { "\(outside)/\($0)" })
      return Outcome(
        exitCode: outcome.exitCode, output: normaliser.normalise(outcome.output, of: command),
        errors: normaliser.normalise(outcome.errors, of: command))
    } catch {
      return Outcome(exitCode: -1, output: "", errors: "cannot be run: \(error)")
    }
  }

  /// Variables of a git command: no configuration but the test's, no editor, no terminal, and a clock that advances by
  /// a minute a step.
  static func environment(home: String, step: Int) -> [String] {
    let date = "\(1_700_000_000 + 60 * step) +0000"
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return [
      "PATH=\(path)", "HOME=\(home)", "LC_ALL=C", "TZ=UTC", "GIT_CONFIG_NOSYSTEM=1", "GIT_PAGER=cat",
      "GIT_TERMINAL_PROMPT=0", "GIT_EDITOR=true", "GIT_AUTHOR_DATE=\(date)", "GIT_COMMITTER_DATE=\(date)",
    ]
  }

  private func expand(_ word: String) -> String {
    guard word.contains("{") else { return word }
    return word.replacing("{place}", with: tree).replacing("{outside}", with: outside)
  }
}

extension FileCalls {
  /// Moves a small file to another file system, too.
  fileprivate static func moveFile(_ old: String, to new: String) throws(Errno) {
    let file = try open(new, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    try writeAll(file.rawValue, try contents(old))
    try remove(old)
  }
}
