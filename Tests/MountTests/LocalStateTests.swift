import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("What was changed is kept, checked and not lost", .enabled(if: Availability.fuse, "FUSE is not available"))
struct LocalStateTests {
  @Test("A view with changes is removed only by force")
  func removal() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    try make("new", in: view)
    for _ in ["mounted", "unmounted"] {
      let refused = try view.projfs.run(["remove", view.path])
      #expect(refused.exitCode == 1 && refused.errors.contains("new") && refused.errors.contains("--force"))
      _ = try view.projfs.run(["unmount", view.path])
    }
    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("new") == "mine\n")
    try view.projfs.succeed("remove", "--force", view.path)
    #expect(try FileCalls.names("\(repository.path)/.git/projfs/views") == [])
  }

  @Test("Changes to one revision are not shown over another")
  func otherRevision() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    try view.projfs.succeed("unmount", view.path)
    try repository.add("later", "later\n")
    try repository.commit()
    // Without changes it moves on.
    try view.projfs.succeed("mount", repository.path, view.path)
    #expect(try view.text("later") == "later\n")
    try make("new", in: view)
    try view.projfs.succeed("unmount", view.path)
    try repository.add("latest", "latest\n")
    try repository.commit()
    let refused = try view.projfs.run(["mount", repository.path, view.path])
    #expect(refused.exitCode == 1 && refused.errors.contains("projfs mount \(view.path)"), "\(refused.errors)")
    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("new") == "mine\n")
  }

  @Test(
    "What makes no sense is found and mended, and nothing of it is deleted",
    .enabled(if: Availability.root, "making whiteouts and marks by hand needs root"))
  func doctor() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    try FileCalls.makeDirectory(view.path + "/made")
    try make("made/inside", in: view)
    try make("precious", in: view)
    let state = try view.stateDirectory
    try view.projfs.succeed("unmount", view.path)
    #expect(try view.projfs.run(["doctor", view.path]).exitCode == 0)

    let local = try FileCalls.open(state + "/local", O_RDONLY | O_DIRECTORY)
    let content = Array("user.projection.contentid".utf8)
    let nonsense = Array("nothing that anybody has".utf8)
    try EntryCalls.makeWhiteout(at: local.rawValue, Array("stray".utf8))
    try ExtendedAttributes.set(at: local.rawValue, Array("made".utf8), content, to: nonsense)
    try ExtendedAttributes.set(at: local.rawValue, Array("precious".utf8), content, to: nonsense)
    let found = try view.projfs.run(["doctor", view.path])
    #expect(found.exitCode == 1 && found.output.split(separator: "\n").count == 3, "\(found.output)")
    #expect(try view.projfs.run(["doctor", "--fix", view.path]).exitCode == 0)
    #expect(try view.projfs.run(["doctor", view.path]).exitCode == 0)
    #expect(try FileCalls.names(state + "/lost+found") == ["precious"])
    #expect(try FileCalls.contents(state + "/lost+found/precious") == Array("mine\n".utf8))

    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("made/inside") == "mine\n")
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try view.read("precious") }
    // What is kept there is not lost by the way.
    try FileCalls.remove(view.path + "/made/inside")
    try FileCalls.removeDirectory(view.path + "/made")
    let refused = try view.projfs.run(["remove", view.path])
    #expect(refused.exitCode == 1 && refused.errors.contains("lost+found"), "\(refused.errors)")
  }

  @Test(
    "A view ends although another mount namespace has a copy of it",
    .enabled(if: Availability.root, "mount namespaces need root"))
  func copiedMount() throws {
    let home = try TemporaryDirectory()
    let repository = try SampleRepository.make(at: home.path + "/repository")
    let view = try MountedView(repository.path, in: home)
    // Somebody keeps a copy until the view was unmounted here.
    let copying = """
      unshare --mount sleep 60 & copy=$!
      until [ "$(cat /proc/$copy/comm)" = sleep ]; do :; done
      "$@"; status=$?
      kill $copy
      exit $status
      """
    let outcome = try view.projfs.run(["unmount", view.path], behind: ["sh", "-c", copying, "sh"])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try view.projfs.succeed("mount", view.path)
    #expect(try view.text("README.md") == "# sample\n")
  }

  private func make(_ name: String, in view: MountedView) throws {
    let file = try FileCalls.open("\(view.path)/\(name)", O_CREAT | O_WRONLY, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array("mine\n".utf8))
  }
}
