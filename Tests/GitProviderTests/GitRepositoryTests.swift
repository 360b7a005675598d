import GitProvider
import Glibc
import Posix
import Provider
import TestSupport
import Testing

@Suite struct GitRepositoryTests {
  @Test(
    "A repository is found by its working tree, by a subdirectory, by its git directory and through a symbolic link")
  func finding() throws {
    let test = try TestRepository()
    let link = test.directory.path + "/link"
    try FileCalls.retrying { symlink(test.path, link) }
    for path in [test.path, test.path + "/", test.path + "/dir", test.path + "/.git", link, link + "/dir"] {
      let repository = try test.open(path)
      #expect(repository.commonDirectory == test.path + "/.git")
      #expect(repository.objectsDirectory == test.path + "/.git/objects")
      #expect(repository.owner == (geteuid(), getegid()))
      #expect(try repository.revision("HEAD") == test.open().revision("HEAD"))
    }
    #expect(try test.open(link).path == test.path)
  }

  @Test("A bare repository is a repository")
  func bare() throws {
    let test = try TestRepository()
    let bare = test.directory.path + "/bare.git"
    try test.git.git("clone", "-q", "--bare", test.path, bare)
    let repository = try test.open(bare)
    #expect(repository.commonDirectory == bare)
    #expect(try repository.revision("main") == test.open().revision("main"))
  }

  @Test("A linked worktree shares the repository's objects, and HEAD is its own")
  func linkedWorktree() throws {
    let test = try TestRepository()
    let worktree = test.directory.path + "/worktree"
    try test.git.git("worktree", "add", "-q", "-b", "side", worktree)
    try test.git.add("only-on-main", "x")
    let main = try test.git.commit("second")
    let repository = try test.open(worktree)
    #expect(repository.commonDirectory == test.path + "/.git")
    #expect(repository.objectsDirectory == test.path + "/.git/objects")
    #expect(try repository.revision("main").id == main)
    #expect(try repository.revision("HEAD") == repository.revision("side"))
    #expect(try repository.revision("HEAD").reference == "refs/heads/side")
    #expect(try test.open().revision("HEAD").id == main)
  }

  @Test("A path that is no repository is refused with git's reason")
  func notARepository() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("file", "x")
    for (path, reason) in [
      (directory.path, "not a git repository"), (directory.path + "/missing", "No such file or directory"),
      (file, "Not a directory"), ("", "No such file or directory"),
    ] {
      let failure = #expect(throws: GitSourceError.self) { try GitRepository(path: path) }
      guard case .notARepository(path, let given) = failure else {
        Issue.record("'\(path)': \(String(describing: failure))")
        continue
      }
      #expect(given.contains(reason), "'\(path)'")
    }
  }

  @Test("A repository with sha256 names is refused by name")
  func sha256() throws {
    let directory = try TemporaryDirectory()
    let git = try GitFixture(at: directory.path + "/sha256", format: "sha256")
    #expect(throws: GitSourceError.unsupportedFormat(path: git.path, format: "sha256")) {
      try GitRepository(path: git.path)
    }
  }

  @Test("A repository without a commit is empty, and names nothing else either")
  func empty() throws {
    let directory = try TemporaryDirectory()
    let git = try GitFixture(at: directory.path + "/empty")
    let repository = try GitRepository(path: git.path)
    #expect(throws: GitSourceError.empty(path: git.path)) { try repository.revision("HEAD") }
    #expect(throws: GitSourceError.unknownRevision("main", path: git.path)) { try repository.revision("main") }
  }
}

@Suite struct GitRevisionTests {
  private let test: TestRepository
  private let first: String
  private let second: String

  init() throws {
    test = try TestRepository()
    first = try test.git.git("rev-parse", "HEAD")
    try test.git.git("tag", "-a", "-m", "annotated", "v1")
    try test.git.git("tag", "light")
    try test.git.add("README", "changed\n")
    second = try test.git.commit("second")
    try test.git.git("branch", "topic/one", first)
  }

  @Test(
    "A revision that names a commit gives that commit, its time and the branch or tag that was named",
    arguments: [
      ("HEAD", false, "refs/heads/main"), ("main", false, "refs/heads/main"),
      ("refs/heads/main", false, "refs/heads/main"),
      ("topic/one", true, "refs/heads/topic/one"), ("v1", true, "refs/tags/v1"), ("light", true, "refs/tags/light"),
      ("HEAD~1", true, nil), ("main^", true, nil), ("v1^{}", true, nil), ("v1^{commit}", true, nil), ("@", false, nil),
      (":/first", true, nil), ("main@{0}", false, nil),
    ] as [(String, Bool, String?)])
  func commits(name: String, isFirst: Bool, reference: String?) throws {
    let revision = try test.open().revision(name)
    let id = isFirst ? first : second
    #expect(revision.id == id)
    // '@' and such may or may not count as naming the branch.
    if let reference { #expect(revision.reference == reference) }
    #expect(revision.commitTime == Int64(try test.git.git("show", "-s", "--format=%ct", id)))
  }

  @Test("The full and the abbreviated id of a commit name it")
  func ids() throws {
    for id in [first, String(first.prefix(10))] {
      let revision = try test.open().revision(id)
      #expect(revision.id == first)
      #expect(revision.reference == nil)
    }
  }

  @Test("A tree is a revision without a time", arguments: ["HEAD^{tree}", "HEAD:dir", "HEAD:", "v1:dir"])
  func trees(name: String) throws {
    let revision = try test.open().revision(name)
    #expect(revision.id == (try test.git.git("rev-parse", name)))
    #expect(revision.commitTime == nil)
    #expect(revision.reference == nil)
  }

  @Test("What names no tree is refused with what it is", arguments: [("HEAD:README", "blob"), ("HEAD:link", "blob")])
  func notATree(name: String, kind: String) throws {
    #expect(throws: GitSourceError.notATree(name, kind: kind)) { try test.open().revision(name) }
  }

  @Test(
    "What names nothing is unknown, options and ranges too",
    arguments: [
      "nothing", "HEAD~99", "HEAD:missing", "", "--all", "-h", "--git-dir", "main..topic/one", "^main", "a b",
      "0000000000000000000000000000000000000000\n", "main\n",
    ])
  func unknown(name: String) throws {
    #expect(throws: GitSourceError.unknownRevision(name, path: test.path)) { try test.open().revision(name) }
  }

  @Test("An id of an object that is not there is no revision")
  func missingObject() throws {
    let id = String(repeating: "ab", count: 20)
    #expect(throws: GitSourceError.self) { try test.open().revision(id) }
  }

  @Test("A commit whose tree is gone is damaged or no tree, and not unknown")
  func missingTree() throws {
    let tree = try test.id("HEAD^{tree}")
    try FileCalls.remove(test.looseObject(tree))
    let failure = #expect(throws: GitSourceError.self) { try test.open().revision("HEAD") }
    if case .unknownRevision = failure { Issue.record("it is known: \(String(describing: failure))") }
  }
}
