import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// A view at the branch `one` of a `SwitchHistory`, which `projfs switch` moves.
struct SwitchView {
  let home: TemporaryDirectory
  let repository: GitFixture
  let view: MountedView

  init(engine: String = "cached", options: [String] = []) throws {
    home = try TemporaryDirectory()
    repository = try SwitchHistory.make(at: home.path + "/repository")
    view = try MountedView(
      repository.path, in: home, options: ["--rev", "one", "--engine", engine] + options)
    try repository.git("worktree", "add", "-q", "--detach", home.path + "/ordinary", "one")
  }

  var path: String { view.path }

  /// Runs `projfs switch`, as it ends.
  func run(_ arguments: String..., behind prefix: [String] = []) throws -> Projfs.Outcome {
    try view.projfs.run(["switch", "-C", path] + arguments, behind: Self.identity + prefix)
  }

  /// Runs `projfs switch`, which must do it.
  @discardableResult
  func move(_ arguments: String..., at location: SourceLocation = #_sourceLocation) throws -> String {
    let outcome = try view.projfs.run(["switch", "-C", path] + arguments)
    #expect(outcome.exitCode == 0, "\(arguments): \(outcome.output)\(outcome.errors)", sourceLocation: location)
    return outcome.output
  }

  /// Runs git in the view; returns what it prints.
  @discardableResult
  func git(_ arguments: String...) throws -> String { try Self.git(arguments, in: path) }

  static func git(_ arguments: [String], in path: String) throws -> String {
    let outcome = try Subprocess.run(identity + ["git", "-C", path] + arguments)
    guard outcome.exitCode == 0 else { throw Failure(arguments: arguments, errors: outcome.errors) }
    return outcome.output
  }

  struct Failure: Error {
    let arguments: [String]
    let errors: String
  }

  /// Who commits.
  static let identity = [
    "env", "GIT_AUTHOR_NAME=Test", "GIT_AUTHOR_EMAIL=test@example.org", "GIT_COMMITTER_NAME=Test",
    "GIT_COMMITTER_EMAIL=test@example.org", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=gc.auto", "GIT_CONFIG_VALUE_0=0",
  ]

  /// What an ordinary worktree of a revision has.
  func ordinary(_ revision: String) throws -> TreeSnapshot {
    // From nothing: git does not write a file anew that other attributes convert otherwise.
    let path = home.path + "/ordinary"
    try repository.git("-C", path, "rm", "-r", "-q", "-f", "--ignore-unmatch", ".")
    try repository.git("-C", path, "reset", "-q", "--hard", revision)
    return try TreeSnapshot(of: path)
  }

  /// Expects that the view is at a revision in every respect; on `branch`, or detached.
  func expect(
    at revision: String, branch: String? = nil, onDisk: Bool = true,
    sourceLocation location: SourceLocation = #_sourceLocation
  ) throws {
    let commit = try repository.git("rev-parse", revision + "^{commit}")
    #expect(try git("rev-parse", "HEAD") == commit + "\n", sourceLocation: location)
    let head = try Subprocess.run(["git", "-C", path, "symbolic-ref", "-q", "HEAD"]).output
    #expect(head == (branch.map { "refs/heads/\($0)\n" } ?? ""), sourceLocation: location)
    let changes = try git("status", "--porcelain")
    // Without the hook git compares everything with what the index says. With it, versions 2.32 to 2.42 take files for
    // removed at random here: they look at a status that they have not asked for.
    let patch = try git("-c", "core.fsmonitor=false", "diff", "HEAD")
    #expect(changes == "" && patch == "", "\(changes)\(patch)", sourceLocation: location)
    let reference = branch.map { "refs/heads/\($0)" }
    // Where git has moved it the view follows.
    try eventually("the status says so", at: location) {
      let status = try view.status
      return status.revision == commit && status.reference == reference
    }
    #expect(try view.status.problems == [], sourceLocation: location)
    guard onDisk else { return }
    let differences = try TreeSnapshot(of: path).differences(from: ordinary(revision))
    #expect(differences == [], sourceLocation: location)
  }

  /// The branch that is checked out, if one is.
  var branch: String? {
    get throws {
      let name = try git("branch", "--show-current").dropLast()
      return name.isEmpty ? nil : String(name)
    }
  }

  /// What the view's worktree has in the repository.
  var administration: String {
    get throws { String(try view.text(".git").dropFirst("gitdir: ".count).dropLast()) }
  }

  func write(_ name: String, _ text: String) throws { try Self.write(path + "/" + name, text) }

  static func write(_ path: String, _ text: String) throws {
    let file = try FileCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
  }

  /// Lets what equals the projection go, now.
  func settle() throws { try Self.settle(view.stateDirectory) }

  static func settle(_ stateDirectory: String) throws { _ = try ControlClient.ask(.settle, of: stateDirectory) }
}

/// Waits until `condition` holds, on this very thread; records an issue where it never does.
func eventually(
  _ what: Comment, at location: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) rethrows {
  let deadline = ContinuousClock.now + patience
  while try !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record(what, sourceLocation: location)
      return
    }
    usleep(1000)
  }
}
