import Control
import FileSystemModel
import GitScript
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("What git checks out becomes the projection's again", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SettleTests {
  /// Git commands, and what is local after them.
  struct History: CustomTestStringConvertible, Sendable {
    let name: String
    /// Each is a git command, or `write NAME TEXT`.
    let commands: [String]
    /// How many files are full or new, and how many whiteouts there are, at the end.
    var left = (written: 0, removed: 0)
    var status = ""

    var testDescription: String { name }

    static let all = [
      History(name: "checkout", commands: ["checkout -q two"]),
      History(name: "there and back", commands: ["checkout -q two", "checkout -q one"]),
      History(name: "detached", commands: ["checkout -q v1"]),
      History(name: "reset --hard", commands: ["reset -q --hard two"]),
      History(
        name: "reset --soft", commands: ["reset -q --soft one~1"], left: (1, 0), status: "A  last\n"),
      History(
        name: "commit", commands: ["write edited mine", "write directory/mine new", "add .", "commit -q -m mine"]),
      History(name: "rm", commands: ["rm -q -r only-one kept", "commit -q -m less"]),
      History(name: "mv", commands: ["mv edited moved", "mv last directory/moved", "commit -q -m moved"]),
      History(
        name: "mv of directories",
        commands: ["mv kept elsewhere", "mv directory kept", "write kept/mine new", "add .", "commit -q -m moved"]),
      History(name: "stash", commands: ["write edited mine", "stash -q"]),
      History(
        name: "stash pop", commands: ["write edited mine", "stash -q", "settle", "stash pop -q"], left: (1, 0),
        status: " M edited\n"),
      History(name: "merge", commands: ["merge -q side -m both"]),
      History(name: "rebase", commands: ["rebase -q side"]),
      History(name: "cherry-pick", commands: ["cherry-pick side"]),
      History(
        name: "edited", commands: ["write edited by me", "checkout -q one~1"], left: (1, 0), status: " M edited\n"),
      History(
        name: "untracked", commands: ["write mine new", "write directory/mine.o new", "checkout -q two"], left: (2, 0),
        status: "?? mine\n"),
    ]
  }

  @Test("Nobody sees it, and nothing is left of it", arguments: WritableView.engines, History.all)
  func histories(engine: String, history: History) throws {
    let moved = try SwitchView(engine: engine)
    for command in history.commands {
      let words = command.split(separator: " ").map(String.init)
      switch words[0] {
      case "write": try moved.write(words[1], words[2...].joined(separator: " ") + "\n")
      case "settle": try moved.settle()
      default: _ = try SwitchView.git(words, in: moved.path)
      }
    }
    let before = try TimedSnapshot(of: moved.path)
    let head = try moved.git("rev-parse", "HEAD").dropLast()
    try eventually("it settles") {
      let files = try moved.view.stats.files
      let isLeft = files.full + files.new == history.left.written && files.tombstone == history.left.removed
      return try isLeft && moved.view.status.revision == head
    }
    let differences = try TimedSnapshot(of: moved.path).differences(from: before)
    #expect(differences == [])
    let files = try moved.view.stats.files
    #expect(files.full + files.new == history.left.written && files.tombstone == history.left.removed, "\(files)")
    #expect(try moved.view.status.revision == head)
    #expect(try moved.git("status", "--porcelain") == history.status)
    #expect(try moved.git("-c", "core.fsmonitor=false", "status", "--porcelain") == history.status)
    try moved.view.disturb(.remount)
    let mounted = try TimedSnapshot(of: moved.path).differences(from: before)
    #expect(mounted == [], "mounted again")
    #expect(try moved.git("status", "--porcelain") == history.status)
    #expect(try moved.view.projfs.succeed("doctor", moved.path) == "nothing is wrong\n")
  }

  @Test("Listings have the numbers that files and directories have then", arguments: WritableView.engines)
  func listedNumbers(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    // Without git, so that it settles when it is told to.
    for name in ["last", "directory"] {
      let new = moved.path + "/new.o"
      for command in [["cp", "-a", moved.path + "/" + name, new], ["rm", "-r", moved.path + "/" + name]] {
        #expect(try Subprocess.run(command).exitCode == 0)
      }
      try FileCalls.retrying { rename(new, moved.path + "/" + name) }
    }
    // From here on the kernel has the listings.
    let paths = ["", "/directory", "/directory/deep"].map { moved.path + $0 }
    let before = try paths.map(numbers)
    #expect(before.allSatisfy { $0.listed == $0.own })
    try moved.settle()
    let files = try moved.view.stats.files
    #expect(files.full + files.new == 0, "\(files)")
    #expect(try numbers(in: paths[0]).own != before[0].own, "what was made anew has another number")
    try eventually("listings say what files say") {
      try paths.map(numbers).allSatisfy { $0.listed == $0.own }
    }
  }

  /// The inode numbers in a directory by the names, as its listing has them, and as stat(2) does.
  private func numbers(in path: String) throws -> (listed: [String: UInt64], own: [String: UInt64]) {
    let directory = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
    var numbers: (listed: [String: UInt64], own: [String: UInt64]) = ([:], [:])
    for entry in try EntryCalls.entries(of: directory.rawValue) {
      let name = String(decoding: entry.name, as: UTF8.self)
      numbers.listed[name] = entry.inode
      numbers.own[name] = UInt64(try EntryCalls.status(at: directory.rawValue, entry.name).st_ino)
    }
    return numbers
  }

  @Test("What is not quite the projection's, or in use, stays as long as that lasts", arguments: WritableView.engines)
  func staying(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    try moved.git("checkout", "-q", "two")
    let descriptor = try FileCalls.open(moved.path + "/changed", O_RDWR)
    let root = try FileCalls.open(moved.path, O_RDONLY | O_DIRECTORY)
    try ExtendedAttributes.set(at: root.rawValue, Array("same-size".utf8), Array("user.note".utf8), to: [1])
    try FileCalls.retrying { chmod(moved.path + "/big", 0o600) }
    try FileCalls.retrying { link(moved.path + "/last", moved.path + "/second-name.o") }
    let before = try TimedSnapshot(of: moved.path)
    // Where the kernel opens files by itself, what is open for writing is local when it is written to.
    let full = engine == "cached" ? 3 : 4
    try eventually("the others go") { try moved.view.stats.files.full == full }
    #expect(try TimedSnapshot(of: moved.path).differences(from: before) == [])
    let files = try moved.view.stats.files
    // `second-name.o` is new.
    #expect(files.full == full && files.new == 1, "\(files)")
    try FileCalls.writeAll(descriptor.rawValue, Array("w".utf8))
    #expect(try moved.view.text("changed").hasPrefix("whanged of two"))
    try FileCalls.writeAll(descriptor.rawValue, Array("h".utf8))
    #expect(try moved.git("status", "--porcelain") == " M changed\n")
  }

  @Test("Looking for what may go leaves times of access alone", arguments: WritableView.engines)
  func accessTimes(engine: String) throws {
    let moved = try SwitchView(engine: engine)
    try moved.git("checkout", "-q", "two")
    try moved.write("directory/mine", "new\n")
    // As long as the provider's, so that it is read.
    try moved.write("same-size", String(try moved.view.text("same-size").reversed()))
    let paths = [moved.path + "/directory", moved.path + "/same-size"]
    for path in paths {
      var times = [timespec(tv_sec: 5, tv_nsec: 0), timespec(tv_sec: 10, tv_nsec: 0)]
      try FileCalls.retrying { utimensat(AT_FDCWD, path, &times, 0) }
    }
    try moved.settle()
    for path in paths {
      #expect(try FileCalls.status(path).st_atim.tv_sec == 5, "\(path)")
    }
  }

  @Test("After any git command, the tree is what it was", arguments: WritableView.engines, ScriptSettings.viewTests)
  func scripts(engine: String, test: ScriptTest) throws {
    try test.run {
      var pair = try ScriptView.pair(engine: engine)
      let view = try #require(pair.resources.lazy.compactMap { $0 as? MountedView }.first)
      let state = try view.stateDirectory
      pair.sabotage = { place, step, _ in
        let before = try TimedSnapshot(of: place.tree)
        try SwitchView.settle(state)
        let differences = try TimedSnapshot(of: place.tree).differences(from: before)
        if !differences.isEmpty { throw ScriptMismatch("settling after \(step) changes \(differences.prefix(5))") }
      }
      return pair
    }
  }
}
