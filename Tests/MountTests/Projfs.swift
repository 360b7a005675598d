import Control
import Glibc
import Posix
import TestSupport

/// Runs the built `projfs` with a state directory of the test's own.
struct Projfs: Sendable {
  /// How a command ended.
  typealias Outcome = Subprocess.Outcome

  /// The executable, which is built beside the tests.
  static let executable: String = {
    let tests = (try? FileCalls.linkTarget("/proc/self/exe")) ?? "."
    return String(tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.endIndex)) + "/projfs"
  }()

  let home: String

  init(home: TemporaryDirectory) {
    self.home = home.path
  }

  /// Runs a command to its end, behind programs that set up its surroundings, if any.
  func run(_ arguments: [String], behind prefix: [String] = []) throws -> Outcome {
    try Subprocess.run(prefix + ["env", "XDG_STATE_HOME=\(home)/state", Self.executable] + arguments)
  }

  /// Runs a command to its end; throws where it fails.
  @discardableResult
  func succeed(_ arguments: String..., behind prefix: [String] = []) throws -> String {
    let outcome = try run(arguments, behind: prefix)
    guard outcome.exitCode == 0 else { throw Failure(arguments: arguments, outcome: outcome) }
    return outcome.output
  }

  /// The views of this test's home, by mountpoint. Other tests' views, which are mounted as well, are left out.
  func views() throws -> [String: ListedView] {
    let views = try JSON.decode([ListedView].self, from: succeed("list", "--json").utf8)
    return Dictionary(
      views.filter { $0.mountpoint.hasPrefix(home) }.map { ($0.mountpoint, $0) }, uniquingKeysWith: { $1 })
  }

  struct Failure: Error {
    let arguments: [String]
    let outcome: Outcome
  }
}

/// A line of `projfs list --json`.
struct ListedView: Decodable {
  let mountpoint: String
  let state: String
  let stateDirectory: String
}

/// A view mounted for one test, and ended with it whatever happens.
final class MountedView: Sendable {
  let path: String
  let projfs: Projfs

  /// Mounts a repository at a new directory.
  init(
    _ source: String, in home: TemporaryDirectory, at name: String = "view", options: [String] = [],
    behind prefix: [String] = []
  ) throws {
    projfs = Projfs(home: home)
    path = try home.makeDirectory(name)
    let outcome = try projfs.run(["mount", source, path] + options, behind: prefix)
    guard outcome.exitCode == 0 else { throw Projfs.Failure(arguments: options, outcome: outcome) }
  }

  deinit {
    _ = try? projfs.run(["unmount", "--force", path])
    // A server that was killed leaves a mount that no command of ours may be able to ask about.
    _ = try? Subprocess.run(["umount", "-l", "-q", path])
  }

  var stats: StatsReport {
    get throws { try JSON.decode(StatsReport.self, from: projfs.succeed("stats", path, "--json").utf8) }
  }

  var status: StatusReport {
    get throws { try JSON.decode(StatusReport.self, from: projfs.succeed("status", path, "--json").utf8) }
  }

  /// The bytes of a file in the view.
  func read(_ name: String) throws -> [UInt8] {
    try FileCalls.contents("\(path)/\(name)")
  }

  /// The text of a file in the view.
  func text(_ name: String) throws -> String {
    String(decoding: try read(name), as: UTF8.self)
  }

  /// Kills the server and waits until it is gone.
  func kill() throws {
    let server = try status.pid
    Glibc.kill(server, SIGKILL)
    // Not our child, so it cannot be waited for; its lock is free when it is gone.
    let state = try stateDirectory
    let lock = try FileCalls.open(state + "/lock", O_RDWR)
    try FileCalls.waitForLock(lock.rawValue)
  }

  /// Where the view keeps its state.
  var stateDirectory: String {
    get throws {
      guard let view = try projfs.views()[path] else { throw MissingView(path: path) }
      return view.stateDirectory
    }
  }

  struct MissingView: Error {
    let path: String
  }
}
