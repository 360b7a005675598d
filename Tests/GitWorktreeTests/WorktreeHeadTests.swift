import GitProvider
import GitWorktree
import Glibc
import Posix
import TestSupport
import Testing

@Suite("HEAD of a worktree") struct WorktreeHeadTests {
  /// A repository with two worktrees that are the same: one that git moves, and one that we do.
  private struct Pair {
    let home: TemporaryDirectory
    let git: GitFixture
    let content: GitContent

    init() throws {
      home = try TemporaryDirectory()
      git = try GitFixture(at: home.path + "/repository")
      // Of the repository itself, for whoever is asked.
      try git.git("config", "user.name", "Test")
      try git.git("config", "user.email", "test@example.org")
      for message in ["first", "second\nline\n\nand more", "  third\t\n\n", "f\u{fc}nfte"] {
        try git.add("file", message)
        try git.git("commit", "-q", "--cleanup=verbatim", "-m", message)
        try git.git("branch", "b\(message.utf8.count)")
      }
      for name in ["theirs", "ours"] {
        try git.git("worktree", "add", "-q", "--detach", home.path + "/" + name, "HEAD")
      }
      let repository = try GitRepository(path: git.path)
      content = try GitContent(repository: repository, revision: repository.revision("HEAD"))
    }

    func head(_ name: String) -> WorktreeHead {
      let registration = WorktreeRegistration(
        commonDirectory: git.path + "/.git", name: name, mountpoint: home.path + "/" + name)
      return WorktreeHead(registration, owner: nil, mask: 0o22)
    }

    /// The file, its permissions, and its log without times.
    func state(_ name: String) throws -> [String] {
      let directory = "\(git.path)/.git/worktrees/\(name)"
      let log = String(decoding: try FileCalls.contents(directory + "/logs/HEAD"), as: UTF8.self)
      let lines = log.split(separator: "\n").dropFirst().map { line in
        line.split(separator: " ").map(String.init).filter { $0.count != 10 || !$0.allSatisfy(\.isNumber) }
          .joined(separator: " ")
      }
      return [
        String(decoding: try FileCalls.contents(directory + "/HEAD"), as: UTF8.self),
        String(try FileCalls.status(directory + "/HEAD").st_mode, radix: 8),
      ] + lines
    }
  }

  @Test("It is moved as git moves it", arguments: [true, false])
  func moves(knowsIdentity: Bool) throws {
    let pair = try Pair()
    let head = pair.head("ours")
    var old = try #require(try head.current())
    for name in ["HEAD~2", "b5", "b10", "-", "b7", "HEAD~1"] {
      let theirs = pair.home.path + "/theirs"
      try pair.git.git("-C", theirs, "switch", "-q", name.hasPrefix("HEAD") ? "--detach" : "--no-detach", name)
      let target = try #require(try head.find(name, in: pair.content))
      #expect(target.old == old)
      try head.move(
        to: target.new, from: old, named: name, identity: knowsIdentity ? try head.identity() : nil)
      #expect(try pair.state("ours") == pair.state("theirs"), "\(name)")
      #expect(try head.isAt(target.new))
      try head.sync()
      old = target.new
    }
  }

  @Test("What git has locked, or has moved, is left to git, which refuses")
  func locked() throws {
    let pair = try Pair()
    let head = pair.head("ours")
    let old = try #require(try head.current())
    let target = try #require(try head.find("b5", in: pair.content))
    let lock = pair.git.path + "/.git/worktrees/ours/HEAD.lock"
    let file = try FileCalls.open(lock, O_WRONLY | O_CREAT, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, [1])
    let before = try pair.state("ours")
    #expect(throws: GitWorktreeError.self) {
      try head.move(to: target.new, from: old, named: "b5", identity: try head.identity())
    }
    #expect(try pair.state("ours") == before)
    #expect(try FileCalls.contents(lock) == [1])
  }

  @Test("What a killed server has left locked is free again, and what git has locked stays", arguments: [true, false])
  func left(isOurs: Bool) throws {
    let pair = try Pair()
    let head = pair.head("ours")
    let directory = pair.git.path + "/.git/worktrees/ours"
    // As the server is killed between taking the lock and moving HEAD.
    let draft = directory + "/projfs-HEAD.lock"
    _ = try FileCalls.open(draft, O_WRONLY | O_CREAT, mode: 0o644)
    if isOurs {
      try FileCalls.retrying { link(draft, directory + "/HEAD.lock") }
    } else {
      _ = try FileCalls.open(directory + "/HEAD.lock", O_WRONLY | O_CREAT, mode: 0o644)
    }
    head.removeLeftLocks()
    #expect(access(draft, F_OK) != 0)
    #expect((access(directory + "/HEAD.lock", F_OK) == 0) == !isOurs)
    let old = try #require(try head.current())
    let target = try #require(try head.find("b5", in: pair.content))
    if isOurs {
      try head.move(to: target.new, from: old, named: "b5", identity: try head.identity())
      #expect(try head.isAt(target.new))
      #expect(access(draft, F_OK) != 0)
    }
  }

  @Test("Commits are read as git tells them")
  func commits() throws {
    let pair = try Pair()
    for line in try pair.git.git("log", "--all", "--format=%H %T %ct %s").split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      let commit = try #require(pair.content.commit(fields[0]))
      #expect(commit.revision.id == fields[0] && commit.revision.treeID == fields[1])
      #expect(commit.revision.commitTime == Int64(fields[2]) && commit.subject == fields[3])
    }
    let tree = try pair.git.git("rev-parse", "HEAD^{tree}").split(separator: "\n")[0]
    #expect(pair.content.commit(String(tree)) == nil)
    #expect(pair.content.commit("no id") == nil)
  }

  @Test("What is no single commit is not found", arguments: ["none", "b5..b9", "HEAD^{tree}", "--all", "b5^@", ""])
  func unknown(name: String) throws {
    let pair = try Pair()
    #expect(try pair.head("ours").find(name, in: pair.content) == nil)
  }
}
