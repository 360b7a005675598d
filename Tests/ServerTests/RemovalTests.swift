import Control
import Posix
import TestSupport
import Testing
import ViewStorage

@Suite struct RemovalTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/deep/state"
  }

  private func make() throws -> StateDirectory { try StateDirectory(making: path, owner: nil) }

  @Test("Removing takes everything of the view, and nothing of others")
  func removal() throws {
    let state = try make()
    try state.write(
      ViewRecord(
        provider: "git", source: "/source", mountpoint: "/mnt", requestedRevision: "HEAD", engine: nil,
        allowOther: false, readOnly: false, fileTime: .epoch, verifyObjects: false, inodeKey: 1))
    try state.leaveCleanMark()
    try state.lock().close()
    try state.openLog().close()
    try directory.write("deep/other", "x")
    try state.remove()
    #expect(try FileCalls.names(directory.path + "/deep") == ["other"])
  }

  @Test("A directory with something foreign in it is not removed")
  func foreignFile() throws {
    _ = try make()
    try directory.write("deep/state/precious", "x")
    let failure = #expect(throws: StateDirectory.Failure.self) { try make().remove() }
    if case .system = failure {} else { Issue.record("\(String(describing: failure))") }
    #expect(try FileCalls.names(path) == ["precious"])
  }
}
