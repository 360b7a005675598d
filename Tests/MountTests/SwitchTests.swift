import FileSystemModel
import Glibc
import Posix
import TestSupport
import Testing

@Suite("projfs switch moves a view as git switch does", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SwitchTests {
  /// One switch, and where it leads to.
  private struct Step {
    let arguments: [String]
    let revision: String
    let branch: String?
    /// As in git's log of HEAD; nil: as if nothing had been done.
    let note: String?
    let output: String

    init(_ arguments: String..., at revision: String, on branch: String?, note: String?, _ output: String) {
      self.arguments = arguments
      self.revision = revision
      self.branch = branch
      self.note = note
      self.output = output
    }
  }

  @Test("To branches, tags, commits, back, and to new branches", arguments: WritableView.engines)
  func ways(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    let commit = try moved.repository.git("rev-parse", "two~1")
    let tag = try moved.repository.git("rev-parse", "v1^{commit}")
    let detached = { (commit: String, subject: String) in "HEAD is now at \(commit.prefix(12)) \(subject)\n" }
    let steps = [
      Step("two", at: "two", on: "two", note: "one to two", "Switched to branch 'two'\n"),
      Step("-", at: "one", on: "one", note: "two to one", "Switched to branch 'one'\n"),
      Step("one", at: "one", on: "one", note: nil, "Already on 'one'\n"),
      Step("v1", at: "v1", on: nil, note: "one to v1", detached(tag, "first")),
      Step("v1", at: "v1", on: nil, note: nil, "HEAD is at \(tag.prefix(12)) first already\n"),
      Step("two", at: "two", on: "two", note: "\(tag) to two", "Switched to branch 'two'\n"),
      Step(commit, at: commit, on: nil, note: "two to \(commit)", detached(commit, "what two has")),
      Step("-", at: "two", on: "two", note: "\(commit) to two", "Switched to branch 'two'\n"),
      Step("-", at: commit, on: nil, note: "two to \(commit)", detached(commit, "what two has")),
      Step(
        "one", "--create", "made", at: "one", on: "made", note: "\(commit) to made", "Switched to a new branch 'made'\n"
      ),
      Step(
        "made", "--create", "same", at: "one", on: "same", note: "made to same", "Switched to a new branch 'same'\n"),
      Step(
        "origin/remote-only", at: "two~1", on: nil, note: "same to origin/remote-only", detached(commit, "what two has")
      ),
      Step(
        "remote-only", at: "two~1", on: "remote-only", note: "\(commit) to remote-only",
        "Switched to a new branch 'remote-only'\n"),
      Step("one", at: "one", on: "one", note: "remote-only to one", "Switched to branch 'one'\n"),
    ]
    let log = try moved.administration + "/logs/HEAD"
    for step in steps {
      let before = try FileCalls.contents(log)
      let outcome = try moved.view.projfs.run(["switch", "-C", moved.path] + step.arguments)
      #expect(outcome.exitCode == 0 && outcome.output == step.output && outcome.errors == "", "\(step): \(outcome)")
      let noted = String(decoding: try FileCalls.contents(log).dropFirst(before.count), as: UTF8.self)
      let note = noted.split(separator: "\t", maxSplits: 1).last.map(String.init)
      #expect(note == step.note.map { "checkout: moving from \($0)\n" }, "\(step)")
      try moved.expect(at: step.revision, branch: step.branch)
    }
    #expect(try moved.git("config", "branch.remote-only.merge") == "refs/heads/remote-only\n")
    // git goes on from there.
    try moved.git("switch", "-q", "-")
    #expect(try moved.git("branch", "--show-current") == "remote-only\n")
    let differences = try TreeSnapshot(of: moved.path).differences(from: moved.ordinary("two~1"))
    #expect(differences.filter { $0 != "/attributes/lines.txt" } == [], "git does not convert it anew")
    #expect(try moved.git("fsck", "--no-dangling") == "")
    #expect(try moved.view.projfs.succeed("doctor", moved.path) == "nothing is wrong\n")
  }

  @Test("What cannot be done leaves everything as it was", arguments: WritableView.engines)
  func refusals(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    let index = try moved.administration + "/index"
    let before = try FileCalls.contents(index)
    let table: [(arguments: [String], exitCode: CInt, message: String)] = [
      (["nothing"], 66, "projfs: revision 'nothing' does not exist"),
      (["--create", "new", "nothing"], 66, "projfs: revision 'nothing' does not exist"),
      (["one^{tree}"], 66, "projfs: revision 'one^{tree}' does not exist"),
      (["kept"], 66, "projfs: revision 'kept' does not exist"),
      (["main"], 1, "fatal: 'main' is already"),
      (["one", "--create", "two"], 1, "fatal: a branch named 'two' already exists"),
      (["one", "--create", "a..b"], 1, "fatal: 'a..b' is not a valid branch name"),
      (["one", "--merge", "--force"], 64, "Error: --merge and --force exclude each other"),
      ([], 64, "Error: Missing expected argument '<rev>'"),
      (["one", "two"], 64, "Error: Unexpected argument 'two'"),
      (["--no-such", "two"], 64, "Error: Unknown option '--no-such'"),
    ]
    for row in table {
      let outcome = try moved.view.projfs.run(["switch", "-C", moved.path] + row.arguments)
      #expect(outcome.exitCode == row.exitCode, "\(row): \(outcome)")
      #expect(outcome.errors.hasPrefix(row.message) && outcome.output == "", "\(row): \(outcome)")
      if outcome.exitCode == 66 { #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)") }
      #expect(try FileCalls.contents(index) == before, "\(row)")
    }
    #expect(try moved.git("branch", "--format=%(refname:short)") == "main\none\nside\ntwo\n")
    try moved.expect(at: "one", branch: "one")
    try moved.view.projfs.succeed("unmount", moved.path)
    #expect(try moved.run("two").exitCode == 75)
  }

  @Test("Without -C it is the view that the working directory lies in")
  func workingDirectory() throws {
    let moved = try SwitchView()
    let inside = { (directory: String) in ["env", "-C", moved.path + directory] }
    for (directory, revision) in [("", "two"), ("/directory/deep", "one"), ("/only-one/deep", "two")] {
      try moved.view.projfs.succeed("switch", revision, behind: inside(directory))
      try moved.expect(at: revision, branch: revision)
    }
    let outside = try moved.view.projfs.run(["switch", "one"], behind: ["env", "-C", moved.home.path])
    #expect(outside.exitCode == 64 && outside.errors.contains("the working directory is in no view"), "\(outside)")
    let nowhere = try moved.view.projfs.run(["switch", "-C", moved.home.path, "one"])
    #expect(nowhere.exitCode == 66, "\(nowhere)")
    try moved.expect(at: "two", branch: "two")
  }

  @Test("The hook that runs after a checkout gets what git gives it, and decides how the command ends")
  func hook() throws {
    let moved = try SwitchView()
    let hook = moved.repository.path + "/.git/hooks/post-checkout"
    let printed = moved.home.path + "/printed"
    try FileCalls.retrying { mkdir(moved.repository.path + "/.git/hooks", 0o755) == 0 || errno == EEXIST ? 0 : -1 }
    try SwitchView.write(
      hook,
      "#!/bin/sh\necho \"$@\" $(git rev-parse HEAD) $(git status --porcelain | wc -l) $PWD >>'\(printed)'\nexit 7\n")
    try FileCalls.retrying { chmod(hook, 0o755) }
    let one = try moved.repository.git("rev-parse", "one")
    let two = try moved.repository.git("rev-parse", "two")
    let outcome = try moved.run("two")
    #expect(outcome.exitCode == 7, "\(outcome)")
    #expect(
      String(decoding: try FileCalls.contents(printed), as: UTF8.self) == "\(one) \(two) 1 \(two) 0 \(moved.path)\n")
    try moved.expect(at: "two", branch: "two")
  }

  @Test("A view that was moved is mounted again as it was", arguments: WritableView.engines)
  func remount(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    try moved.move("two")
    let before = try TimedSnapshot(of: moved.path, inodes: true)
    try moved.view.disturb(.remount)
    let mounted = try TimedSnapshot(of: moved.path, inodes: true).differences(from: before)
    #expect(mounted == [])
    try moved.expect(at: "two", branch: "two")
    try moved.view.projfs.succeed("unmount", moved.path)
    try moved.view.projfs.succeed("mount", moved.repository.path, moved.path, "--rev", "two", "--engine", engine)
    let again = try TimedSnapshot(of: moved.path, inodes: true).differences(from: before)
    #expect(again == [])
    try moved.expect(at: "two", branch: "two")
    try moved.move("one")
    try moved.view.disturb(.kill)
    try moved.expect(at: "one", branch: "one")
  }
}
