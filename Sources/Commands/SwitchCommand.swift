internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix

/// `projfs switch`.
struct SwitchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "switch",
    abstract: "Move a view to another branch, tag or commit.",
    discussion: """
      Like 'git switch', in time proportional to what is loaded and changed: files are not written, they show the other
      revision when they are looked at next. Files that are the same keep their inodes and times. Where local changes are
      in the way 'git switch' itself decides, and where it refuses nothing has moved.

      REV is a branch, which is checked out; or a tag or commit, at which HEAD is detached; or '-' for what was checked
      out before. Without -C it is the view that the working directory lies in.

      Example:
        projfs switch topic
        projfs switch v6.9 --create fix-v6.9
      """)

  @Argument(help: ArgumentHelp("The branch, tag or commit.", valueName: "rev"))
  var revision: String

  @Option(help: ArgumentHelp("Make this branch at REV, and check it out.", valueName: "name"))
  var create: String?

  @Flag(help: "Merge local changes into the other revision, which may leave conflicts.")
  var merge = false

  @Flag(help: "Throw local changes of tracked files away.")
  var force = false

  @Option(
    name: [.customShort("C")], help: ArgumentHelp("The view.", valueName: "mountpoint"), completion: .directory)
  var mountpoint: String?

  func validate() throws {
    if merge, force { throw ValidationError("--merge and --force exclude each other") }
  }

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      var request = ControlRequest(.switchTo)
      request.revision = revision
      request.newBranch = create
      request.discardsChanges = force
      let report = try ViewLocator.ask(for: \.switched, request, of: view)
      switch report.outcome {
      case .done:
        if report.hasHook == true { try runHook(report, in: view) }
        print(Self.text(report, isNew: create != nil))
      case .already: print(report.branch.map { "Already on '\($0)'" } ?? "HEAD is at \(Self.commit(report)) already")
      case .left: try runGit(report, in: view)
      case .unknown: try runGitQuietly(in: view)
      }
    }
  }

  private static func text(_ report: SwitchReport, isNew: Bool) -> String {
    guard let branch = report.branch else { return "HEAD is now at \(commit(report))" }
    return "Switched to \(isNew ? "a new " : "")branch '\(branch)'"
  }

  private static func commit(_ report: SwitchReport) -> String {
    "\((report.new ?? "").prefix(12)) \(report.subject ?? "")"
  }

  // MARK: - git

  /// git decides: it merges, throws away, or says what is in the way.
  private func runGit(_ report: SwitchReport, in view: ViewLocator.Found) throws {
    var arguments = ["switch"]
    if merge { arguments.append("--merge") }
    if force { arguments.append("--discard-changes") }
    if let create {
      arguments += ["--create", create]
    } else if report.branch == nil {
      arguments.append("--detach")
    }
    guard try git(arguments + [revision], in: view) == 0 else { throw ExitCode(ExitStatus.found.rawValue) }
  }

  /// git may know a branch of a remote by that name, and then makes one that follows it.
  private func runGitQuietly(in view: ViewLocator.Found) throws {
    if create == nil, !revision.hasPrefix("-"),
      let outcome = try? Subprocess.run(["git", "-C", view.mountpoint, "switch", "--guess", revision]),
      outcome.exitCode == 0
    {
      return print("Switched to a new branch '\(revision)'")
    }
    throw CommandFailure(.noSource, "revision '\(revision)' does not exist in the repository of '\(view.mountpoint)'")
  }

  /// What the repository wants to be run after every checkout.
  private func runHook(_ report: SwitchReport, in view: ViewLocator.Found) throws {
    let arguments = ["hook", "run", "--ignore-missing", "post-checkout", "--", report.old ?? "", report.new ?? "", "1"]
    let outcome = try git(arguments, in: view)
    // As with git, what the hook ends with is what the command ends with; the switch is done.
    if outcome != 0 { throw ExitCode(outcome) }
  }

  private func git(_ arguments: [String], in view: ViewLocator.Found) throws(CommandFailure) -> CInt {
    do {
      let process = try Subprocess.spawn(
        ["git", "-C", view.mountpoint] + arguments, output: STDOUT_FILENO, errors: STDERR_FILENO)
      return try Subprocess.wait(for: process)
    } catch {
      throw CommandFailure(.fuseUnavailable, "the program 'git' cannot be run: \(error)")
    }
  }
}
