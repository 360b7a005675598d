/// What looks and changes nothing, though git may write what it has learned to the index.
extension Scenario {
  static let looks: [Scenario] = statuses + differences + logs + listings

  private static let statuses: [Scenario] = [
    Scenario("status", 3) { _ in [.git("status")] },
    Scenario("status, short", 2) { _ in [.git("status", "-sb")] },
    Scenario("status, other ways", 3) {
      let option = $0.any(["--ignored", "-uno", "-uall", "--ignored=matching", "--no-renames", "-v", "--show-stash"])
      return [.git("status", option)]
    },
    Scenario("status of a directory", 2) { [.git("status", "--porcelain", "--", $0.directory())] },
    Scenario("status in a directory", 1) { [.git("-C", $0.directory(), "status", "--short")] },
  ]

  private static let differences: [Scenario] = [
    Scenario("diff", 3) { _ in [.git("diff")] },
    Scenario("diff, some way", 2) {
      let option = $0.any(["--stat", "--name-status", "--check", "--word-diff", "-w", "--summary", "--binary", "-R"])
      return [.git("diff", option)]
    },
    Scenario("diff, staged", 2) { [.git("diff", "--cached", $0.any(["-p", "--stat", "-M", "--raw"]))] },
    Scenario("diff from a commit", 2) { [.git("diff", $0.oneIn(2) ? "HEAD" : $0.revision())] },
    Scenario("diff of a path", 2) { [.git("diff", "HEAD", "--", $0.path())] },
    Scenario("diff between commits", 2) { [.git("diff", "--stat", $0.revision(), $0.revision())] },
    Scenario("diff without an index", 1) { [.git("diff", "--no-index", "--", $0.file(), $0.file())] },
    Scenario("plumbing", 1) {
      // Refreshed before, or files that were only touched are in it: which those are, is a matter of timing.
      [.git("update-index", "-q", "--refresh"), .git($0.any(["diff-files", "diff-index"]), "--abbrev", "HEAD")]
    },
  ]

  private static let logs: [Scenario] = [
    Scenario("log", 1) {
      [.git("log", "--oneline", "-n", "15", $0.any(["--graph", "--all", "--stat", "-p", "--raw"]))]
    },
    Scenario("log of a path", 1) { [.git("log", "--follow", "--oneline", "--stat", "--", $0.file())] },
    Scenario("log of a line", 1) { _ in [.git("log", "--oneline", "-L", "1,3:src/main.c")] },
    Scenario("log of a string", 1) { _ in [.git("log", "--oneline", "-S", "feature")] },
    Scenario("show", 2) { [.git("show", $0.revision())] },
    Scenario("show a file", 1) { [.git("show", "\($0.revision()):\($0.file())")] },
    Scenario("blame", 1) { [.git("blame", "-s", "--", $0.file())] },
    Scenario("blame of a commit", 1) { [.git("blame", $0.revision(), "--", $0.file())] },
    Scenario("describe", 1) { _ in [.git("describe", "--always", "--dirty", "--tags")] },
    Scenario("reflog", 1) { _ in [.git("reflog", "-n", "10")] },
    Scenario("merge-base", 1) { [.git("merge-base", "HEAD", $0.branch())] },
    Scenario("rev-parse", 1) { _ in [.git("rev-parse", "--show-toplevel", "--git-dir", "--show-prefix", "HEAD^{tree}")]
    },
  ]

  private static let listings: [Scenario] = [
    Scenario("ls-files", 2) {
      [.git("ls-files", $0.any(["-s", "-o", "-m", "-d", "--eol", "-u", "-t", "-v", "-k"]))]
    },
    Scenario("ls-files, not ignored", 1) { _ in [.git("ls-files", "-o", "--exclude-standard", "--directory")] },
    Scenario("ls-files, ignored", 1) { _ in [.git("ls-files", "-o", "-i", "--exclude-standard")] },
    Scenario("ls-tree", 1) { [.git("ls-tree", "-r", $0.revision(), "--", $0.directory())] },
    Scenario("cat-file", 1) { [.git("cat-file", "-p", "\($0.revision()):\($0.path())")] },
    Scenario("cat-file, filtered", 1) { [.git("cat-file", "--filters", "HEAD:\($0.file())")] },
    Scenario("hash-object", 1) { [.git("hash-object", "--", $0.file())] },
    Scenario("check-ignore", 1) { [.git("check-ignore", "-v", "-n", "--", $0.path(), $0.untrackedFile(), "x.log")] },
    Scenario("check-attr", 1) { [.git("check-attr", "-a", "--", $0.file())] },
    Scenario("grep", 1) {
      [.git("grep", $0.any(["-n", "-c", "-l", "--untracked"]), $0.any(["line 3", "step", "ours"]))]
    },
    Scenario("grep a commit", 1) { [.git("grep", "-n", "theirs", $0.revision())] },
    Scenario("archive", 1) { [.git("archive", "--format=tar", $0.any(["HEAD", "v1.0", "main"]))] },
    Scenario("fsck", 1) { _ in [.git("fsck", "--no-progress")] },
    Scenario("write-tree", 1) { _ in [.git("write-tree")] },
  ]
}
