import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

@Suite("What connects a view with other programs") struct IntegrationTests {
  @Test("A gitfile at the top is shown, and is no change, no file of its own and no finding")
  func gitfile() async throws {
    let fixture = try await Fixture()
    try fixture.directory.write("state/local/.git", "gitdir: /elsewhere\n")
    #expect(try await fixture.read(fixture.lookup(".git").node) == "gitdir: /elsewhere\n")
    let state = try FileCalls.open(fixture.directory.path + "/state", O_RDONLY | O_DIRECTORY)
    #expect(try LocalChanges(in: state.rawValue).count == 0)
    let states = try await fixture.fileSystem.fileStates()
    #expect(states.new == 0 && states.fullBytes == 0)
    let check = try LocalTreeCheck(of: TreeProvider(), in: fixture.directory.path + "/state", owner: nil)
    #expect(try await check.findings().isEmpty)
  }

  @Test("A repository that somebody made at the top, and a gitfile below it, are changes")
  func ownRepository() async throws {
    let fixture = try await Fixture()
    _ = try fixture.directory.makeDirectory("state/local/.git")
    try fixture.directory.write("state/local/.git/config", "[core]\n")
    _ = try fixture.directory.makeDirectory("state/local/module")
    try fixture.directory.write("state/local/module/.git", "gitdir: /elsewhere\n")
    let state = try FileCalls.open(fixture.directory.path + "/state", O_RDONLY | O_DIRECTORY)
    #expect(try LocalChanges(in: state.rawValue).count == 4)
    #expect(try await fixture.fileSystem.fileStates().new == 2)
  }
}
