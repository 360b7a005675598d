import GitWorktree
import Glibc
import Posix
import TestSupport
import Testing

@Suite("Noticing that git has moved HEAD") struct HeadWatchTests {
  private let home: TemporaryDirectory
  private let watch: HeadWatch

  init() throws {
    home = try TemporaryDirectory()
    let registration = WorktreeRegistration(commonDirectory: home.path, name: "view", mountpoint: home.path + "/view")
    _ = try Directories.make(registration.directory)
    watch = try HeadWatch(registration)
    // Closed elsewhere: while another test starts a program, that has the file open too, and closes it later.
    for name in ["HEAD", "index", "HEAD.lock"] {
      try FileCalls.rename(try home.write(name, "x"), to: home.path + "/worktrees/view/" + name)
    }
    while try watch.wait(0) {}
  }

  private func make(_ name: String) throws {
    let file = try FileCalls.open(home.path + "/worktrees/view/" + name, O_WRONLY | O_CREAT, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, [1])
  }

  @Test("HEAD and the index end a wait", arguments: ["HEAD", "index"])
  func noticed(name: String) throws {
    try make(name)
    #expect(try watch.wait(10_000))
  }

  @Test("Anything else neither ends nor shortens it")
  func others() throws {
    try make("HEAD.lock")
    let start = ContinuousClock.now
    #expect(try !watch.wait(200))
    #expect(start.duration(to: .now) >= .milliseconds(200))
  }
}
