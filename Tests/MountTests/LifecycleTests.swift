import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("A view comes, goes and comes back", .enabled(if: Availability.fuse, "FUSE is not available"))
struct LifecycleTests {
  @Test("Mounted, unmounted, mounted again as it was, removed")
  func rounds() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let first = try view.status
    #expect(first.reference == "refs/heads/main" && !first.readOnly && first.healthy)
    #expect(try view.projfs.views()[view.path]?.state == "mounted")
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.views()[view.path]?.state == "unmounted")
    #expect(try view.projfs.run(["unmount", view.path]).exitCode == 75)
    #expect(try view.projfs.run(["stats", view.path]).exitCode == 75)
    // The branch moves on; the view stays where it was.
    try repository.add("later", "later\n")
    try repository.commit()
    try view.projfs.succeed("mount", view.path)
    let second = try view.status
    #expect(second.revision == first.revision && second.reference == first.reference)
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try view.read("later") }
    try view.projfs.succeed("remove", view.path)
    #expect(try view.projfs.views().isEmpty)
    #expect(try FileCalls.names(view.path) == [])
    #expect(try FileCalls.names("\(repository.path)/.git/projfs/views") == [])
  }

  @Test("After a mount that fails, what was in order is in order, and what was not is not")
  func failedMount() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let state = try view.stateDirectory
    for isClean in [true, false] {
      if isClean {
        try view.projfs.succeed("unmount", view.path)
      } else {
        try view.kill()
        try view.projfs.succeed("doctor", "--fix", view.path)
      }
      // Fails when the mark has been taken.
      try FileCalls.rename(state + "/log", to: state + "/log.old")
      try FileCalls.makeDirectory(state + "/log")
      let outcome = try view.projfs.run(["mount", view.path])
      #expect(outcome.exitCode == 74, "\(outcome.errors)")
      #expect(try FileCalls.names(state).contains("clean") == isClean)
      try FileCalls.removeDirectory(state + "/log")
      try view.projfs.succeed("mount", view.path)
      #expect(try view.text("README.md") == "# sample\n")
    }
  }

  @Test("A mountpoint is used once, and a state directory too")
  func twice() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--state", home.path + "/own-state"])
    let again = try view.projfs.run(["mount", repository.path, view.path])
    #expect(again.exitCode == 73 && again.errors.contains("projfs unmount"), "\(again.errors)")
    let other = try home.makeDirectory("other")
    let stolen = try view.projfs.run(["mount", repository.path, other, "--state", home.path + "/own-state"])
    #expect(stolen.exitCode == 73 && stolen.errors.contains("another server"), "\(stolen.errors)")
    #expect(try view.text("README.md") == "# sample\n")
  }

  @Test("While a file is open, unmount says who has it; --force does it all the same")
  func busy() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let file = try FileCalls.open("\(view.path)/README.md", O_RDONLY)
    let refused = try view.projfs.run(["unmount", view.path])
    #expect(refused.exitCode == 73)
    #expect(refused.errors.contains("pid \(getpid())") && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try view.text("README.md") == "# sample\n")
    try view.projfs.succeed("unmount", "--force", view.path)
    #expect(try FileCalls.names(view.path) == [])
    if Availability.root {
      // The kernel has the file, and needs no server for it.
      #expect(try FileCalls.read(file.rawValue, at: 0, count: 100) == Array("# sample\n".utf8))
    }
  }

  @Test("A killed server leaves a dead mount, which everybody explains and doctor clears")
  func killed() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    #expect(try view.text("README.md") == "# sample\n")
    try view.kill()
    #expect(throws: Errno.socketNotConnected) { _ = try view.read("README.md") }
    for arguments in [["status", view.path], ["stats", view.path]] {
      let outcome = try view.projfs.run(arguments)
      #expect(outcome.exitCode == 75 && outcome.errors.contains("projfs doctor --fix"), "\(outcome.errors)")
    }
    let mount = try view.projfs.run(["mount", repository.path, view.path])
    #expect(mount.exitCode == 73 && mount.errors.contains("projfs doctor --fix"), "\(mount.errors)")
    #expect(try view.projfs.views()[view.path]?.state == "dead")
    let found = try view.projfs.run(["doctor", view.path])
    #expect(found.exitCode == 1 && found.output.contains("Transport endpoint is not connected"))
    #expect(try view.projfs.succeed("doctor", "--fix", view.path).contains("mended"))
    #expect(try view.projfs.succeed("doctor", view.path) == "nothing is wrong\n")
    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("README.md") == "# sample\n")
  }

  @Test("After an unclean stop no stored byte is trusted before it was verified")
  func unclean() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    for number in 0..<10 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    try view.kill()
    _ = try Subprocess.run(["umount", "-l", view.path])
    // As a power cut leaves a file whose pages were never written: the right name and size, and zeros.
    let id = try repository.git("rev-parse", "HEAD:many/file-3")
    let stored = "\(repository.path)/.git/projfs/content/\(id.prefix(2))/\(id.dropFirst(2))"
    guard chmod(stored, 0o644) == 0 else { throw Errno.current }
    let file = try FileCalls.open(stored, O_WRONLY)
    try FileCalls.writeAll(file.rawValue, [UInt8](repeating: 0, count: 9))
    try view.projfs.succeed("mount", view.path)
    for number in 0..<10 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    #expect(try view.stats.hydration.count == 1)
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
    for number in 0..<10 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    #expect(try view.stats.hydration.count == 0)
  }

  @Test("Killed while eight readers hydrate: after a new mount every file is right", arguments: 0..<3)
  func killedWhileHydrating(round: Int) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let readers = try (0..<8).map { reader in
      try Subprocess.spawn(
        ["sh", "-c", "for n in $(seq \(reader) 8 299); do cat '\(view.path)'/many/file-$n; done"],
        output: nil, errors: nil)
    }
    // Somewhere in the middle: as soon as a third has arrived.
    while try view.stats.hydration.count < 100 {}
    try view.kill()
    for reader in readers { _ = try Subprocess.wait(for: reader) }
    try view.projfs.succeed("doctor", "--fix", view.path)
    try view.projfs.succeed("mount", view.path)
    for number in 0..<300 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
  }

  @Test("In the foreground, SIGINT and SIGTERM end the view in order", arguments: [SIGINT, SIGTERM])
  func foreground(signal: CInt) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let mountpoint = try home.makeDirectory("view")
    var output = try Pipe()
    let server = try Subprocess.spawn(
      [
        "env", "XDG_STATE_HOME=\(home.path)/state", Projfs.executable, "mount", "--foreground", repository.path,
        mountpoint,
      ], output: output.writeEnd, errors: nil)
    try output.closeWriteEnd()
    var line = [UInt8](repeating: 0, count: 4096)
    let count = try FileCalls.retrying { Glibc.read(output.readEnd, &line, line.count) }
    #expect(String(decoding: line[..<count], as: UTF8.self).hasPrefix("mounted "))
    #expect(try FileCalls.contents("\(mountpoint)/README.md") == Array("# sample\n".utf8))
    kill(server, signal)
    #expect(try Subprocess.wait(for: server) == 0)
    #expect(try FileCalls.names(mountpoint) == [])
    #expect(try Projfs(home: home).views()[mountpoint]?.state == "unmounted")
  }

  @Test(
    "Root serves a repository of another user, who can use the view, and nobody else",
    .enabled(if: Availability.root, "changing the user needs root"))
  func otherUser() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    #expect(try Subprocess.run(["chmod", "755", home.path]).exitCode == 0)
    #expect(try Subprocess.run(["chown", "-R", "12345:12345", repository.path]).exitCode == 0)
    let view = try MountedView(repository.path, in: home)
    let user = { (id: Int) in ["setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups"] }
    let read = try Subprocess.run(user(12345) + ["cat", "\(view.path)/README.md"])
    #expect(read.exitCode == 0 && read.output == "# sample\n", "\(read.errors)")
    #expect(try Subprocess.run(user(23456) + ["cat", "\(view.path)/README.md"]).exitCode != 0)
    #expect(try FileCalls.status("\(view.path)/README.md").st_uid == 12345)
    let made = try Subprocess.run(["find", "\(repository.path)/.git/projfs", "!", "-uid", "12345"]).output
    #expect(made == "")
    #expect(try Subprocess.run(user(23456) + [Projfs.executable, "unmount", view.path]).exitCode == 77)
    let ended = try Subprocess.run(user(12345) + [Projfs.executable, "unmount", view.path])
    #expect(ended.exitCode == 0, "\(ended.errors)")
    #expect(try FileCalls.names(view.path) == [])
  }
}
