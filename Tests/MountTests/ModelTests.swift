import FileSystemModel
import Glibc
import Posix
import TestSupport
import Testing

@Suite("A view behaves like a directory of the native file system, whatever is done to it")
struct ModelTests {
  /// Proves the model itself; with `PROJFS_MODEL_SUBJECT`, any directory.
  @Test("Two native directories", arguments: ModelSettings.tests)
  func native(test: ModelTest) throws {
    let fixture = try Fixture()
    var test = test
    test.disturbances = [:]
    try test.run { try fixture.tree.nativePair(subjectBelow: ModelSettings.subject) }
  }

  @Test(
    "A view, against a checkout", .enabled(if: Availability.fuse, "FUSE is not available"),
    arguments: WritableView.engines, ModelSettings.tests)
  func view(engine: String, test: ModelTest) throws {
    let fixture = try Fixture()
    try test.run { try WritableView.pair(of: fixture.tree, engine: engine) }
  }

  @Test(
    "A view that nobody changes, against a checkout", .enabled(if: Availability.fuse, "FUSE is not available"),
    arguments: WritableView.engines)
  func unchanged(engine: String) throws {
    let fixture = try Fixture()
    let looking = try Operation.parse(
      """
      status a/b
      open @0 large read existing 0
      read @0 4095 5000
      list many
      read link 0 100
      disturb remount
      readlink d/lib-2/c
      read a/b/c/d 0 100
      disturb kill
      read page 0 4096
      disturb drop-caches
      status =link
      """)
    let difference = ModelTest.replay(looking, on: try WritableView.pair(of: fixture.tree, engine: engine))
    #expect(difference == nil)
  }

  @Test("What once failed, and what is known to be hard", arguments: try Regression.all)
  func regressions(regression: Regression) throws {
    let operations = try regression.operations
    #expect(!operations.isEmpty)
    let fixture = try Fixture()
    let native = ModelTest.replay(operations, on: try fixture.tree.nativePair(subjectBelow: ModelSettings.subject))
    #expect(native == nil, "two native directories")
    guard Availability.fuse else { return }
    for engine in WritableView.engines {
      let difference = ModelTest.replay(operations, on: try WritableView.pair(of: fixture.tree, engine: engine))
      #expect(difference == nil, "\(engine)")
    }
  }
}

/// A repository to mount and to check out.
private struct Fixture {
  let home: TemporaryDirectory
  let tree: StartingTree

  init() throws {
    home = try TemporaryDirectory()
    tree = try StartingTree(at: home.path + "/repository")
  }
}

/// A saved sequence: `Regressions/*.ops`, one operation a line.
struct Regression: CustomTestStringConvertible {
  let name: String
  private static let directory =
    "\(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))/Regressions"

  static var all: [Regression] {
    get throws {
      try FileCalls.names(directory).filter { $0.hasSuffix(".ops") }.sorted().map { Regression(name: $0) }
    }
  }

  var operations: [Operation] {
    get throws {
      try Operation.parse(String(decoding: FileCalls.contents("\(Self.directory)/\(name)"), as: UTF8.self))
    }
  }

  var testDescription: String { name }
}
