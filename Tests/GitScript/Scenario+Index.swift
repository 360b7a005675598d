/// What brings changes into the index, and on into commits, and back.
extension Scenario {
  static let index: [Scenario] = adding + removing + committing + restoring

  private static let adding: [Scenario] = [
    Scenario("add", 4) { [.git("add", "--", $0.changedFile(), $0.untrackedFile())] },
    Scenario("add a directory", 1) { [.git("add", "--", $0.directory())] },
    Scenario("add from a directory", 1) { [.git("-C", $0.directory(), "add", ".")] },
    Scenario("add all", 3) { _ in [.git("add", "-A")] },
    Scenario("add what is known", 2) { _ in [.git("add", "-u")] },
    Scenario("add pieces", 2) {
      let answers = (0..<12).map { _ in "ynnysqd" }.joined()
      let start = $0.number(0..<6)
      return [
        .edit(.lineInPlace("big.txt", 3, $0.line())), .edit(.line("big.txt", 80, $0.line())),
        .step(
          .git(
            GitCommand(
              ["add", "-p"], input: answers.dropFirst(start).map { "\($0)\n" }.joined()))),
      ]
    },
    Scenario("add an intention", 1) { [.git("add", "-N", "--", $0.untrackedFile())] },
    Scenario("add a mode", 1) { [.git("add", "--chmod=\($0.any(["+x", "-x"]))", "--", $0.file())] },
    Scenario("add what is ignored", 1) {
      [.edit(.write("build/forced.log", $0.text())), .git("add", $0.any(["-f", "-v"]), "--", "build/forced.log")]
    },
    Scenario("renormalize", 1) { _ in [.git("add", "--renormalize", ".")] },
    Scenario("refresh", 1) { _ in [.git("update-index", "--refresh")] },
    Scenario("update-index", 1) { [.git("update-index", "--add", "--remove", "--", $0.path())] },
  ]

  private static let removing: [Scenario] = [
    Scenario("rm", 2) { [.git("rm", "--", $0.file())] },
    Scenario("rm from the index", 1) { [.git("rm", "--cached", "--", $0.file())] },
    Scenario("rm whatever it is", 1) { [.git("rm", "-q", "-f", "--", $0.changedFile())] },
    Scenario("rm a directory", 1) { [.git("rm", "-r", "--", $0.directory())] },
    Scenario("mv", 2) { [.git("mv", "--", $0.file(), $0.newPath())] },
    Scenario("mv over something", 1) { [.git("mv", "-f", "--", $0.file(), $0.file())] },
    Scenario("mv a directory", 1) { [.git("mv", "--", $0.directory(), "moved-\($0.number(0..<5))")] },
    Scenario("mv into a directory", 1) { [.git("mv", "--", $0.path(), $0.directory())] },
  ]

  private static let committing: [Scenario] = [
    Scenario("commit", 4) { [.git("commit", "-m", $0.message())] },
    Scenario("commit all that is known", 4) { [.git("commit", "-a", "-m", $0.message())] },
    Scenario("commit everything", 3) { [.git("add", "-A"), .git("commit", "-m", $0.message())] },
    Scenario("amend", 2) { [.git("commit", "--amend", $0.any(["--no-edit", "-C", "--reset-author"]), "HEAD")] },
    Scenario("amend all", 1) { [.git("commit", "--amend", "-a", "-m", $0.message())] },
    Scenario("commit nothing", 1) { [.git("commit", "--allow-empty", "-m", $0.message())] },
    Scenario("commit paths", 2) { [.git("commit", "-m", $0.message(), "--", $0.changedFile(), $0.changedFile())] },
    Scenario("commit paths and more", 1) { [.git("commit", "-i", "-m", $0.message(), "--", $0.changedFile())] },
    Scenario("would commit", 1) { _ in [.git("commit", "--dry-run", "-a", "-v")] },
  ]

  private static let restoring: [Scenario] = [
    Scenario("restore", 2) { [.git("restore", "--", $0.changedFile())] },
    Scenario("restore the index", 2) { [.git("restore", "--staged", "--", $0.changedFile())] },
    Scenario("restore from a commit", 2) { [.git("restore", "--source", $0.revision(), "--", $0.path())] },
    Scenario("restore both", 1) {
      [.git("restore", "--source", $0.revision(), "--staged", "--worktree", "--", $0.directory())]
    },
    Scenario("restore everything", 1) { _ in [.git("restore", "-WS", ".")] },
    Scenario("checkout of paths", 2) { [.git("checkout", $0.revision(), "--", $0.path())] },
    Scenario("checkout of what changed", 2) { [.git("checkout", "--", $0.changedFile())] },
    Scenario("checkout of pieces", 1) {
      [
        .edit(.lineInPlace("big.txt", 10, $0.line())),
        .step(.git(GitCommand(["checkout", "-p"], input: "y\nn\ny\nq\n"))),
      ]
    },
    Scenario("checkout-index", 1) { [.git("checkout-index", $0.any(["-a", "-f"]), "-u", "--", $0.file())] },
    Scenario("reset", 2) { [.git("reset", $0.any(["HEAD", "HEAD~1", $0.revision()]))] },
    Scenario("reset, soft", 1) { _ in [.git("reset", "--soft", "HEAD~1")] },
    Scenario("reset, hard", 3) { [.git("reset", "--hard", $0.oneIn(2) ? "HEAD" : $0.revision())] },
    Scenario("reset, merge", 1) { [.git("reset", "--merge", $0.revision())] },
    Scenario("reset, keep", 1) { [.git("reset", "--keep", $0.revision())] },
    Scenario("reset of paths", 2) { [.git("reset", "-q", $0.revision(), "--", $0.path())] },
    Scenario("read-tree", 1) { [.git("read-tree", "-m", "-u", "HEAD", $0.branch())] },
  ]

  static let stashes: [Scenario] = [
    Scenario("stash", 3) { [.edit(.append($0.file(), $0.text())), .git("stash", "push", "-m", $0.message())] },
    Scenario("stash new files", 2) {
      [.edit(.write($0.newPath(), $0.text())), .git("stash", "push", $0.any(["-u", "-u", "-a"]))]
    },
    Scenario("stash but the index", 1) {
      [.git("add", "-u"), .edit(.append($0.file(), $0.text())), .git("stash", "push", "--keep-index")]
    },
    Scenario("stash the index", 1) { _ in [.git("stash", "push", "--staged")] },
    Scenario("stash paths", 1) { [.git("stash", "push", "--", $0.changedFile())] },
    Scenario("stash list", 1) { _ in [.git("stash", "list"), .git("stash", "show", "-p", "--include-untracked")] },
    Scenario("stash pop", 3) { [.git("stash", "pop", $0.oneIn(3) ? "--index" : "-q"), .resolve] },
    Scenario("stash apply", 2) { [.git("stash", "apply", "stash@{\($0.number(0..<2))}")] },
    Scenario("stash drop", 1) { _ in [.git("stash", "drop")] },
    Scenario("stash branch", 1) { [.git("stash", "branch", $0.newBranch())] },
  ]
}
