import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("Contents are prefetched", .enabled(if: Availability.fuse, "FUSE is not available"))
struct PrefetchTests {
  private func report(_ view: MountedView, _ arguments: String..., behind prefix: [String] = []) throws
    -> PrefetchReport
  {
    let outcome = try view.projfs.run(["prefetch", "-C", view.path, "--json"] + arguments, behind: prefix)
    guard outcome.exitCode == 0 else { throw Projfs.Failure(arguments: arguments, outcome: outcome) }
    return try JSON.decode(PrefetchReport.self, from: outcome.output.utf8)
  }

  @Test("By path, by pathspec, and all; only what is missing is fetched", arguments: ["auto", "cached"])
  func paths(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    var done = try report(view, "many/file-1*", ":!many/file-10*", "a")
    #expect(done.total == 101 && done.files == 101 && done.fetched == 101 && done.failed == 0 && done.missing == 0)
    #expect(try view.stats.files.hydrated == 101)
    done = try report(view, ":(glob)**/file-1?")
    #expect(done.total == 10 && done.fetched == 1)
    let silent = try view.projfs.run(["prefetch", "-C", view.path, "--all"])
    #expect(silent.exitCode == 0 && silent.output.isEmpty && silent.errors.isEmpty)
    let stats = try view.stats
    #expect(stats.files.hydrated == stats.files.total && stats.hydration.failures == 0)
    #expect(try view.read("big") == FileCalls.contents("\(repository.path)/big"))
    #expect(try view.text("converted/run.bat") == "first\r\nsecond\r\n")
    for number in 0..<300 { #expect(try view.text("many/file-\(number)") == "number \(number)\n") }
    #expect(try view.stats.hydration.count == stats.hydration.count)
  }

  @Test("Paths from the standard input, with feeds or NULs, and users' files among them")
  func standardInput() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let own = try FileCalls.open("\(view.path)/own", O_CREAT | O_WRONLY, mode: 0o644)
    try FileCalls.writeAll(own.rawValue, Array("mine\n".utf8))
    func input(_ text: String) -> [String] { ["sh", "-c", "printf '\(text)' | \"$@\"", "sh"] }
    var done = try report(view, "--stdin", behind: input("many/file-1\\ntools\\nown\\nnone\\n"))
    #expect(done.total == 2 && done.fetched == 2 && done.missing == 1)
    done = try report(view, "--stdin", "-z", behind: input("n\u{e4}me with sp\u{e4}ces and \u{1F4C1}\\0many\\0"))
    #expect(done.total == 301 && done.fetched == 300 && done.missing == 0)
    done = try report(view, "--stdin", behind: input(""))
    #expect(done.total == 0 && done.missing == 0)
  }

  @Test("A profile of one view brings its files into another, which need not have all of them")
  func profile() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    for number in 0..<7 { _ = try view.text("many/file-\(number)") }
    _ = try view.text("README.md")
    let file = home.path + "/build.profile"
    try view.projfs.succeed("prefetch", "--record", file, "-C", view.path)
    #expect(try FileCalls.contents(file).split(separator: UInt8(ascii: "\n")).count == 9)
    #expect(
      try view.projfs.succeed("prefetch", "--record", "-", "-C", view.path, "*.md") == "# projfs profile 1\nREADME.md\n"
    )
    try repository.git("rm", "-q", "many/file-3")
    try repository.commit("one less")
    let clone = home.path + "/clone"
    #expect(try Subprocess.run(["git", "clone", "-q", "--bare", repository.path, clone]).exitCode == 0)
    let other = try MountedView(clone, in: home, at: "other")
    let outcome = try other.projfs.run(["prefetch", "--profile", file, "-C", other.path])
    #expect(outcome.exitCode == 0 && outcome.errors.hasPrefix("projfs: 1 of the paths"), "\(outcome.errors)")
    #expect(try other.stats.files.hydrated == 7)
  }

  @Test("Wrong arguments are usage errors; a path that is not there, a limit, a damaged object and no view are others")
  func failures() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--content-limit", "1000"])
    let wrong: [[String]] = [
      [], ["--all", "many"], ["--stdin", "--all"], ["-z", "many"], ["--record", "x", "--profile", "y"], [":(attr:x)"],
      [":(none)x"], [":(glob"], ["../.."], ["/etc"], [""],
    ]
    for arguments in wrong {
      #expect(try view.projfs.run(["prefetch", "-C", view.path] + arguments).exitCode == 64, "\(arguments)")
    }
    let missing = try view.projfs.run(["prefetch", "-C", view.path, "tools", "none*"])
    #expect(missing.exitCode == 66 && missing.errors.contains("'none*'"), "\(missing.errors)")
    let limited = try view.projfs.run(["prefetch", "-C", view.path, "many"])
    #expect(limited.exitCode == 1 && limited.errors.contains("--content-limit"), "\(limited.errors)")
    #expect(try view.stats.contentStore.bytes <= 1000)
    let noProfile = try view.projfs.run(["prefetch", "-C", view.path, "--profile", "/etc/hostname"])
    #expect(noProfile.exitCode == 65)
    #expect(try view.projfs.run(["prefetch", "-C", view.path, "--profile", home.path + "/none"]).exitCode == 66)
    let id = try repository.git("rev-parse", "HEAD:empty")
    try FileCalls.remove("\(repository.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))")
    try view.projfs.succeed("evict", "--all", "-C", view.path)
    let damaged = try view.projfs.run(["prefetch", "-C", view.path, "empty"])
    #expect(damaged.exitCode == 74 && damaged.errors.contains("1 files could not be fetched"), "\(damaged.errors)")
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.run(["prefetch", "-C", view.path, "--all"]).exitCode == 75)
  }
}
