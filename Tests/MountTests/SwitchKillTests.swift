import Dispatch
import FileSystemModel
import Glibc
import Posix
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Switches under bad conditions: the server is killed, and others look.
@Suite("A switch is done or not done", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SwitchKillTests {
  @Test("Killed at any moment of a stream of switches", arguments: WritableView.engines)
  func killed(engine: String) throws {
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededRandom(seed: seed)
    let moved = try SwitchView(engine: engine)
    let state = try moved.view.stateDirectory
    let administration = try moved.administration
    // In an order that makes every switch a real one.
    let revisions = ["two", "one", "v1", "side", "two~1"]
    for round in 0..<10 {
      let when = "seed \(seed), round \(round)"
      let start = Int.random(in: 0..<revisions.count, using: &random)
      let switching = DispatchGroup()
      switching.enter()
      let (projfs, path) = (moved.view.projfs, moved.path)
      Threads.start("switcher") {
        var number = start
        while (try? projfs.run(["switch", "-C", path, revisions[number % revisions.count]]).exitCode) == 0 {
          number += 1
        }
        switching.leave()
      }
      // Any moment will do; there is nothing to wait for.
      usleep(UInt32.random(in: 1_000..<600_000, using: &random))
      try moved.view.kill()
      switching.wait()
      try moved.view.projfs.succeed("doctor", "--fix", moved.path)
      try moved.view.projfs.succeed("mount", moved.path)
      #expect(access(administration + "/index.lock", F_OK) != 0, "\(when)")
      let record = try FileCalls.contents(state + "/view.json")
      for word in ["unended", "unnoted"] {
        #expect(!String(decoding: record, as: UTF8.self).contains(word), "\(when)")
      }
      let head = try moved.git("rev-parse", "HEAD").dropLast()
      try moved.expect(at: String(head), branch: try moved.branch)
      try moved.move(revisions[(start + round) % revisions.count])
      try moved.expect(at: revisions[(start + round) % revisions.count], branch: try moved.branch, onDisk: false)
    }
    #expect(try moved.git("fsck", "--no-dangling") == "")
    #expect(try moved.view.projfs.succeed("doctor", moved.path) == "nothing is wrong\n", "seed \(seed)")
  }

  @Test("Who reads meanwhile gets files of one of the revisions, and whole ones", arguments: WritableView.engines)
  func readers(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    let names = (0..<60).map { "d\($0 % 6)/file\($0)" }
    for branch in ["one", "two"] {
      try repository.git("checkout", "-q", "-B", branch)
      for (number, name) in names.enumerated() { try repository.write(name, Self.text(of: branch, number)) }
      try repository.write("only-\(branch)", "x\n")
      try repository.git("rm", "-q", "--cached", "--ignore-unmatch", "only-one")
      try repository.git("add", "d0", "d1", "d2", "d3", "d4", "d5", "only-\(branch)")
      try repository.commit(branch)
    }
    try repository.git("checkout", "-q", "--detach")
    let view = try MountedView(repository.path, in: home, options: ["--rev", "one", "--engine", engine])
    let watch = Watch(root: view.path, names: names)
    let reading = DispatchGroup()
    for reader in 0..<3 {
      reading.enter()
      Threads.start("reader") {
        watch.read(reader)
        reading.leave()
      }
    }
    for round in 0..<30 {
      let outcome = try view.projfs.run(["switch", "-C", view.path, round % 2 == 0 ? "two" : "one"])
      #expect(outcome.exitCode == 0 && outcome.errors == "", "\(outcome)")
    }
    watch.isOver.store(true, ordering: .releasing)
    reading.wait()
    let (problems, count) = watch.seen.withLock { ($0.problems, $0.count) }
    #expect(problems.prefix(10) == [])
    #expect(count > 100)
  }

  /// Reads again and again, and notes what should not be.
  private final class Watch: Sendable {
    let root: String
    let names: [String]
    let isOver = Atomic<Bool>(false)
    let seen = Mutex<(problems: [String], count: Int)>(([], 0))

    init(root: String, names: [String]) {
      self.root = root
      self.names = names
    }

    private func note(_ problem: String?) {
      seen.withLock { seen in
        seen.count += 1
        if let problem { seen.problems.append(problem) }
      }
    }

    func read(_ reader: Int) {
      var number = reader
      while !isOver.load(ordering: .acquiring) {
        if reader == 0, number % 40 == 0 { look() }
        let index = number % names.count
        do {
          let text = String(decoding: try FileCalls.contents("\(root)/\(names[index])"), as: UTF8.self)
          let isOne = ["one", "two"].contains { text == SwitchKillTests.text(of: $0, index) }
          note(isOne ? nil : "\(names[index]) has \(text.utf8.count) bytes: \(text.prefix(20))")
          _ = try? FileCalls.status("\(root)/only-one")
        } catch {
          note("\(names[index]): \(error)")
        }
        number += 7
      }
    }

    /// With other programs.
    private func look() {
      let found = try? Subprocess.run(["find", root, "-type", "f", "-size", "-1000k", "-newermt", "2000-01-01"])
      let errors = (found?.errors ?? "no find").split(separator: "\n")
      for error in errors where !error.hasSuffix("No such file or directory") || !error.contains("only-") {
        note("find: \(error)")
      }
      let listed = (found?.output ?? "").split(separator: "\n").filter { $0.contains("/file") }
      if listed.count != names.count { note("find: \(listed.count) files") }
    }
  }

  static func text(of branch: String, _ number: Int) -> String {
    String(repeating: "file \(number) of \(branch)\n", count: number % 5 == 0 ? 20_000 : 50 + (branch == "two" ? 7 : 0))
  }
}
