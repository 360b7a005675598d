/// What makes commits of other commits.
extension Scenario {
  static let histories: [Scenario] = rebasing + picking + searching

  private static let rebasing: [Scenario] = [
    Scenario("rebase", 2) { $0.clean() + ownCommits(&$0) + [.git("rebase", $0.branch())] },
    Scenario("rebase onto", 1) { $0.clean() + ownCommits(&$0) + [.git("rebase", "--onto", $0.branch(), "HEAD~1")] },
    Scenario("rebase the todo", 2) {
      // Of the first two commits: one is changed in some way, or they change places.
      let script = $0.any(["2s/^pick/squash/", "2s/^pick/fixup/", "1s/^pick/drop/", "1{h;d};2G", "1s/^pick/edit/"])
      return $0.clean() + ownCommits(&$0) + [
        .step(
          .git(
            GitCommand(
              ["rebase", "-i", "HEAD~2"], environment: ["GIT_SEQUENCE_EDITOR=sed -i -e '\(script)'"]))),
        .git("status"), .finish(.proceed),
      ]
    },
    Scenario("rebase, exec", 1) {
      $0.clean() + ownCommits(&$0) + [.git("rebase", "--exec", "git status --short", "HEAD~2")]
    },
    Scenario("rebase, autosquash", 1) {
      $0.clean() + ownCommits(&$0) + [
        .edit(.append("README.md", $0.text())), .git("commit", "-a", "--fixup", "HEAD~1"),
        .step(.git(GitCommand(["rebase", "-i", "--autosquash", "HEAD~3"], environment: ["GIT_SEQUENCE_EDITOR=true"]))),
      ]
    },
    Scenario("rebase, autostash", 1) {
      $0.clean() + [
        .edit(.append("README.md", $0.text())), .git("rebase", "--autostash", $0.any(["main", "topic", "v1.1"])),
      ]
    },
    Scenario("rebase, conflict skipped", 1) { conflictingRebase(&$0) + [.git("status"), .finish(.skip)] },
    Scenario("rebase, conflict aborted", 1) { conflictingRebase(&$0) + [.finish(.abort)] },
    Scenario("rebase, conflict solved", 2) { conflictingRebase(&$0) + [.resolve, .finish(.proceed)] },
    Scenario("rebase of patches", 1) {
      $0.clean() + ownCommits(&$0) + [
        .git("rebase", "--apply", $0.any(["feature", "conflict/content"])), .finish(.abort),
      ]
    },
  ]

  private static let picking: [Scenario] = [
    Scenario("cherry-pick", 2) {
      $0.clean() + [.git("cherry-pick", $0.any(["topic", "topic~1", "feature", "feature~1"]))]
    },
    Scenario("cherry-pick without a commit", 1) {
      $0.clean() + [.git("cherry-pick", "-n", $0.any(["topic", "feature~1"])), .git("restore", "--staged", ".")]
    },
    Scenario("cherry-pick, conflict", 2) {
      let ending = $0.any([Planned.Ending.abort, .skip, .proceed])
      return $0.clean() + [
        .git("cherry-pick", $0.any(SampleHistory.conflicts)), .git("status"), .resolve, .finish(ending),
      ]
    },
    Scenario("cherry-pick some", 1) {
      $0.clean() + [.git("cherry-pick", "main..feature"), .resolve, .finish(.proceed)]
    },
    Scenario("revert", 2) { $0.clean() + [.git("revert", "--no-edit", $0.any(["HEAD", "HEAD~1", "HEAD~2"]))] },
    Scenario("revert some", 1) {
      $0.clean() + [.git("revert", "-n", "HEAD~2..HEAD"), .git("status"), .finish(.abort)]
    },
    Scenario("patch", 2) {
      [
        .edit(.lineInPlace($0.file(), 1, $0.line())), .edit(.write($0.newPath(), $0.text())), .git("add", "-A"),
        .step(.git(GitCommand(["diff", "--cached", "--binary"], output: "patch"))), .git("reset", "-q", "--hard"),
        .git("apply", "--stat", "{outside}/patch"),
        .git("apply", $0.any(["-v", "--index", "--3way", "--cached"]), "{outside}/patch"),
      ]
    },
    Scenario("patch backwards", 1) {
      $0.clean() + [
        .step(.git(GitCommand(["diff", "--binary", "HEAD~1", "HEAD"], output: "backwards"))),
        .git("apply", "-R", $0.any(["--index", "--reject", "--check"]), "{outside}/backwards"),
      ]
    },
    Scenario("patches by mail", 1) {
      [
        .git("format-patch", "-q", "-o", "{outside}/mail", "-2", $0.any(["topic", "feature"])),
        .git("checkout", "-q", "-f", "-B", $0.newBranch(), $0.any(["main", "small", "kinds"])),
        .git(
          "am", $0.any(["--3way", "-q", "--keep-cr"]),
          "{outside}/mail/0001-\($0.any(["more-of-it", "and-changes", "moves", "a-topic"])).patch"),
        .git("status"), .finish($0.any([.abort, .skip])),
      ]
    },
    Scenario("patches by mail, conflict", 1) {
      $0.clean() + [
        .step(
          .git(
            GitCommand(["format-patch", "--stdout", "-1", $0.any(SampleHistory.conflicts)], output: "conflict.mbox"))),
        .git("am", "--3way", "{outside}/conflict.mbox"), .git("diff"), .resolve, .finish($0.any([.abort, .proceed])),
      ]
    },
  ]

  private static let searching: [Scenario] = [
    Scenario("bisect", 1) {
      $0.clean() + [
        .git("bisect", "start", "main", "v1.0"), .git("bisect", $0.any(["good", "bad", "skip"])), .git("status"),
        .git("bisect", "log"), .git("bisect", "reset"),
      ]
    },
    Scenario("bisect by program", 1) {
      $0.clean() + [
        .git("bisect", "start", "main", "v1.0"),
        .git("bisect", "run", "test", "!", "-e", $0.any([".gitmodules", "conflict/new.txt"])),
        .git("bisect", "reset"),
      ]
    },
  ]

  /// Two commits of one's own.
  private static func ownCommits(_ generator: inout ScriptGenerator) -> [Planned] {
    [
      .edit(.append(generator.file(), generator.text())), .edit(.write(generator.newPath(), generator.text())),
      .git("add", "-A"), .git("commit", "-q", "-m", generator.message() + " first"),
      .edit(.lineInPlace(generator.file(), 2, generator.line())),
      .git("commit", "-q", "-a", "-m", generator.message() + " second"),
    ]
  }

  private static func conflictingRebase(_ generator: inout ScriptGenerator) -> [Planned] {
    [
      .git("checkout", "-q", "-f", "-B", generator.newBranch(), generator.any(SampleHistory.conflicts)),
      .git("rebase", "main"),
    ]
  }
}
