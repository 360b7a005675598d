/// What moves the worktree from one commit to another.
extension Scenario {
  static let branches: [Scenario] = switching + merging

  private static let switching: [Scenario] = [
    Scenario("checkout", 5) { [.git("checkout", $0.branch())] },
    Scenario("switch", 3) { $0.clean() + [.git("switch", $0.branch())] },
    Scenario("new branch", 2) { [.git($0.oneIn(2) ? "checkout" : "switch", "-c", $0.newBranch(), $0.revision())] },
    Scenario("new branch, by checkout", 2) { [.git("checkout", "-b", $0.newBranch(), $0.branch())] },
    Scenario("branch again", 2) { [.git("checkout", "-q", "-f", "-B", $0.newBranch(), $0.branch())] },
    Scenario("no branch", 2) { [.git("switch", "--detach", $0.revision())] },
    Scenario("the branch before", 2) { [.git($0.any(["checkout", "switch"]), "-")] },
    Scenario("checkout, whatever is there", 2) { [.git("checkout", "-f", $0.branch())] },
    Scenario("checkout with changes", 2) {
      [.edit(.append($0.file(), $0.text())), .git("checkout", "-m", $0.branch()), .resolve]
    },
    Scenario("there and back", 2) {
      $0.clean() + [.git("checkout", $0.any(SampleHistory.kinds)), .git("status"), .git("checkout", "-")]
    },
    Scenario("a branch that is taken", 1) { _ in [.git("checkout", SampleHistory.otherBranch)] },
    Scenario("orphan", 1) {
      [.git("checkout", "--orphan", $0.newBranch()), .git("status", "--short"), .git("checkout", "-f", "main")]
    },
    Scenario("overwritten by checkout", 1) {
      // What no branch but the other has is in the way.
      $0.clean() + [.edit(.write("topic/new.txt", $0.text())), .git("checkout", "topic")]
    },
  ]

  private static let merging: [Scenario] = [
    Scenario("merge", 2) { $0.clean() + [.git("merge", "--no-edit", $0.branch()), .resolve] },
    Scenario("fast-forward", 1) {
      [.git("checkout", "-q", "-f", "-B", $0.newBranch(), "main~1"), .git("merge", "--ff-only", "main")]
    },
    Scenario("merge commit", 1) { $0.clean() + [.git("merge", "--no-ff", "-m", $0.message(), "topic")] },
    Scenario("squash", 1) {
      $0.clean() + [.git("merge", "--squash", $0.any(["feature", "topic"])), .git("commit", "-m", $0.message())]
    },
    Scenario("conflict, aborted", 2) {
      $0.clean() + [.git("merge", $0.any(SampleHistory.conflicts)), .git("status"), .finish(.abort)]
    },
    Scenario("conflict, solved", 3) {
      $0.clean() + [
        .git("merge", $0.any(SampleHistory.conflicts)), .git("diff"), .git("ls-files", "-u"), .resolve,
        .finish(.proceed),
      ]
    },
    Scenario("conflict, left", 1) { $0.clean() + [.git("merge", $0.any(SampleHistory.conflicts))] },
    Scenario("conflict, one side", 1) {
      $0.clean() + [
        .git("merge", "conflict/all"), .git("checkout", $0.any(["--ours", "--theirs", "--merge"]), "--", "conflict"),
        .git("status", "--short"),
      ]
    },
    Scenario("merge by strategy", 1) {
      $0.clean() + [.git("merge", "--no-edit", "-X", $0.any(["ours", "theirs"]), $0.any(SampleHistory.conflicts))]
    },
    Scenario("octopus", 1) {
      // From where it does not conflict: the conflict's marks would name temporary files.
      [.git("checkout", "-q", "-f", "-B", $0.newBranch(), "main"), .git("merge", "--no-edit", "topic", "feature")]
    },
    Scenario("pull", 1) {
      // By a relative path: a merge's message, and so its name, has the path in it.
      $0.clean() + [
        .git("pull", $0.any(["--rebase", "--no-rebase"]), "../origin.git", $0.any(["main", "feature"])), .resolve,
      ]
    },
  ]
}
