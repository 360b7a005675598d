import GitProvider
import Glibc
import Posix
import TestSupport
import Testing

@testable import GitWorktree

/// A plain directory in the place of a view: its files are what the tree has, and git is the judge.
struct SeededWorktree {
  let home: TemporaryDirectory
  let repository: GitFixture
  let path: String
  let registration: WorktreeRegistration
  let seeded: IndexSeed.Result

  init(
    _ name: String = "worktree", changing: Bool = true, make: (GitFixture) throws -> Void = { _ in }
  ) throws {
    home = try TemporaryDirectory()
    repository = try GitFixture(at: home.path + "/repository")
    for directory in ["a", "a-b", "a/b", "a.c", "z/y/x", "ä"] {
      try repository.add("\(directory)/file", directory)
      try repository.add("\(directory)/other", directory)
    }
    try repository.add("top", "top")
    try repository.add(".gitignore", "*.o\n")
    try repository.add("a/b/.gitignore", "")
    try make(repository)
    try repository.commit()
    path = try home.makeDirectory(name)
    let source = try GitRepository(path: repository.path)
    let revision = try source.revision("HEAD")
    registration = try WorktreeRegistration.make(
      of: source.commonDirectory, revision: revision, mountpoint: path, draftDirectory: home.path + "/draft",
      owner: nil
    ).registration
    try home.write(name + "/.git", String(decoding: registration.gitfile, as: UTF8.self))
    // A hook that knows of no change, and the files as they are, with an index that has never seen them.
    try home.write("hook", "#!/bin/sh\nprintf 'next\\0'\n")
    guard chmod(home.path + "/hook", 0o755) == 0 else { throw Failure() }
    try WorktreeSettings(registration).apply(hook: home.path + "/hook", owner: nil)
    _ = try Self.git(["-C", path, "read-tree", "HEAD"])
    _ = try Self.git(["-C", path, "checkout-index", "--all"])
    try FileCalls.remove(registration.directory + "/index")
    seeded = try IndexSeed(registration, tree: revision.treeID, time: 1_700_000_000, owner: nil).write { _ in [:] }
  }

  struct Failure: Error {
    var arguments: [String] = []
    var errors = ""
  }

  func git(_ arguments: String...) throws -> String { try Self.git(["-C", path] + arguments) }

  private static func git(_ arguments: [String]) throws -> String {
    let outcome = try Subprocess.run(["git"] + arguments)
    guard outcome.exitCode == 0 else { throw Failure(arguments: arguments, errors: outcome.errors) }
    return outcome.output
  }

  /// What `git status` prints, and the number that it counts under `key` while it reads directories.
  func status(_ arguments: [String] = []) throws -> (output: String, counts: [String: Int]) {
    let trace = home.path + "/trace"
    try? FileCalls.remove(trace)
    let outcome = try Subprocess.run(
      ["git", "-C", path, "--no-optional-locks", "status", "--porcelain=v2"] + arguments,
      setting: ["GIT_TRACE2_PERF": trace])
    guard outcome.exitCode == 0, outcome.errors.isEmpty else {
      throw Failure(arguments: arguments, errors: outcome.errors)
    }
    var counts: [String: Int] = [:]
    for line in String(decoding: try FileCalls.contents(trace), as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: "|").last?.split(separator: ":") ?? []
      guard let key = words.first?.split(separator: " ").last?.drop(while: { $0 == "." }), words.count == 2 else {
        continue
      }
      counts[String(key)] = Int(words[1].trimming)
    }
    return (outcome.output, counts)
  }
}

extension Substring {
  fileprivate var trimming: Substring { drop { $0 == " " }.prefix { $0 != " " } }
}

@Suite("The index that a view begins with") struct IndexSeedTests {
  @Test("git status opens no directory and finds nothing", arguments: ["worktree", "with späces 'and' [quotes]*"])
  func clean(name: String) throws {
    let worktree = try SeededWorktree(name)
    let status = try worktree.status()
    #expect(status.output == "")
    #expect(status.counts["opendir"] == 0, "\(status.counts)")
    #expect(
      worktree.seeded.ignoreFiles.map { String(decoding: $0, as: UTF8.self) } == [".gitignore", "a/b/.gitignore"])
    #expect(try worktree.git("fsck").isEmpty)
  }

  @Test("Nothing is looked at: what changed behind the hook's back is not seen, and is once it is asked for")
  func trusting() throws {
    let worktree = try SeededWorktree()
    try worktree.home.write("worktree/top", "changed")
    try worktree.home.write("worktree/a/new", "new")
    #expect(try worktree.status().output == "")
    // The hook names both.
    try worktree.home.write("hook", "#!/bin/sh\nprintf 'next\\0top\\0a/new\\0'\n")
    let status = try worktree.status()
    #expect(status.output.contains(" top\n") && status.output.contains("? a/new\n"), "\(status.output)")
  }

  @Test("Stat data are those of the view, but for files that it shows with other bytes", arguments: ["2", "4"])
  func statData(version: String) throws {
    let worktree = try SeededWorktree { try $0.git("config", "index.version", version) }
    let tree = try worktree.repository.git("rev-parse", "HEAD^{tree}")
    let seed = IndexSeed(worktree.registration, tree: tree, time: 1_600_000_000, owner: nil)
    struct Unknown: Error {}
    for isKnown in [true, false] {
      _ = try seed.write { hasAttributesFiles in
        #expect(!hasAttributesFiles)
        if !isKnown { throw Unknown() }
        return [Array("a/file".utf8): nil]
      }
      let listed = try worktree.git("ls-files", "--debug").split(separator: "\n")
      let place = try #require(listed.firstIndex(of: "a/file"))
      #expect(listed[place + 2] == "  mtime: 0:0" && listed[place + 5].hasPrefix("  size: 0"))
      #expect(listed.count { $0 == "  mtime: 1600000000:0" } == (isKnown ? 14 : 0))
    }
  }

  @Test("The settings of the user and of the repository count", arguments: ["all", "normal"])
  func settings(untracked: String) throws {
    let worktree = try SeededWorktree { repository in
      try repository.git("config", "status.showUntrackedFiles", untracked)
      try repository.git("config", "core.excludesFile", repository.path + "/.git/excluded by all")
      try repository.git("config", "index.version", "4")
      let file = try FileCalls.open(repository.path + "/.git/excluded by all", O_CREAT | O_WRONLY, mode: 0o644)
      try FileCalls.writeAll(file.rawValue, Array("*.obj".utf8))
    }
    let status = try worktree.status()
    #expect(status.output == "" && status.counts["opendir"] == 0, "\(status)")
  }

  @Test("What tree an index is, is read from it; with something staged it is none", arguments: ["2", "4"])
  func wholeTree(version: String) throws {
    let worktree = try SeededWorktree { repository in try repository.git("config", "index.version", version) }
    let tree = try worktree.repository.git("rev-parse", "HEAD^{tree}")
    func read() throws -> String? {
      let bytes = try FileCalls.contents(worktree.registration.directory + "/index")
      return try IndexReader.read(bytes) { reader throws(GitWorktreeError) in try reader.wholeTree() }?
        .map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
    }
    #expect(try read() == tree)
    let file = try FileCalls.open(worktree.path + "/top", O_WRONLY | O_TRUNC)
    try FileCalls.writeAll(file.rawValue, Array("staged".utf8))
    _ = try worktree.git("-c", "core.fsmonitor=", "add", "top")
    #expect(try read() == nil)
    _ = try worktree.git("write-tree")
    #expect(try read() != tree)
  }

  @Test("A submodule is nothing that the cache knows")
  func submodule() throws {
    let worktree = try SeededWorktree { repository in
      let commit = try repository.commit("for the submodule")
      try repository.git("update-index", "--add", "--cacheinfo", "160000,\(commit),a/module")
    }
    let status = try worktree.status()
    #expect(status.output == "" && status.counts["opendir"] == 0, "\(status)")
  }

  @Test("A second worktree has the stored index of the tree; a damaged one is made anew")
  func stored() throws {
    let worktree = try SeededWorktree()
    let tree = try worktree.repository.git("rev-parse", "HEAD^{tree}")
    let seed = IndexSeed(worktree.registration, tree: tree, time: 1_700_000_000, owner: nil)
    try seed.store(worktree.seeded)
    let stored = "\(worktree.repository.path)/.git/projfs/index/\(tree)"
    #expect(try FileCalls.names(worktree.repository.path + "/.git/projfs/index") == [tree])
    for damage in [nil, "DIRC", ""] {
      if let damage {
        let file = try FileCalls.open(stored, O_WRONLY | O_TRUNC)
        try FileCalls.writeAll(file.rawValue, Array(damage.utf8))
      }
      let again = try seed.write { _ in [:] }
      #expect((again.plain == nil) == (damage == nil))
      #expect(try worktree.status().output == "")
      try seed.store(again)
    }
    try seed.writePlain()
    #expect(try worktree.git("ls-files") == worktree.repository.git("ls-files") + "\n")
  }

  @Test("An index cut short anywhere is damaged, and nothing worse")
  func cutShort() throws {
    let worktree = try SeededWorktree()
    let bytes = try FileCalls.contents(worktree.registration.directory + "/index")
    let whole = try DirectoryTree(of: bytes)
    #expect(whole.directories.count == 9)
    for length in stride(from: 0, to: bytes.count, by: 7) {
      let tree = try? DirectoryTree(of: Array(bytes[..<length]))
      #expect(tree == nil || tree?.directories.count == whole.directories.count)
    }
  }
}
