import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("A view shows exactly what a checkout shows", .enabled(if: Availability.fuse, "FUSE is not available"))
struct IdentityTests {
  @Test("Names, modes, sizes, targets and bytes", arguments: ["passthrough", "cached"])
  func everything(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    try repository.git("worktree", "add", "-q", "--detach", home.path + "/native")
    // Without privilege there is no passthrough; auto takes the other engine.
    let view = try MountedView(
      repository.path, in: home, options: ["--engine", Availability.root ? engine : "auto"])
    let native = try TreeSnapshot(of: home.path + "/native")
    #expect(try TreeSnapshot(of: view.path).differences(from: native) == [])
    // Once more, from what is hydrated by now.
    #expect(try TreeSnapshot(of: view.path).differences(from: native) == [])
  }

  @Test("Every way to name a source and a revision")
  func sourcesAndRevisions() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    try repository.add("README.md", "# second\n")
    try repository.commit("second")
    try repository.git("tag", "-a", "-m", "annotated", "v1", "HEAD~1")
    try repository.git("branch", "topic", "v1")
    try repository.git("gc", "-q")
    try repository.git("clone", "-q", "--bare", ".", home.path + "/bare.git")
    try repository.git("clone", "-q", "--shared", ".", home.path + "/borrowing")
    try repository.git("worktree", "add", "-q", home.path + "/linked", "topic")
    let table: [(source: String, revision: String?, first: String)] = [
      ("repository", nil, "# second\n"), ("repository", "HEAD~1", "# sample\n"), ("repository", "v1", "# sample\n"),
      ("repository", "topic", "# sample\n"), ("repository", "main@{0}", "# second\n"), ("bare.git", nil, "# second\n"),
      ("borrowing", nil, "# second\n"), ("linked", nil, "# sample\n"), ("repository/a/b", "v1^{tree}", "# sample\n"),
    ]
    for (number, row) in table.enumerated() {
      let options = row.revision.map { ["--rev", $0] } ?? []
      let view = try MountedView("\(home.path)/\(row.source)", in: home, at: "view\(number)", options: options)
      #expect(try view.text("README.md") == row.first, "\(row)")
    }
  }

  @Test("Inode numbers and times are the same after a remount, and listing and stat agree")
  func stability() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let before = try FileCalls.status("\(view.path)/a/b/c/d/deep")
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
    let after = try FileCalls.status("\(view.path)/a/b/c/d/deep")
    #expect(before.st_ino == after.st_ino)
    #expect(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec)
    let listed = try Subprocess.run(["find", view.path, "-printf", "%i %p\\n"]).output
    for line in listed.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 1)
      #expect(try String(FileCalls.status(String(fields[1])).st_ino) == fields[0], "\(fields[1])")
    }
  }

  @Test("--mtime commit shows the commit's time")
  func commitTime() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--mtime", "commit"])
    let time = try repository.git("log", "-1", "--format=%ct")
    #expect(try String(FileCalls.status("\(view.path)/README.md").st_mtim.tv_sec) == time)
  }

  @Test("A directory that is read in pieces, and from the middle, gives each entry once")
  func seeking() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let stream = try #require(opendir("\(view.path)/many"))
    defer { closedir(stream) }
    var names: [String] = []
    var places: [Int] = []
    let name = { (entry: UnsafeMutablePointer<dirent>) in
      withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    while let entry = readdir(stream) {
      names.append(name(entry))
      places.append(telldir(stream))
    }
    #expect(names.count == 302 && Set(names).count == 302)
    for middle in stride(from: 0, to: names.count - 1, by: 37) {
      seekdir(stream, places[middle])
      #expect(name(try #require(readdir(stream))) == names[middle + 1])
    }
  }

  @Test("In a read-only view nothing can be changed")
  func readOnly() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--read-only"])
    #expect(try view.status.readOnly)
    #expect(throws: Errno.readOnlyFileSystem) {
      _ = try FileCalls.open("\(view.path)/README.md", O_WRONLY)
    }
    #expect(throws: Errno.readOnlyFileSystem) { try FileCalls.remove("\(view.path)/README.md") }
    #expect(throws: Errno.readOnlyFileSystem) { try FileCalls.makeDirectory("\(view.path)/new") }
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try FileCalls.open("\(view.path)/missing", O_RDONLY) }
  }
}
