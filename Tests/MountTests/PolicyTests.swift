import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("A policy says who hydrates", .enabled(if: Availability.fuse, "FUSE is not available"))
struct PolicyTests {
  private func policy(_ view: MountedView, _ arguments: String...) throws -> PolicyReport {
    let outcome = try view.projfs.run(["policy", "-C", view.path, "--json"] + arguments)
    guard outcome.exitCode == 0 else { throw Projfs.Failure(arguments: arguments, outcome: outcome) }
    return try JSON.decode(PolicyReport.self, from: outcome.output.utf8)
  }

  @Test(
    "grep -r hydrates nothing and ends, while others read on", arguments: ["auto", "cached"],
    [["--deny", "grep"], ["--deny", "/usr/bin/grep"], ["--deny", "*", "--allow", "cat", "cp"]])
  func grep(engine: String, options: [String]) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    #expect(try view.projfs.run(["policy", "-C", view.path] + options).output.isEmpty)
    let search = try Subprocess.run(["grep", "-r", "number", view.path + "/many"])
    #expect(search.exitCode == 2 && search.output.isEmpty && search.errors.contains("Permission denied"))
    #expect(try Subprocess.run(["find", view.path, "-size", "+0"]).exitCode == 0)
    var stats = try view.stats
    #expect(stats.hydration.count == 0 && stats.hydration.denied >= 300)
    #expect(try Subprocess.run(["cat", view.path + "/many/file-7"]).output == "number 7\n")
    let found = try Subprocess.run(["grep", "-r", "number", view.path + "/many"])
    #expect(found.output == "\(view.path)/many/file-7:number 7\n")
    let copy = try Subprocess.run(["cp", "-r", view.path + "/tools", home.path + "/copy"])
    #expect(copy.exitCode == 0, "\(copy.errors)")
    stats = try view.stats
    #expect(stats.hydration.count == 2 && stats.hydration.failures == 0)
  }

  @Test("It is shown, changed and cleared, and there again after a mount")
  func lists() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--deny-indexers"])
    var report = try policy(view)
    #expect(report.indexers && report.denied.isEmpty && report.indexerCommands.contains("updatedb"))
    report = try policy(
      view, "--no-deny-indexers", "--deny", "grep", "/usr/bin/../bin/env", "--slow", "rg", "--rate-files", "5")
    #expect(report.denied.first == "grep" && report.denied.last?.hasSuffix("/bin/env") == true)
    #expect(report.slow == ["rg"] && report.rate.filesPerSecond == 5 && report.rate.bytesPerSecond == 16 << 20)
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
    #expect(try policy(view) == report)
    report = try policy(view, "--allow", "grep", "--forget", "rg", "--rate-bytes", "1M")
    #expect(report.allowed == ["grep"] && report.slow.isEmpty && report.denied.count == 1)
    #expect(report.rate.bytesPerSecond == 1 << 20)
    let text = try view.projfs.succeed("policy", "-C", view.path)
    #expect(text.contains("denied") && text.contains("allowed   grep\n"))
    report = try policy(view, "--clear")
    #expect(report.denied.isEmpty && report.allowed.isEmpty && report.rate.filesPerSecond == 100)
    #expect(try view.projfs.succeed("policy", "-C", view.path) == "everybody may hydrate\n")
  }

  @Test("Wrong arguments change nothing")
  func failures() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let before = try policy(view)
    let wrong = [
      ["--deny"], ["--deny", ""], ["--deny", "a*"], ["--deny", "cgroup:x"], ["--deny", "grep", "--allow", "grep"],
      ["--rate-files", "0"], ["--rate-bytes", "x"], ["--unknown"], ["word"],
    ]
    for arguments in wrong {
      #expect(try view.projfs.run(["policy", "-C", view.path] + arguments).exitCode == 64, "\(arguments)")
    }
    #expect(try policy(view) == before)
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.run(["policy", "-C", view.path]).exitCode == 75)
    let state = try view.stateDirectory
    let damaged = try FileCalls.open(state + "/policy.json", O_CREAT | O_WRONLY, mode: 0o644)
    try FileCalls.writeAll(damaged.rawValue, Array("{}x".utf8))
    let mount = try view.projfs.run(["mount", view.path])
    #expect(mount.exitCode == 65 && mount.errors.contains("policy.json"), "\(mount.errors)")
    #expect(try view.projfs.views()[view.path]?.state == "unmounted")
  }
}
