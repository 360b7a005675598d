import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("A view of any provider", .enabled(if: Availability.fuse, "FUSE is not available"))
struct ProviderViewTests {
  private let home: TemporaryDirectory
  private let tree: String
  private let server: WebServerOnDemand

  init() throws {
    home = try TemporaryDirectory()
    server = WebServerOnDemand(serving: home.path)
    tree = try ProvidedSource.sampleTree(in: home)
  }

  private func mount(_ kind: ProvidedSource, _ options: String...) throws -> MountedView {
    try MountedView(
      kind.make(of: tree, in: home, server), in: home, options: ["--provider", kind.provider] + options)
  }

  @Test("Shows the whole tree, again after a remount", arguments: ProvidedSource.allCases, ["passthrough", "cached"])
  func identity(kind: ProvidedSource, engine: String) throws {
    let view = try mount(kind, "--engine", Availability.root ? engine : "auto")
    let native = try TreeSnapshot(of: tree)
    for _ in 0..<2 {
      #expect(try TreeSnapshot(of: view.path).differences(from: native) == [])
      let status = try view.status
      #expect(status.provider == kind.provider && status.reference == nil && status.healthy)
      #expect(!status.revision.isEmpty && status.revision.allSatisfy(\.isHexDigit))
      try view.projfs.succeed("unmount", view.path)
      #expect(try FileCalls.names(view.path) == [])
      try view.projfs.succeed("mount", view.path)
    }
    #expect(try view.stats.files.total == 8)
    #expect(try view.projfs.succeed("doctor", view.path) == "nothing is wrong\n")
  }

  @Test("Keeps changes over a remount, and refuses to lose them", arguments: ProvidedSource.allCases)
  func changes(kind: ProvidedSource) throws {
    let view = try mount(kind)
    try change(view.path)
    let changed = try TreeSnapshot(of: view.path)
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.succeed("doctor", view.path) == "nothing is wrong\n")
    try view.projfs.succeed("mount", view.path)
    #expect(try TreeSnapshot(of: view.path).differences(from: changed) == [])
    #expect(try view.projfs.run(["remove", view.path]).exitCode == 1)
    try view.projfs.succeed("remove", "--force", view.path)
    #expect(try view.projfs.views().isEmpty)
  }

  /// One change of each kind.
  private func change(_ view: String) throws {
    for (name, flags, text) in [("README", O_TRUNC, "mine\n"), ("a/new", O_CREAT, "new\n")] {
      let file = try FileCalls.open("\(view)/\(name)", O_WRONLY | flags, mode: 0o644)
      try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    }
    try FileCalls.remove(view + "/nothing")
    try FileCalls.retrying { chmod(view + "/a/large", 0o600) }
  }

  @Test(
    "Over a source that changed while unmounted, changes stay and all else is new", arguments: ProvidedSource.allCases)
  func changedSource(kind: ProvidedSource) throws {
    let view = try mount(kind)
    try change(view.path)
    // What keeps its old version has to have it: an archive that was replaced has its members no more.
    _ = try view.read("a/large")
    let before = (status: try view.status, file: try FileCalls.status(view.path + "/a/run"))
    try view.projfs.succeed("unmount", view.path)
    try home.write("tree/README", "theirs\n")
    try home.write("tree/nothing", "something\n")
    try home.write("tree/a/b/c/deep", "deeper\n")
    try home.write("tree/a/later", "later\n")
    try kind.make(of: tree, in: home, server)
    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("README") == "mine\n")
    #expect(try view.text("a/new") == "new\n")
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try view.read("nothing") }
    #expect(try FileCalls.status(view.path + "/a/large").st_mode & 0o7777 == 0o600)
    #expect(try view.read("a/large") == FileCalls.contents(tree + "/a/large"))
    #expect(try view.text("a/b/c/deep") == "deeper\n")
    #expect(try view.text("a/later") == "later\n")
    let after = (status: try view.status, file: try FileCalls.status(view.path + "/a/run"))
    #expect((after.status.revision != before.status.revision) == kind.isProven)
    #expect(after.file.st_ino == before.file.st_ino)
  }

  @Test("What changes in another directory shows in its view, below what the user has changed")
  func following() throws {
    let view = try mount(.directory)
    try change(view.path)
    #expect(try view.text("a/b/c/deep") == "deep\n")
    try home.write("tree/a/b/c/deep", "deeper\n")
    try home.write("tree/README", "theirs\n")
    try home.write("tree/a/later", "later\n")
    eventually("the file shows its new text") { (try? view.text("a/b/c/deep")) == "deeper\n" }
    eventually("the new file shows") { (try? view.text("a/later")) == "later\n" }
    #expect(try view.text("README") == "mine\n")
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try view.read("nothing") }
  }

  @Test("There are no revisions to ask for or to switch between", arguments: ProvidedSource.allCases)
  func revisions(kind: ProvidedSource) throws {
    let source = try kind.make(of: tree, in: home, server)
    let place = try home.makeDirectory("place")
    for option in [["--rev", "main"], ["--mtime", "commit"], ["--verify-objects"]] {
      let refused = try Projfs(home: home).run(["mount", source, place, "--provider", kind.provider] + option)
      #expect(refused.exitCode == 64 && refused.errors.contains("no revisions"), "\(refused.errors)")
    }
    let view = try mount(kind)
    let refused = try view.projfs.run(["switch", "main", "-C", view.path])
    #expect(refused.exitCode == 64 && refused.errors.contains("no revisions"), "\(refused.errors)")
  }

  @Test("A source that is missing or unsuitable is said to be, and nothing is left")
  func badSources() throws {
    try home.write("text", "no archive\n")
    let table: [(provider: String, source: String, text: String)] = [
      ("directory", "/missing", "does not exist"), ("directory", "/text", "not a directory"),
      ("archive", "/missing", "does not exist"), ("archive", "/text", "neither tar"),
      ("archive", "/tree", "no regular file"),
      ("exec:/missing/program", "", "127"), (ProvidedSource.exec.provider, "/missing", "no such directory"),
      ("exec:exit 3 #", "", "ended with 3"),
    ]
    for row in table {
      let place = try home.makeDirectory("place")
      let outcome = try Projfs(home: home).run(["mount", home.path + row.source, place, "--provider", row.provider])
      #expect(outcome.exitCode == 66 && outcome.errors.contains(row.text), "\(row): \(outcome.errors)")
      #expect(try Projfs(home: home).views().isEmpty)
      #expect(try FileCalls.names(home.path).contains("state") == false)
      try FileCalls.removeDirectory(place)
    }
    for unknown in ["nonsense", "exec:", ""] {
      let outcome = try Projfs(home: home).run(["mount", tree, tree, "--provider", unknown])
      #expect(outcome.exitCode == 64, "\(outcome.errors)")
    }
  }

  @Test("A view neither lies in its source nor around it, and what it keeps does not either")
  func overlaps() throws {
    let inside = try home.makeDirectory("tree/empty/view")
    let place = try home.makeDirectory("place")
    let places: [(mountpoint: String, options: [String])] = [
      (inside, []), (place, ["--state", tree + "/state"]), (tree, []), (home.path, []),
    ]
    for (mountpoint, options) in places {
      let outcome = try Projfs(home: home).run(["mount", tree, mountpoint, "--provider", "directory"] + options)
      #expect(outcome.exitCode == 73, "\(outcome.errors)")
    }
    #expect(try !FileCalls.names(tree).contains("state"))
  }

  @Test("A state directory has one view's state")
  func otherSource() throws {
    let view = try mount(.directory)
    try view.projfs.succeed("unmount", view.path)
    let state = try #require(try view.projfs.views()[view.path]?.stateDirectory)
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let refused = try view.projfs.run(["mount", repository.path, view.path, "--state", state])
    #expect(refused.exitCode == 73 && refused.errors.contains("projfs remove"), "\(refused.errors)")
    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("README") == "# sample\n")
  }
}
