import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// Scripted work, of which it is known what has to be counted.
@Suite("What happened is counted, and by whom", .enabled(if: Availability.fuse, "FUSE is not available"))
struct StatsTests {
  private static let engines = WritableView.engines

  @Test("Files opened by named programs of one session: as many hydrations, each program's its own", arguments: engines)
  func attribution(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    let session = try NamedPrograms(in: home)
    try session.run("reader-a", reading: (0..<7).map { "many/file-\($0)" }, of: view)
    try session.run("reader-b", reading: (7..<20).map { "many/file-\($0)" } + ["a/b/c/d/deep"], of: view)
    // Again, and by somebody else: nothing is fetched.
    try session.run("reader-c", reading: ["many/file-3", "a/b/c/d/deep"], of: view)

    let stats = try view.stats
    #expect(stats.hydration.count == 21)
    let sizes = (0..<20).map { Int64("number \($0)\n".utf8.count) }
    let (first, second) = (sizes[..<7].reduce(0, +), sizes[7...].reduce(5, +))
    #expect(stats.hydration.bytes == first + second && stats.bytes.hydrated == first + second)
    #expect(stats.files.hydrated == 21)
    let found = stats.processes.map { "\($0.command) of \($0.sessionCommand ?? "-"): \($0.hydrations), \($0.bytes)" }
    #expect(Set(found) == ["reader-a of the-editor: 7, \(first)", "reader-b of the-editor: 14, \(second)"])
    #expect(stats.otherProcesses == .init())
    let cause = engine == "cached" ? "read" : "open"
    #expect(stats.hydration.causes == [cause: .init(count: 21, bytes: first + second)])
    #expect(stats.hydration.latencyPowersOfTwo.reduce(0, +) == 21)
    for request in stats.requests.values where !request.powersOfTwo.isEmpty {
      #expect(request.powersOfTwo.reduce(0, +) == request.count)
    }
    expectSum(stats.files)
  }

  @Test("Writing and links are causes of their own")
  func causes() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    try view.append("x", to: "many/file-1")
    #expect(try FileCalls.linkTarget("\(view.path)/link") == "README.md")
    let stats = try view.stats
    #expect(stats.hydration.causes["write"]?.count == 1 && stats.hydration.causes["link"]?.count == 1)
    #expect(stats.hydration.count == 2 && stats.files.full == 1)
    expectSum(stats.files)
  }

  @Test("Directories: each row is the sum of what is below it, fetched and hydrated")
  func directories() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    for number in 0..<5 { _ = try view.read("many/file-\(number)") }
    _ = try view.read("a/b/c/d/deep")
    let json = try view.projfs.succeed("stats", view.path, "--json", "--by-directory")
    let rows = try #require(try JSON.decode(StatsReport.self, from: json.utf8).directories)
    let byPath = Dictionary(rows.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    #expect(byPath[""]?.files.hydrated == 6 && byPath[""]?.files.total == 313)
    #expect(byPath["many"]?.files.hydrated == 5 && byPath["many"]?.files.total == 300)
    #expect(byPath["many"]?.fetched == .init(hydrations: 5, bytes: 45))
    #expect(byPath["a"]?.fetched == .init(hydrations: 1, bytes: 5))
    #expect(byPath[""]?.fetched == .init(hydrations: 6, bytes: 50))
    // 'converted', 'tools' and the submodule.
    #expect(byPath["converted"] == nil && byPath[""]?.untouched == 3)
    for row in rows { expectSum(row.files) }
    let text = try view.projfs.succeed("stats", view.path, "--by-directory")
    #expect(text.contains("many/") && text.contains("+ 3 with nothing hydrated") && !text.contains("\u{1b}"))
  }

  @Test(
    "The files that the kernel holds are the store's and the user's, with the very inodes that are read",
    .enabled(if: Availability.root, "passthrough needs root"))
  func backingFiles() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", "passthrough"])
    let open = try FileCalls.open("\(view.path)/many/file-1", O_RDONLY)
    _ = try view.read("many/file-2")
    try view.append("x", to: "many/file-3")
    let json = try view.projfs.succeed("stats", view.path, "--json", "--backing")
    let files = try #require(try JSON.decode(StatsReport.self, from: json.utf8).backingFiles)
    let found = files.map { "\($0.path ?? "-") \($0.branch) \($0.opens)" }
    #expect(found == ["many/file-1 store 1", "many/file-2 store 0", "many/file-3 local 0"])
    for file in files {
      let name = try #require(file.path)
      #expect(try FileCalls.contents(try #require(file.file)) == (try view.read(name)))
    }
    withExtendedLifetime(open.rawValue) {}
    let text = try view.projfs.succeed("stats", view.path, "--backing")
    #expect(text.contains("many/file-3") && text.contains("/local/many/file-3"))
  }

  @Test("Prometheus' format says the same as JSON")
  func prometheus() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    for number in 0..<3 { _ = try view.read("many/file-\(number)") }
    let text = try view.projfs.succeed("stats", view.path, "--prometheus")
    #expect(text.contains("projfs_files{mountpoint=\"\(view.path)\",state=\"hydrated\"} 3\n"))
    #expect(text.contains("# TYPE projfs_request_duration_seconds histogram\n"))
  }

  @Test(
    "Options that make no sense together are refused as wrong usage",
    arguments: [
      ["--prometheus", "--json"], ["--prometheus", "--watch"], ["--prometheus", "--by-process"], ["--interval", "3"],
      ["--watch", "--interval", "0"], ["--watch", "--interval", "x"],
    ])
  func wrongOptions(options: [String]) throws {
    let home = try TemporaryDirectory()
    let outcome = try Projfs(home: home).run(["stats", home.path] + options)
    #expect(outcome.exitCode == 64 && outcome.output.isEmpty && !outcome.errors.isEmpty)
  }

  @Test("Watching prints a line each time, ends with the view, and says so; a killed server is a failure")
  func watching() throws {
    for isKilled in [false, true] {
      let home = try TemporaryDirectory()
      let repository = try SampleRepository.make(at: home.path + "/repository")
      let view = try MountedView(repository.path, in: home)
      let watch = try RunningProjfs(view.projfs, ["stats", view.path, "--watch", "--json", "--interval", "0.1"])
      let before = try JSON.decode(StatsReport.self, from: try watch.nextLine())
      #expect(before.hydration.count == 0)
      _ = try view.read("many/file-1")
      while try JSON.decode(StatsReport.self, from: try watch.nextLine()).hydration.count == 0 {}
      if isKilled { try view.kill() } else { try view.projfs.succeed("unmount", view.path) }
      #expect(try watch.end() == (isKilled ? 75 : 0))
      #expect(try watch.errors().contains(isKilled ? "has gone" : "was unmounted"))
    }
  }

  @Test("Ctrl-C ends watching in order", arguments: [["--json"], []])
  func interrupted(options: [String]) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let watch = try RunningProjfs(view.projfs, ["stats", view.path, "--watch", "--interval", "600"] + options)
    _ = try watch.nextLine()
    watch.send(SIGINT)
    #expect(try watch.end() == 0)
    #expect(try watch.errors().isEmpty)
  }

  private func expectSum(_ files: StatsReport.Files, at location: SourceLocation = #_sourceLocation) {
    #expect(
      files.virtual + files.placeholder + files.hydrated + files.full + files.tombstone == files.total,
      sourceLocation: location)
  }
}

extension MountedView {
  /// Writes behind the end of a file.
  func append(_ text: String, to name: String) throws {
    let file = try FileCalls.open("\(path)/\(name)", O_WRONLY | O_APPEND)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    try file.close()
  }
}

/// Programs that read files, under names of the test's own, in the session of one called `the-editor`.
struct NamedPrograms {
  private let directory: String

  init(in home: TemporaryDirectory) throws {
    directory = try home.makeDirectory("programs")
    for (program, name) in [("sh", "the-editor"), ("cat", "reader-a"), ("cat", "reader-b"), ("cat", "reader-c")] {
      guard try Subprocess.run(["sh", "-c", "cp \"$(command -v \(program))\" \(directory)/\(name)"]).exitCode == 0
      else {
        throw Errno.noSuchFileOrDirectory
      }
    }
  }

  /// Reads files of the view, to the end; ends with an exit code.
  func run(_ name: String, reading files: [String], of view: MountedView, expecting code: CInt = 0) throws {
    let paths = files.map { "\(view.path)/\($0)" }
    // 'true' keeps the shell from becoming the program.
    let process = try Subprocess.spawn(
      ["\(directory)/the-editor", "-c", "program=$1; shift; \"$program\" \"$@\" && true", "sh", "\(directory)/\(name)"]
        + paths, output: nil, errors: nil, newSession: true)
    #expect(try Subprocess.wait(for: process) == code)
  }
}

/// A command that goes on, and what it prints.
final class RunningProjfs: Sendable {
  let process: Int32
  private let output: OwnedDescriptor
  private let errorFile: String

  init(_ projfs: Projfs, _ arguments: [String]) throws {
    var pipe = try Pipe()
    errorFile = projfs.home + "/errors-\(arguments.hashValue)"
    let errors = try FileCalls.open(errorFile, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    process = try Subprocess.spawn(
      ["env", "XDG_STATE_HOME=\(projfs.home)/state", Projfs.executable] + arguments, output: pipe.writeEnd,
      errors: errors.rawValue)
    try pipe.closeWriteEnd()
    output = OwnedDescriptor(rawValue: dup(pipe.readEnd))
  }

  deinit { kill(process, SIGKILL) }

  func send(_ signal: CInt) { kill(process, signal) }

  /// The next line; throws at the end.
  func nextLine() throws -> [UInt8] {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = try FileCalls.retrying { read(output.rawValue, &byte, 1) }
      guard count == 1 else { throw Errno.brokenPipe }
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
  }

  /// Whether something was printed, or the end has come, within a time.
  func hasLine(within milliseconds: CInt) throws -> Bool {
    var waiting = pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0)
    return try FileCalls.retrying { poll(&waiting, 1, milliseconds) } > 0
  }

  /// Waits for the end; returns the exit code.
  func end() throws -> CInt {
    while (try? nextLine()) != nil {}
    return try Subprocess.wait(for: process)
  }

  func errors() throws -> String { String(decoding: try FileCalls.contents(errorFile), as: UTF8.self) }
}
