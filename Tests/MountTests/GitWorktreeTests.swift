import Control
import FileSystemModel
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// A view of a repository in which git is used.
private struct GitView {
  let home: TemporaryDirectory
  let repository: GitFixture
  let view: MountedView

  init(engine: String = "cached", options: [String] = ["--rev", "work"]) throws {
    home = try TemporaryDirectory()
    repository = try SampleRepository.make(at: home.path + "/repository")
    try repository.add(".gitignore", "*.o\n")
    try repository.add("tools/.gitignore", "made\n")
    try repository.commit("what is ignored")
    try repository.git("branch", "work")
    view = try MountedView(repository.path, in: home, options: ["--engine", engine] + options)
  }

  /// Runs git in the view; returns what it prints.
  @discardableResult
  func git(_ arguments: String..., inside path: String? = nil, trace: Bool = false) throws -> String {
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "gc.auto=0"]
    let outcome = try Subprocess.run(
      ["git", "-C", path ?? view.path] + identity + arguments,
      setting: trace ? ["GIT_TRACE2_PERF": home.path + "/trace"] : [:])
    guard outcome.exitCode == 0, outcome.errors.isEmpty else {
      throw Failure(arguments: arguments, errors: outcome.errors)
    }
    return outcome.output
  }

  struct Failure: Error {
    let arguments: [String]
    let errors: String
  }

  func status() throws -> [String] { try lines(git("status", "--porcelain=v1")) }

  func lines(_ text: String) throws -> [String] { text.split(separator: "\n").map(String.init).sorted() }

  /// How many directories a git command opened to find untracked files.
  func openedDirectories(by command: () throws -> Void) throws -> Int? {
    try? FileCalls.remove(home.path + "/trace")
    try command()
    let trace = String(decoding: try FileCalls.contents(home.path + "/trace"), as: UTF8.self)
    return trace.split(separator: "\n").compactMap { line -> Int? in
      guard let value = line.split(separator: ":").last, line.contains("opendir:") else { return nil }
      return Int(value)
    }.first
  }

  func write(_ name: String, _ text: String) throws {
    let file = try FileCalls.open("\(view.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
  }

  func remount() throws {
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
  }
}

@Suite("git in a view", .enabled(if: Availability.fuse, "FUSE is not available"))
struct GitWorktreeTests {
  @Test("Right after the mount git status finds nothing, and looks at next to nothing", arguments: WritableView.engines)
  func clean(engine: String) throws {
    let git = try GitView(engine: engine)
    let opened = try git.openedDirectories {
      let found = try git.git("status", "--porcelain=v2", trace: true)
      #expect(found == "")
    }
    #expect(opened == 0)
    #expect(try git.git("symbolic-ref", "HEAD") == "refs/heads/work\n")
    let stats = try git.view.stats
    // 300 files lie in one directory alone.
    #expect(stats.requests["LOOKUP"]?.count ?? 0 < 60, "\(stats.requests.mapValues(\.count))")
    #expect(stats.hydration.count == 2, "only the two .gitignore")
    #expect(stats.files.new == 0 && stats.bytes.full == 0)
    let status = try git.view.status
    #expect(status.healthy && status.remarks == [])
    #expect(status.reference == "refs/heads/work")
  }

  @Test("What is done in the view is what git sees", arguments: WritableView.engines)
  func changes(engine: String) throws {
    let git = try GitView(engine: engine)
    try git.write("README.md", "edited\n")
    try git.write("many/new", "new\n")
    try git.write("ignored.o", "object\n")
    try git.write("tools/made", "ignored below\n")
    try FileCalls.remove(git.view.path + "/many/file-7")
    #expect(rename(git.view.path + "/a", git.view.path + "/renamed") == 0)
    #expect(chmod(git.view.path + "/empty", 0o755) == 0)
    #expect(chmod(git.view.path + "/converted", 0o700) == 0)
    let expected = [
      " D a/b/c/d/deep", " D many/file-7", " M README.md", " M empty", "?? many/new", "?? renamed/",
    ]
    #expect(try git.status() == expected)
    #expect(
      try git.lines(git.git("status", "--porcelain", "--ignored")).filter { $0.hasPrefix("!!") } == [
        "!! ignored.o", "!! tools/made",
      ])
    try git.git("add", "--all")
    #expect(
      try git.status() == [
        "A  many/new", "D  many/file-7", "M  README.md", "M  empty", "R  a/b/c/d/deep -> renamed/b/c/d/deep",
      ])
    try git.git("commit", "-q", "-m", "in the view")
    #expect(try git.status() == [])
    #expect(try git.repository.git("show", "work:README.md") == "edited")
    // Back to what it was: the other way round.
    try git.git("checkout", "-q", "HEAD^", "--", "README.md")
    #expect(try git.view.text("README.md") == "# sample\n")
    #expect(try git.status() == ["M  README.md"])
    #expect(try git.git("fsck", "--no-dangling") == "")
    try git.remount()
    #expect(try git.status() == ["M  README.md"])
    #expect(try git.git("log", "--format=%s", "-1") == "in the view\n")
  }

  @Test("Staging, stashing, branches and merges do what they do in any worktree", arguments: WritableView.engines)
  func commands(engine: String) throws {
    let git = try GitView(engine: engine)
    try git.write("README.md", "stashed\n")
    try git.git("stash", "-q")
    #expect(try git.status() == [] && git.view.text("README.md") == "# sample\n")
    try git.git("stash", "pop", "-q")
    #expect(try git.status() == [" M README.md"])
    try git.git("checkout", "-q", "-b", "side")
    try git.git("commit", "-q", "-a", "-m", "side")
    try git.git("checkout", "-q", "work")
    #expect(try git.view.text("README.md") == "# sample\n")
    try git.write("empty", "not any more\n")
    try git.git("commit", "-q", "-a", "-m", "work")
    try git.git("merge", "-q", "-m", "both", "side")
    #expect(try git.view.text("README.md") == "stashed\n" && git.status() == [])
    try git.git("reset", "-q", "--hard", "HEAD~2")
    #expect(try git.status() == [] && git.view.read("empty") == [])
    try git.git("clean", "-q", "-d", "-f")
    #expect(try git.view.text("many/file-299") == "number 299\n")
    try git.git("gc", "-q", "--prune=now")
    #expect(try git.git("worktree", "prune") == "" && git.status() == [])
  }

  @Test("A read-only view is a worktree too")
  func readOnly() throws {
    let git = try GitView(options: ["--read-only"])
    #expect(try git.status() == [])
    #expect(try git.view.status.remarks == ["branch 'main' is checked out in another worktree, so HEAD is detached"])
    #expect(try git.git("log", "--format=%s", "-1") == "what is ignored\n")
  }

  @Test("A killed server costs git nothing but a look at everything", arguments: WritableView.engines)
  func killed(engine: String) throws {
    let git = try GitView(engine: engine)
    try git.write("README.md", "edited\n")
    #expect(try git.status() == [" M README.md"])
    try git.git("commit", "-q", "-a", "-m", "before")
    try git.write("empty", "edited\n")
    try git.view.disturb(.kill)
    #expect(try git.status() == [" M empty"])
    #expect(try git.git("log", "--format=%s", "-1") == "before\n")
    // Two that are converted, so that their size is not the blob's, and the .gitattributes that says so.
    let hydrated = try git.view.stats.hydration.count
    #expect(hydrated <= 3, "\(hydrated) files")
    #expect(try git.view.projfs.succeed("doctor", git.view.path) == "nothing is wrong\n")
  }

  @Test("Without its server git still says what is wrong, and without its hook it works")
  func noHook() throws {
    let git = try GitView()
    let hook = try git.view.stateDirectory + "/fsmonitor"
    #expect(try FileCalls.linkTarget(hook).hasSuffix("/projfs-fsmonitor"))
    #expect(try Subprocess.run([hook, "1", "0"]).exitCode == 1)
    #expect(try Subprocess.run([hook, "2"]).exitCode == 1)
    #expect(try Subprocess.run([hook, "2", "123456789"]).output.hasSuffix("\0/\0"))
    #expect(try Subprocess.run([hook, "2", ""]).output.hasSuffix("\0/\0"))
    try git.write("README.md", "edited\n")
    let tree = try git.repository.git("rev-parse", "work^{tree}")
    let since = try Subprocess.run([hook, "2", "projfs:tree:\(tree)"]).output.split(separator: "\0")
    #expect(since.dropFirst().sorted() == ["README.md", "README.md/"])
    let after = try Subprocess.run([hook, "2", String(since[0])]).output.split(separator: "\0")
    #expect(after.count == 1)
    try FileCalls.remove(hook)
    let outcome = try Subprocess.run(["git", "-C", git.view.path, "status", "--porcelain"])
    #expect(outcome.output == " M README.md\n")
    // The next mount makes it anew.
    try git.remount()
    #expect(try git.status() == [" M README.md"])
  }

  @Test("A second view of the tree takes the index that is stored, whatever its name")
  func second() throws {
    let git = try GitView()
    #expect(try git.status() == [])
    let tree = try git.repository.git("rev-parse", "work^{tree}")
    let other = try MountedView(git.repository.path, in: git.home, at: "it's a [second] vïew*")
    #expect(try git.git("status", "--porcelain", inside: other.path) == "")
    #expect(try git.git("rev-parse", "--show-toplevel", inside: other.path) == other.path + "\n")
    #expect(try FileCalls.names("\(git.repository.path)/.git/projfs/index") == [tree])
    #expect(try git.repository.git("worktree", "list").split(separator: "\n").count == 3)
    try other.projfs.succeed("remove", other.path)
    #expect(try git.repository.git("worktree", "list").split(separator: "\n").count == 2)
    #expect(try git.status() == [])
  }

  @Test("remove leaves the repository as it was, and refuses to lose commits")
  func removal() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let before = try repository.git("config", "--list")
    let git = try GitView()
    let view = try MountedView(repository.path, in: home)
    try git.git("commit", "-q", "--allow-empty", "-m", "alone", inside: view.path)
    let commit = try repository.git("-C", view.path, "rev-parse", "HEAD")
    let refused = try view.projfs.run(["remove", view.path])
    #expect(
      refused.exitCode == 1 && refused.errors.contains("git branch NAME \(commit.prefix(12))"), "\(refused.errors)")
    #expect(try view.status.healthy)
    try repository.git("branch", "kept", commit)
    try view.projfs.succeed("remove", view.path)
    #expect(try repository.git("config", "--list") == before)
    #expect(try repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try FileCalls.names(repository.path + "/.git/projfs/views") == [])
  }

  @Test("doctor finds a lost and a damaged worktree, and makes it anew")
  func doctor() throws {
    let git = try GitView()
    try git.write("README.md", "edited\n")
    let admin = String(try git.view.text(".git").dropFirst("gitdir: ".count).dropLast())
    try FileCalls.remove(admin + "/locked")
    let damaged = try git.view.projfs.run(["doctor", git.view.path])
    #expect(damaged.exitCode == 1 && damaged.output.contains("not locked"), "\(damaged.output)")
    try git.view.projfs.succeed("doctor", "--fix", git.view.path)
    try git.view.projfs.succeed("unmount", git.view.path)
    _ = try Subprocess.run(["rm", "-r", admin])
    let lost = try git.view.projfs.run(["doctor", git.view.path])
    #expect(lost.exitCode == 1 && lost.output.contains("is gone"), "\(lost.output)")
    #expect(try git.view.projfs.succeed("doctor", "--fix", git.view.path).contains("mended"))
    #expect(try git.view.projfs.succeed("doctor", git.view.path) == "nothing is wrong\n")
    try git.view.projfs.succeed("mount", git.view.path)
    #expect(try git.status() == [" M README.md"])
    #expect(try git.git("symbolic-ref", "HEAD") == "refs/heads/work\n")
    // A mount alone does the same.
    try git.view.projfs.succeed("unmount", git.view.path)
    _ = try Subprocess.run(["rm", "-r", admin])
    try git.view.projfs.succeed("mount", git.view.path)
    #expect(try git.status() == [" M README.md"])
  }

  @Test("A view at another revision begins with another HEAD and index")
  func otherRevision() throws {
    let git = try GitView()
    try git.repository.git("tag", "first", "main~2")
    try git.view.projfs.succeed("unmount", git.view.path)
    try git.view.projfs.succeed("mount", git.repository.path, git.view.path, "--rev", "first")
    #expect(try git.status() == [])
    #expect(try git.git("rev-parse", "HEAD") == git.repository.git("rev-parse", "first") + "\n")
    #expect(try git.repository.git("worktree", "list").split(separator: "\n").count == 2)
  }

  @Test("switch keeps changes that are not in the way, and with --force throws away those of tracked files")
  func forcedSwitch() throws {
    let git = try GitView()
    try git.git("tag", "here")
    try git.write("README.md", "edited\n")
    try git.write("new", "new\n")
    try git.view.projfs.succeed("switch", "here", "-C", git.view.path)
    #expect(try git.status() == [" M README.md", "?? new"])
    try git.view.projfs.succeed("switch", "work", "--force", "-C", git.view.path)
    #expect(try git.status() == ["?? new"])
    // Where HEAD is there already, too.
    try git.write("README.md", "edited\n")
    try git.view.projfs.succeed("switch", "work", "--force", "-C", git.view.path)
    #expect(try git.status() == ["?? new"])
    #expect(try git.git("symbolic-ref", "HEAD") == "refs/heads/work\n")
  }

  @Test("A bare tree has no worktree, and status says why")
  func tree() throws {
    let git = try GitView(options: ["--rev", "main^{tree}"])
    #expect(access(git.view.path + "/.git", F_OK) != 0)
    let remarks = try git.view.status.remarks ?? []
    #expect(remarks.count == 1 && remarks[0].contains("is a tree"), "\(remarks)")
    // What somebody makes there is theirs.
    try git.git("init", "-q")
    #expect(try git.view.projfs.run(["remove", git.view.path]).exitCode == 1)
  }

  @Test(
    "What root makes for another user is that user's, who can use git",
    .enabled(if: Availability.root, "changing the user needs root"))
  func otherUser() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    #expect(try Subprocess.run(["chmod", "755", home.path]).exitCode == 0)
    #expect(try Subprocess.run(["chown", "-R", "12345:12345", repository.path]).exitCode == 0)
    let view = try MountedView(repository.path, in: home, options: ["--rev", "HEAD~1"])
    let user = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "env", "HOME=/nonexistent"]
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    let status = try Subprocess.run(user + ["git", "-C", view.path, "status", "--porcelain"])
    #expect(status.exitCode == 0 && status.output == "" && status.errors == "", "\(status)")
    let commit = try Subprocess.run(
      user + ["git", "-C", view.path] + identity + ["commit", "-q", "--allow-empty", "-m", "theirs"])
    #expect(commit.exitCode == 0, "\(commit.errors)")
    let made = try Subprocess.run(["find", repository.path, "!", "-uid", "12345"]).output
    #expect(made == "")
    try view.projfs.succeed("remove", "--force", view.path)
    #expect(try Subprocess.run(["find", repository.path, "!", "-uid", "12345"]).output == "")
  }

  @Test(
    "Who opens the gitfile right after the mount waits for the index, and an unmount at once ends well",
    arguments: 0..<3)
  func quickly(round: Int) throws {
    let git = try GitView()
    try git.view.projfs.succeed("unmount", git.view.path)
    let admin = try FileCalls.names(git.repository.path + "/.git/worktrees")
    // It may not have come to an index.
    try? FileCalls.remove("\(git.repository.path)/.git/worktrees/\(admin[0])/index")
    try git.view.projfs.succeed("mount", git.view.path)
    if round == 0 { try git.remount() }
    #expect(try git.status() == [])
  }
}
