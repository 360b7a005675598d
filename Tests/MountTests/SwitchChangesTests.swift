import FileSystemModel
import Glibc
import Posix
import TestSupport
import Testing

/// What `projfs switch` does with local changes, beside `git switch` in an ordinary worktree.
@Suite("projfs switch and local changes", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SwitchChangesTests {
  /// A view, and an ordinary worktree of another copy of its repository, both on the branch `one`.
  private struct Pair {
    let moved: SwitchView
    let worktree: String

    init(engine: String) throws {
      moved = try SwitchView(engine: engine)
      let copy = moved.home.path + "/copy"
      // The same commits: their ids are in what conflicts leave.
      let repository = try GitFixture(at: copy)
      try repository.git(
        "fetch", "-q", "--update-head-ok", moved.repository.path, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"
      )
      worktree = moved.home.path + "/worktree"
      try repository.git("worktree", "add", "-q", worktree, "one")
    }

    var places: [String] { [moved.path, worktree] }

    /// Does something in both.
    func change(_ body: (String) throws -> Void) throws { for place in places { try body(place) } }

    func git(_ arguments: String...) throws { try change { _ = try SwitchView.git(arguments, in: $0) } }

    /// Expects that both show the same, and that git says the same of both.
    func compare(_ when: Comment, sourceLocation location: SourceLocation = #_sourceLocation) throws {
      let names = [["status", "--porcelain", "--ignored"], ["symbolic-ref", "HEAD"], ["ls-files", "--stage"]]
      for arguments in names {
        let said = try places.map { try SwitchView.git(arguments, in: $0) }
        #expect(said[0] == said[1], when, sourceLocation: location)
      }
      let trees = try places.map { try TreeSnapshot(of: $0) }
      // What other attributes convert otherwise shows it in a view; git does not write it anew.
      let differences = trees[0].differences(from: trees[1]).filter { $0 != "/attributes/lines.txt" }
      #expect(differences == [], when, sourceLocation: location)
    }
  }

  @Test("Changes at paths that stay the same go along", arguments: WritableView.engines)
  func along(engine: String) throws {
    let pair = try Pair(engine: engine)
    try pair.change { place in
      try SwitchView.write(place + "/edited", "by me\n")
      try SwitchView.write(place + "/directory/new", "untracked\n")
      try SwitchView.write(place + "/ignored.o", "ignored\n")
      try SwitchView.write(place + "/only-one/mine", "untracked where a directory goes\n")
      try FileCalls.remove(place + "/directory/kept")
      try FileCalls.retrying { chmod(place + "/kept", 0o755) }
    }
    for revision in ["two", "one", "two"] {
      try pair.moved.move(revision)
      _ = try SwitchView.git(["switch", "-q", revision], in: pair.worktree)
      try pair.compare("at \(revision)")
    }
    // With something staged git decides.
    try pair.git("add", "edited", "directory/new")
    for revision in ["one", "two"] {
      try pair.moved.move(revision)
      _ = try SwitchView.git(["switch", "-q", revision], in: pair.worktree)
      try pair.compare("staged, at \(revision)")
    }
    try pair.moved.view.disturb(.remount)
    try pair.compare("mounted again")
  }

  /// One thing in the way of a switch from `one` to `two`.
  struct Obstacle: CustomTestStringConvertible, Sendable {
    let name: String
    let make: @Sendable (String) throws -> Void

    init(_ name: String, _ make: @escaping @Sendable (String) throws -> Void) {
      self.name = name
      self.make = make
    }

    var testDescription: String { name }

    static let all = [
      Obstacle("edited") { try SwitchView.write($0 + "/changed", "by me\n") },
      Obstacle("edited in a directory") { try SwitchView.write($0 + "/directory/deep/changed", "by me\n") },
      Obstacle("edited, and gone there") { try SwitchView.write($0 + "/only-one/deep/file", "by me\n") },
      Obstacle("removed") { try FileCalls.remove($0 + "/changed") },
      Obstacle("another mode") { place in try FileCalls.retrying { chmod(place + "/changed", 0o755) } },
      Obstacle("the mode that it gets") { place in try FileCalls.retrying { chmod(place + "/mode", 0o755) } },
      Obstacle("as it is there") { try SwitchView.write($0 + "/same-size", "two\n") },
      Obstacle("untracked") { try SwitchView.write($0 + "/directory/only-two", "mine\n") },
      Obstacle("untracked as it is there") { try SwitchView.write($0 + "/directory/only-two", "in one of them\n") },
      Obstacle("untracked in place of a directory") { try SwitchView.write($0 + "/only-two", "mine\n") },
      Obstacle("untracked where a directory becomes a file") { try SwitchView.write($0 + "/to-file/mine", "mine\n") },
      Obstacle("ignored where a directory becomes a file") { try SwitchView.write($0 + "/to-file/mine.o", "mine\n") },
      Obstacle("a directory in place of a file") { place in
        try FileCalls.remove(place + "/changed")
        try FileCalls.makeDirectory(place + "/changed")
        try SwitchView.write(place + "/changed/inside", "mine\n")
      },
      Obstacle("staged") { place in
        try SwitchView.write(place + "/changed", "by me\n")
        _ = try SwitchView.git(["add", "changed"], in: place)
      },
      Obstacle("a merge with conflicts") { place in
        #expect(throws: (any Error).self) { _ = try SwitchView.git(["merge", "-q", "two"], in: place) }
      },
      Obstacle("a cherry-pick that waits") { place in
        #expect(throws: (any Error).self) { _ = try SwitchView.git(["cherry-pick", "two"], in: place) }
      },
    ]
  }

  @Test("What is in the way, alone, merged and thrown away", arguments: WritableView.engines, Obstacle.all)
  func obstacles(engine: String, obstacle: Obstacle) throws {
    for option in ["", "--merge", "--force"] {
      let pair = try Pair(engine: engine)
      try pair.change(obstacle.make)
      try pair.compare("\(option) before")
      let before = try TimedSnapshot(of: pair.moved.path)
      let options = option.isEmpty ? [] : [option]
      let theirs = option == "--force" ? ["--discard-changes"] : options
      let native = try Subprocess.run(
        SwitchView.identity + ["git", "-C", pair.worktree, "switch"] + theirs + ["two"])
      let outcome = try pair.moved.view.projfs.run(
        ["switch", "-C", pair.moved.path] + options + ["two"], behind: SwitchView.identity)
      #expect(outcome.exitCode == (native.exitCode == 0 ? 0 : 1), "\(option): \(outcome), but git: \(native)")
      if native.exitCode != 0 {
        #expect(outcome.errors == native.errors, "\(option)")
        #expect(try TimedSnapshot(of: pair.moved.path).differences(from: before) == [], "\(option)")
      }
      try pair.compare("\(option): \(outcome), \(native)")
      // What has gone, and what has not, lasts.
      try pair.moved.settle()
      try pair.compare("\(option), settled")
    }
  }
}
