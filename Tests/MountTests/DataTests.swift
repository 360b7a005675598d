import FileSystemModel
import Glibc
import Posix
import TestSupport
import Testing

@Suite("A file has the bytes that were written to it, however they were")
struct DataTests {
  /// What the file is before the first action.
  enum Beginning: String, CaseIterable, CustomTestStringConvertible {
    case new, virtual, hydrated, read

    /// Its name in the starting tree.
    var name: String { self == .new ? "fresh" : "large" }
    var testDescription: String { self == .read ? "open for reading elsewhere" : rawValue }
  }

  @Test("On the native file system", arguments: Beginning.allCases)
  func native(beginning: Beginning) throws {
    let home = try TemporaryDirectory()
    let tree = try StartingTree(at: home.path + "/repository")
    let path = home.path + "/tree"
    try tree.checkOut(at: path)
    try Self.run(DataTest(seed: ModelSettings.firstSeed, actions: ModelSettings.actions), beginning, in: path)
  }

  @Test(
    "In a view", .enabled(if: Availability.fuse, "FUSE is not available"),
    arguments: WritableView.engines, Beginning.allCases)
  func view(engine: String, beginning: Beginning) throws {
    let home = try TemporaryDirectory()
    let tree = try StartingTree(at: home.path + "/repository")
    let view = try MountedView(tree.repository.path, in: home, options: ["--engine", engine])
    var test = DataTest(seed: ModelSettings.firstSeed, actions: ModelSettings.actions)
    test.readersKeepWhatTheyOpened = WritableView.allowances(engine: engine).readersKeepWhatTheyOpened
    // A reader is there from the first action to the last; the others see the file system come and go.
    if beginning != .read { test.disturbances = [.dropCaches, .remount, .kill] }
    try Self.run(test, beginning, in: view.path) { try view.disturb($0) }
  }

  @Test("One byte that changes by itself is found")
  func meddled() throws {
    let home = try TemporaryDirectory()
    let path = try home.write("file", String(repeating: "x", count: 50_000))
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 50_000)
    let failure = #expect(throws: DataTest.Failure.self) {
      try DataTest(seed: 1, actions: 2000).run(
        path: path, expected: bytes,
        meddle: { descriptor, index in
          guard index == 777, let status = try? FileCalls.status(descriptor), status.st_size > 0 else { return }
          _ = pwrite(descriptor, "y", 1, Int(status.st_size) / 2)
        })
    }
    #expect(failure?.description.hasPrefix("seed 1: ") == true)
  }

  private static func run(
    _ test: DataTest, _ beginning: Beginning, in root: String,
    disturb: (Operation.Disturbance) throws -> Void = { _ in }
  ) throws {
    let path = "\(root)/\(beginning.name)"
    if beginning == .new { _ = try FileCalls.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644) }
    let expected = beginning == .new ? [] : StartingTree.largeContents
    if beginning == .hydrated { #expect(try FileCalls.contents(path) == expected) }
    try test.run(path: path, expected: expected, reader: beginning == .read, disturb: disturb)
  }
}
