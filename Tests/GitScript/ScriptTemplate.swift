internal import Glibc
internal import Posix
internal import TestSupport

/// The repositories that every place of a script begins with, made once and copied: the same bytes in each place.
package final class ScriptTemplate: Sendable {
  private let home: TemporaryDirectory

  /// Makes them.
  package init() throws {
    home = try TemporaryDirectory()
    let user = try home.makeDirectory("user")
    _ = try home.makeDirectory("outside")
    _ = try home.makeDirectory("scratch")
    try home.write("user/.gitconfig", Self.configuration)
    let program = Program(directory: home.path + "/scratch")
    let path = home.path
    func git(_ arguments: String..., input: String? = nil) throws -> String {
      let environment = ScriptPlace.environment(home: user, step: 0)
      let outcome = try program.run(["git"] + arguments, environment: environment, input: input)
      guard outcome.exitCode == 0 else {
        throw Failure(arguments: arguments, errors: String(decoding: outcome.errors, as: UTF8.self))
      }
      return String(decoding: outcome.output, as: UTF8.self)
    }
    for (name, branch) in [("module", "main"), ("repository", SampleHistory.otherBranch)] {
      _ = try git("init", "-q", "--template=", "-b", branch, "\(path)/\(name)")
    }
    var module = HistoryStream()
    module.commit("main", "one", [.file("part.txt", "part\n"), .file("sub/part", "more\n")])
    module.commit("main", "two", [.file("part.txt", "part\nand more\n")])
    _ = try git("-C", "\(path)/module", "fast-import", "--quiet", input: module.text)
    let commit = try git("-C", "\(path)/module", "rev-parse", "main~1").prefix { $0 != "\n" }
    _ = try git(
      "-C", "\(path)/repository", "fast-import", "--quiet", input: SampleHistory.stream(module: String(commit)))
    for name in ["module", "repository"] {
      _ = try git("-C", "\(path)/\(name)", "reset", "-q", "--hard")
      _ = try git("-C", "\(path)/\(name)", "repack", "-q", "-a", "-d")
    }
    _ = try git("clone", "-q", "--bare", "--template=", "\(path)/repository", "\(path)/origin.git")
    try FileCalls.remove("\(path)/scratch/stderr")
  }

  /// Copies everything to a directory that does not exist yet, and tells the repository where its origin is.
  func copy(to path: String) throws {
    _ = try Subprocess.run(["cp", "-a", "--", home.path, path])
    let branch = SampleHistory.firstBranch
    let origin = """
      [remote "origin"]
      \turl = \(path)/origin.git
      \tfetch = +refs/heads/*:refs/remotes/origin/*
      [branch "\(branch)"]
      \tremote = origin
      \tmerge = refs/heads/main

      """
    let file = try FileCalls.open("\(path)/repository/.git/config", O_WRONLY | O_APPEND)
    try FileCalls.writeAll(file.rawValue, Array(origin.utf8))
  }

  /// git said no.
  struct Failure: Error {
    let arguments: [String]
    let errors: String
  }

  /// The user's: what makes git speak of one thing in one way, and do nothing in the background.
  private static let configuration = """
    [user]
    \tname = Test
    \temail = test@example.org
    [protocol "file"]
    \tallow = always
    [gc]
    \tauto = 0
    [maintenance]
    \tauto = false
    [core]
    \tpager = cat
    [init]
    \tdefaultBranch = main

    """
}
