import Control
import Glibc
import Posix
import TestSupport
import Testing

@Suite("What changed is known", .enabled(if: Availability.fuse, "FUSE is not available"))
struct ChangesTests {
  /// What `projfs changes --json` says.
  private func changes(of view: MountedView, since token: String?) throws -> ChangesReport {
    let arguments = ["changes", view.path, "--json"] + (token.map { ["--since", $0] } ?? [])
    return try JSON.decode(ChangesReport.self, from: try view.projfs.run(arguments).output.utf8)
  }

  private func paths(_ report: ChangesReport) -> Set<String> {
    Set(report.paths.map { $0.path + ($0.subtree ? "/" : "") })
  }

  @Test("Every way to change something is named, once, and what only looks is not", arguments: WritableView.engines)
  func ways(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    try repository.add("dir/one", "1\n")
    try repository.add("dir/two", "2\n")
    try repository.commit()
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    var token = try changes(of: view, since: nil).token

    func expect(_ expected: Set<String>, _ change: () throws -> Void) throws {
      try change()
      let report = try changes(of: view, since: token)
      #expect(report.exact)
      #expect(paths(report) == expected)
      token = report.token
    }
    try expect([]) {
      _ = try view.read("README.md")
      _ = try FileCalls.names(view.path + "/dir")
    }
    try expect(["new"]) { try write("new", in: view, O_CREAT | O_WRONLY) }
    try expect(["dir/one"]) { try write("dir/one", in: view, O_WRONLY | O_APPEND) }
    try expect(["README.md"]) { try write("README.md", in: view, O_WRONLY | O_TRUNC) }
    try expect(["dir/two"]) { try FileCalls.retrying { chmod(view.path + "/dir/two", 0o600) } }
    try expect(["dir/two"]) { try FileCalls.remove(view.path + "/dir/two") }
    try expect(["dir/", "moved/"]) { try FileCalls.rename(view.path + "/dir", to: view.path + "/moved") }
    try expect(["moved/one"]) { try write("moved/one", in: view, O_WRONLY) }
    try expect(["made"]) { try FileCalls.makeDirectory(view.path + "/made") }
    try expect(["made/"]) { try FileCalls.removeDirectory(view.path + "/made") }
    try expect(["new", "second"]) {
      try FileCalls.retrying { link(view.path + "/new", view.path + "/second") }
    }
    // Both, or everything where the kernel has forgotten that the other name is one of the same file.
    try write("second", in: view, O_WRONLY)
    let linked = try changes(of: view, since: token)
    #expect(linked.exact && (paths(linked) == ["new", "second"] || paths(linked).contains("/")), "\(paths(linked))")
  }

  @Test(
    "What is written to a file with a name that nobody has looked up is a change of everything",
    arguments: WritableView.engines)
  func unknownNames(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    try write("new", in: view, O_CREAT | O_WRONLY)
    try FileCalls.retrying { link(view.path + "/new", view.path + "/second") }
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
    let token = try changes(of: view, since: nil).token
    try write("second", in: view, O_WRONLY)
    let report = try changes(of: view, since: token)
    #expect(!report.exact || paths(report).contains("/"), "\(paths(report))")
  }

  @Test("A file that is open for writing is named until it is closed, and once more")
  func writers() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    guard try view.status.engine == "passthrough" else { return }
    let file = try FileCalls.open(view.path + "/README.md", O_WRONLY)
    let first = try changes(of: view, since: nil).token
    try FileCalls.writeAll(file.rawValue, Array("x".utf8))
    let second = try changes(of: view, since: first)
    #expect(paths(second) == ["README.md"])
    try FileCalls.writeAll(file.rawValue, Array("y".utf8))
    let third = try changes(of: view, since: second.token)
    #expect(paths(third) == ["README.md"])
    try file.close()
    // The kernel tells of a close when it comes to it, so the last word may be "open" or "closed": it is named either way.
    #expect(try paths(changes(of: view, since: third.token)) == ["README.md"])
  }

  @Test("Tokens are good over a remount, and worth nothing after a server was killed")
  func restarts() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    let token = try changes(of: view, since: nil).token
    try write("new", in: view, O_CREAT | O_WRONLY)
    try view.projfs.succeed("unmount", view.path)
    try view.projfs.succeed("mount", view.path)
    let after = try changes(of: view, since: token)
    #expect(after.exact && paths(after) == ["new"])
    try view.kill()
    try view.projfs.succeed("doctor", "--fix", view.path)
    try view.projfs.succeed("mount", view.path)
    let outcome = try view.projfs.run(["changes", view.path, "--since", token])
    #expect(outcome.exitCode == 1)
    #expect(outcome.output.split(separator: "\n").count == 1, "the token alone: \(outcome.output)")
    for nonsense in ["", "projfs", "projfs:0:x", "projfs:0000000000000000:1"] {
      #expect(try !changes(of: view, since: nonsense).exact)
    }
  }

  private func write(_ name: String, in view: MountedView, _ flags: CInt) throws {
    let file = try FileCalls.open("\(view.path)/\(name)", flags, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array("changed\n".utf8))
  }
}
