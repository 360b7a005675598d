/// What is about the worktree or the repository as a whole.
extension Scenario {
  static let places: [Scenario] = [
    Scenario("would clean", 1) { [.git("clean", $0.any(["-n", "-nd", "-ndx", "-ndX"]))] },
    Scenario("clean", 2) { [.git("clean", $0.any(["-f", "-fd"]))] },
    Scenario("clean even what is ignored", 1) { [.git("clean", $0.any(["-fdx", "-fdX", "-ffdx"]))] },
    Scenario("clean a directory", 1) { [.git("clean", "-fd", "--", $0.directory())] },
    Scenario("sparse", 2) {
      [
        .git("sparse-checkout", "init", "--cone"),
        .git("sparse-checkout", "set", $0.any(["src/lib-1", "docs", "many"]), "odd"),
        .git("status"), .git("sparse-checkout", "add", $0.any(["src", "conflict", "kinds"])),
        .git("sparse-checkout", "list"),
        .git("checkout", $0.branch()), .git("sparse-checkout", "disable"),
      ]
    },
    Scenario("sparse, by patterns", 1) { _ in
      [
        .git("sparse-checkout", "set", "--no-cone", "/*", "!/many/", "!*.bin"), .git("sparse-checkout", "reapply"),
        .git("ls-files", "-t"), .git("sparse-checkout", "disable"),
      ]
    },
    Scenario("submodule", 2) {
      [
        .git("checkout", "-q", "-f", $0.any(["main", "topic", "feature"])), .git("submodule", "init"),
        .git("submodule", "update"),
        .git("submodule", "status"), .edit(.append("module/part.txt", $0.text())), .git("status", "--short"),
        .git("diff", $0.any(["--submodule=log", "--ignore-submodules=all", "-p"])),
        .git("submodule", "deinit", $0.any(["-f", "-q"]), "module"),
      ]
    },
    Scenario("submodule's commit", 1) {
      [
        .git("submodule", "update", "-q", "--init"),
        .git("-C", "module", "checkout", "-q", $0.any(["main", "main~1"])),
        .git("status", "--short"), .git("submodule", "foreach", "git status --short"), .git("add", "module"),
        .git("diff", "--cached", "--submodule"), .git("submodule", "summary"),
      ]
    },
    Scenario("checkout with submodules", 1) {
      [
        .git("checkout", "-f", "--recurse-submodules", $0.any(["main", "small", "topic"])), .git("submodule", "status"),
      ]
    },
  ]

  static let surroundings: [Scenario] = [
    Scenario("another worktree", 1) {
      let name = "{outside}/worktree-\($0.number(0..<3))"
      return [
        .git("worktree", "add", "-q", name, $0.any(["topic", "feature", $0.branch()])), .git("worktree", "list"),
        .git("checkout", $0.any(["topic", "feature"])), .git("-C", name, "status", "-sb"),
        .git("worktree", "remove", $0.any(["-f", name]), name), .git("worktree", "prune", "-v"),
        .git("worktree", "list", "--porcelain"),
      ]
    },
    Scenario("gc", 1) { [.git("gc", $0.any(["--quiet", "--prune=now", "--aggressive"]))] },
    Scenario("pack refs", 1) { _ in [.git("pack-refs", "--all"), .git("repack", "-q", "-a", "-d")] },
    Scenario("tag", 1) {
      [.git("tag", $0.any(["-f", "-a", "-m"]), "tag-\($0.number(0..<5))", $0.any(["-m", "HEAD"]), $0.message())]
    },
    Scenario("tag, simply", 1) { [.git("tag", "tag-\($0.number(0..<5))"), .git("tag", "-l", "-n1")] },
    Scenario("branch list", 1) {
      [.git("branch", $0.any(["-vv", "-a", "--merged", "--no-merged", "--show-current"]))]
    },
    Scenario("branch", 1) {
      [.git("branch", $0.any(["-f", "-c", "-m"]), $0.newBranch(), $0.any([$0.newBranch(), "main"]))]
    },
    Scenario("branch deleted", 1) { [.git("branch", $0.any(["-d", "-D"]), $0.newBranch())] },
    Scenario("notes", 1) { [.git("notes", "add", "-f", "-m", $0.message()), .git("log", "-1", "--notes")] },
    Scenario("fetch", 1) { _ in [.git("fetch", "-q", "origin"), .git("branch", "-r")] },
    Scenario("push", 1) { [.git("push", $0.any(["-q", "-f", "-n"]), "origin", "HEAD:refs/heads/\($0.newBranch())")] },
    Scenario("remote", 1) { _ in [.git("remote", "-v")] },
    Scenario("symbolic-ref", 1) { _ in [.git("symbolic-ref", "-q", "HEAD")] },
    Scenario("update-ref", 1) { [.git("update-ref", "refs/heads/\($0.newBranch())", $0.revision())] },
    Scenario("rerere", 1) { _ in [.git("rerere", "status")] },
  ]
}
