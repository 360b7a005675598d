import Control
import Glibc
import Posix
import TestSupport
import Testing

@Suite("What happens is told as it happens", .enabled(if: Availability.fuse, "FUSE is not available"))
struct TraceTests {
  @Test("A hydration is one event, with who, why, where, how much and for how long", arguments: WritableView.engines)
  func hydration(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    let programs = try NamedPrograms(in: home)
    let trace = try RunningProjfs(view.projfs, ["trace", view.path, "--json", "--operation", "hydration"])
    try trace.untilFollowing(view)
    try programs.run("reader-a", reading: (0..<5).map { "many/file-\($0)" }, of: view)
    for number in 0..<5 {
      let line = try JSON.decode(TraceLine.self, from: try trace.nextLine())
      #expect(line.kind == .hydration && line.path == "many/file-\(number)" && line.bytes == 9)
      #expect(line.command == "reader-a" && line.sessionCommand == "the-editor")
      #expect(line.cause == (engine == "cached" ? "read" : "open") && line.failed == nil)
      #expect((line.latencyUs ?? -1) >= 0)
    }
    try view.projfs.succeed("unmount", view.path)
    #expect(try JSON.decode(TraceLine.self, from: try trace.nextLine()).kind == .end)
    #expect(try trace.end() == 0)
    #expect(try trace.errors().contains("was unmounted"))
  }

  @Test("Requests have paths, also what is gone when they are answered, and the error that was answered")
  func requests() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let trace = try RunningProjfs(
      view.projfs,
      ["trace", view.path, "--json", "--path", "a/b", "--path", "\(view.path)/tools", "--path", "new"]
        + ["lookup", "rename2", "unlink", "mkdir"].flatMap { ["--operation", $0] })
    try trace.untilFollowing(view, marker: "tools/marker")
    // Not below any of the paths.
    _ = try? FileCalls.status("\(view.path)/absent")
    _ = try? FileCalls.status("\(view.path)/a/b/absent")
    #expect(rename("\(view.path)/a/b/c/d/deep", "\(view.path)/new") == 0)
    #expect(unlink("\(view.path)/new") == 0)
    #expect(mkdir("\(view.path)/tools/more", 0o755) == 0)
    #expect(mkdir("\(view.path)/tools/run.sh", 0o755) == -1)
    var seen: [String] = []
    while seen.last?.hasPrefix("MKDIR") != true {
      let line = try JSON.decode(TraceLine.self, from: try trace.nextLine())
      #expect(line.pid == UInt32(getpid()))
      seen.append(
        [line.operation, line.path, line.newPath, line.error].compactMap(\.self).joined(separator: " "))
    }
    #expect(seen.contains("LOOKUP a/b/absent ENOENT"))
    #expect(seen.contains("RENAME2 a/b/c/d/deep new") && seen.contains("UNLINK new"))
    #expect(seen.last == "MKDIR tools/more")
    #expect(!seen.contains { $0.hasPrefix("LOOKUP absent") })
    trace.send(SIGINT)
    #expect(try trace.end() == 0)
    #expect(try trace.errors().isEmpty)
  }

  @Test("Only what certain processes cause, by number or by name")
  func processes() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let programs = try NamedPrograms(in: home)
    let trace = try RunningProjfs(
      view.projfs, ["trace", view.path, "--command", "reader-b", "--operation", "hydration"])
    // What nobody is told of is known to be over when this has been answered.
    try programs.untilFollowed(view, "reader-b", trace)
    try programs.run("reader-a", reading: ["many/file-20"], of: view)
    try programs.run("reader-b", reading: ["many/file-21"], of: view)
    let line = String(decoding: try trace.nextLine(), as: UTF8.self)
    #expect(line.contains("HYDRATION") && line.contains("reader-b[") && line.contains("many/file-21"))
    #expect(line.contains("(the-editor)") && !line.contains("\u{1b}"))
    trace.send(SIGTERM)
    #expect(try trace.end() == 0)
  }

  @Test("What a policy denies is told as well, as text and as JSON", arguments: WritableView.engines)
  func denial(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    let programs = try NamedPrograms(in: home)
    try view.projfs.succeed("policy", "-C", view.path, "--deny", "reader-b")
    let traces = try [["--json"], []].map { options in
      try RunningProjfs(view.projfs, ["trace", view.path, "--operation", "hydration"] + options)
    }
    for trace in traces { try programs.untilFollowed(view, "reader-a", trace) }
    try programs.run("reader-b", reading: ["many/file-3"], of: view, expecting: 1)
    // What the other one read may still be told of before.
    var line = TraceLine(.hydration)
    while line.command != "reader-b" { line = try JSON.decode(TraceLine.self, from: try traces[0].nextLine()) }
    #expect(line.kind == .hydration && line.denied == true && line.failed == nil && line.bytes == 0)
    #expect(line.path == "many/file-3" && line.sessionCommand == "the-editor")
    var text = ""
    while !text.contains("reader-b[") { text = String(decoding: try traces[1].nextLine(), as: UTF8.self) }
    #expect(text.contains("many/file-3") && text.hasSuffix("  denied"), "\(text)")
    #expect(try view.stats.hydration.denied >= 1)
  }

  @Test("A reader that does not read loses events, is told how many, and keeps nobody from working")
  func slowReader() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let trace = try RunningProjfs(view.projfs, ["trace", view.path, "--json", "--operation", "lookup"])
    try trace.untilFollowing(view)
    func lookups() throws -> Int { try view.stats.requests["LOOKUP"]?.count ?? 0 }
    let before = try lookups()
    for number in 0..<30_000 { _ = try? FileCalls.status("\(view.path)/many/absent-\(number)") }
    // A signal for this process interrupts a lookup, which the kernel asks for once more then.
    let count = try lookups() - before
    #expect(count >= 30_000)
    var (told, lost) = (0, 0)
    while told + lost < count {
      let line = try JSON.decode(TraceLine.self, from: try trace.nextLine())
      // What was asked before may be told only now.
      let isEarlier = ["marker-", "many/file-"].contains { line.path?.hasPrefix($0) == true }
      if line.kind == .request, !isEarlier { told += 1 }
      lost += line.count ?? 0
    }
    #expect(lost > 0 && told > 0 && told + lost == count)
    trace.send(SIGINT)
    #expect(try trace.end() == 0)
  }

  @Test("A killed server ends it as a failure, and wrong usage is refused")
  func failures() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    #expect(try view.projfs.run(["trace", view.path, "--operation", "EAT"]).exitCode == 64)
    #expect(try view.projfs.run(["trace", view.path, "--path", "/etc"]).exitCode == 64)
    #expect(try view.projfs.run(["trace", "\(home.path)/none"]).exitCode == 66)
    let trace = try RunningProjfs(view.projfs, ["trace", view.path])
    try trace.untilFollowing(view)
    try view.kill()
    #expect(try trace.end() == 75)
    #expect(try trace.errors().contains("has gone"))
    #expect(try view.projfs.run(["trace", view.path]).exitCode == 75)
  }
}

extension RunningProjfs {
  /// Returns when the trace tells of what happens in the view: it has told of a file that was made for it, or of its being
  /// hydrated.
  func untilFollowing(_ view: MountedView, marker: String = "marker") throws {
    // The server has counted the question as a subscriber when it has told of something.
    var number = 299
    while true {
      _ = try? FileCalls.status("\(view.path)/\(marker)-\(number)")
      _ = try view.read("many/file-\(number)")
      if try hasLine(within: 200) { break }
      number -= 1
    }
    while try hasLine(within: 200) { _ = try nextLine() }
  }
}

extension NamedPrograms {
  /// The same by a program of a name.
  func untilFollowed(_ view: MountedView, _ name: String, _ trace: RunningProjfs) throws {
    var number = 299
    while true {
      try run(name, reading: ["many/file-\(number)"], of: view)
      if try trace.hasLine(within: 200) { break }
      number -= 1
    }
    while try trace.hasLine(within: 200) { _ = try trace.nextLine() }
  }
}
