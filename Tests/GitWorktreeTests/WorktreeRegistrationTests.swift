import GitProvider
import Glibc
import Posix
import TestSupport
import Testing

@testable import GitWorktree

@Suite("A view in its repository's list of worktrees") struct WorktreeRegistrationTests {
  private let home: TemporaryDirectory
  private let repository: GitFixture

  init() throws {
    home = try TemporaryDirectory()
    repository = try GitFixture(at: home.path + "/repository")
    try repository.add("file", "text")
    try repository.commit()
    try repository.git("branch", "free")
    try repository.git("tag", "-a", "-m", "a tag", "tagged")
  }

  private func make(
    _ revision: String, at name: String = "view", of path: String? = nil
  ) throws -> (registration: WorktreeRegistration, remark: String?) {
    let source = try GitRepository(path: path ?? repository.path)
    let mountpoint = home.path + "/" + name
    _ = try Directories.make(mountpoint)
    return try WorktreeRegistration.make(
      of: source.commonDirectory, revision: source.revision(revision), mountpoint: mountpoint,
      draftDirectory: home.path + "/draft", owner: nil)
  }

  @Test(
    "HEAD is the branch that was named, where it is free, and detached for everything else",
    arguments: [
      ("free", "ref: refs/heads/free", false), ("refs/heads/free", "ref: refs/heads/free", false),
      ("main", nil, true), ("HEAD", nil, true), ("tagged", nil, false), ("HEAD^{commit}", nil, false),
    ])
  func head(revision: String, expected: String?, isRemarked: Bool) throws {
    let made = try make(revision)
    let commit = try repository.git("rev-parse", "HEAD")
    let head = try FileCalls.contents(made.registration.directory + "/HEAD")
    #expect(String(decoding: head, as: UTF8.self) == (expected ?? commit) + "\n")
    #expect((made.remark != nil) == isRemarked)
    #expect(made.registration.condition() == .intact)
    let list = try repository.git("worktree", "list", "--porcelain")
    #expect(list.contains("worktree \(home.path)/view\nHEAD \(commit)\n"), "\(list)")
    #expect(list.contains("locked a projfs view; 'projfs remove \(home.path)/view'"), "\(list)")
    #expect(try FileCalls.names(home.path).sorted() == ["repository", "view"])
    // Its reflog begins as that of every worktree.
    #expect(try FileCalls.names(made.registration.directory + "/logs") == ["HEAD"])
  }

  @Test("A bare repository has no worktree that could have a branch")
  func bare() throws {
    let bare = home.path + "/bare.git"
    try repository.git("clone", "-q", "--bare", repository.path, bare)
    let made = try make("main", of: bare)
    #expect(made.remark == nil)
    #expect(try FileCalls.contents(made.registration.directory + "/HEAD") == Array("ref: refs/heads/main\n".utf8))
  }

  @Test("A branch that is being rebased elsewhere, or has moved on, is not taken")
  func busy() throws {
    try repository.git("worktree", "add", "-q", home.path + "/other", "free")
    let other = try repository.git("-C", home.path + "/other", "rev-parse", "--absolute-git-dir")
    try repository.git("-C", home.path + "/other", "checkout", "-q", "--detach")
    _ = try Directories.make(other + "/rebase-merge")
    try home.write("name", "refs/heads/free\n")
    #expect(rename(home.path + "/name", other + "/rebase-merge/head-name") == 0)
    #expect(try make("free").remark?.contains("another worktree") == true)

    try repository.git("branch", "moved")
    var revision = try GitRepository(path: repository.path).revision("moved")
    try repository.commit("later")
    try repository.git("branch", "-f", "moved")
    revision.reference = "refs/heads/moved"
    let made = try WorktreeRegistration.make(
      of: repository.path + "/.git", revision: revision, mountpoint: home.path + "/view2",
      draftDirectory: home.path + "/draft", owner: nil)
    #expect(made.remark?.contains("not at") == true)
  }

  @Test(
    "Names are made as git makes them, and unlike those that are taken",
    arguments: [
      "plain", "with space", "quote's \"here\"", "[glob]*?", "näme", ".hidden", "a.lock", "back\\slash", "-x",
    ])
  func names(name: String) throws {
    let first = try make("free", at: "one/" + name).registration
    let second = try make("free", at: "two/" + name).registration
    #expect(second.name == first.name + "1")
    for registration in [first, second] {
      #expect(registration.condition() == .intact)
      let settings = WorktreeSettings(registration)
      for _ in 0..<2 { try settings.apply(hook: "/nowhere/it's a \"hook\"", owner: nil) }
      let asked = try repository.git(
        "--git-dir=\(registration.directory)", "--work-tree=\(home.path)", "config", "core.fsmonitor")
      #expect(asked == #"'/nowhere/it'\''s a "hook"'"#)
    }
    #expect(try repository.git("config", "--get-regexp", "includeif").split(separator: "\n").count == 2)
    for registration in [first, second] {
      try WorktreeSettings(registration).remove()
      try registration.remove()
    }
    #expect(
      !String(decoding: try FileCalls.contents(repository.path + "/.git/config"), as: UTF8.self).contains("include"))
    #expect(try repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(access(repository.path + "/.git/worktrees", F_OK) != 0)
  }

  @Test("The settings hold in this worktree alone", arguments: ["plain", "r [1]*/repository"])
  func isolation(place: String) throws {
    let copy = "\(home.path)/\(place)"
    try repository.git("clone", "-q", repository.path, copy)
    let before = try repository.git("-C", copy, "config", "--list")
    let registration = try make("HEAD", of: copy).registration
    let view = registration.mountpoint
    try home.write("view/.git", String(decoding: registration.gitfile, as: UTF8.self))
    try WorktreeSettings(registration).apply(hook: nil, owner: nil)
    try repository.git("-C", view, "worktree", "add", "-q", home.path + "/inner")
    // A submodule's git directory lies in that of the worktree it was checked out in.
    _ = try Directories.make(registration.directory + "/modules")
    try repository.git("clone", "-q", "--separate-git-dir", registration.directory + "/modules/m", copy, view + "/m")
    #expect(try repository.git("-C", view, "config", "core.untrackedCache") == "true")
    for other in [copy, home.path + "/inner", view + "/m"] {
      let settings = try repository.git("-C", other, "config", "--list")
      #expect(!settings.contains("untrackedcache") && !settings.contains("fsmonitor"), "\(settings)")
    }
    #expect(registration.submodules() == ["m"])
    try WorktreeSettings(registration).remove()
    #expect(try repository.git("-C", copy, "config", "--list") == before)
  }

  @Test("What is damaged is mended with HEAD as it was; what is lost is known as lost")
  func mending() throws {
    let made = try make("free").registration
    for file in ["locked", "gitdir", "commondir"] {
      try FileCalls.remove("\(made.directory)/\(file)")
      guard case .damaged = made.condition() else {
        Issue.record("\(file): \(made.condition())")
        continue
      }
      try made.mend(owner: nil)
      #expect(made.condition() == .intact)
    }
    #expect(try FileCalls.contents(made.directory + "/HEAD") == Array("ref: refs/heads/free\n".utf8))
    #expect(WorktreeRegistration.unnoted(in: made.commonDirectory, mountpoint: made.mountpoint) == made)
    try FileCalls.remove(made.directory + "/HEAD")
    #expect(made.isLost)
    // Another worktree took the name.
    try made.remove()
    try repository.git("worktree", "add", "-q", home.path + "/elsewhere/view")
    #expect(made.isLost)
    try made.remove()
    #expect(try repository.git("worktree", "list").split(separator: "\n").count == 2)
  }

  @Test("A commit that only a detached HEAD has is known")
  func unreachable() throws {
    let made = try make("tagged").registration
    try home.write("view/.git", String(decoding: made.gitfile, as: UTF8.self))
    #expect(try made.unreachableCommit() == nil)
    try repository.git("-C", made.mountpoint, "commit", "-q", "--allow-empty", "-m", "alone")
    let commit = try repository.git("-C", made.mountpoint, "rev-parse", "HEAD")
    #expect(try made.unreachableCommit() == commit)
    try repository.git("branch", "saved", commit)
    #expect(try made.unreachableCommit() == nil)
  }
}

extension WorktreeRegistration {
  fileprivate var isLost: Bool {
    if case .lost = condition() { true } else { false }
  }
}
