import Glibc
import Posix
import Provider
import TestSupport

@testable import Projection

/// A view that is observed, with a kernel that a test plays.
struct ObservedView {
  let tree: TreeProvider
  let view: ViewDriver
  let observer: RecordingObserver
  let observation: any Observation

  var fileSystem: ProjectionCore { view.fixture.fileSystem }

  /// By default everything is asked and told.
  init(
    _ engine: ViewDriver.Engine = .passthrough, watches: [Watch] = [Watch(before: .all, after: .all)],
    deadline: Duration? = nil, overdue: ObserverOptions.Overdue = .refuse, capacity: Int = 1000,
    _ fill: (TreeProvider) -> Void = ObservedView.fill
  ) async throws {
    tree = TreeProvider()
    fill(tree)
    view = ViewDriver(try await Fixture(tree, owner: CoreModelTests.owner), engine)
    observer = RecordingObserver()
    observation = try view.fixture.fileSystem.observe(
      observer, ObserverOptions(watches: watches, deadline: deadline, overdue: overdue, capacity: capacity))
  }

  static func fill(_ tree: TreeProvider) {
    tree.addFile("file", id: "id of file", text: "text of file")
    tree.addFile("other", id: "id of other", text: "other text")
    tree.addFile("empty", id: "id of empty", text: "")
    tree.add("link", .link("target"))
    tree.add("dir", .directory("dir"))
    tree.addFile("inner", in: "dir", id: "id of inner", text: "inner text")
    tree.add("deep", .directory("dir/deep"), in: "dir")
    tree.add("side", .directory("side"))
  }

  /// Performs operations; returns what was asked and told because of them.
  func run(_ operations: TreeOperation...) async throws -> (asked: [String], told: [String]) {
    for operation in operations { try await view.apply(operation) }
    return await seen()
  }

  /// What was asked and told since it was last asked for this.
  func seen() async -> (asked: [String], told: [String]) {
    await observation.deliver()
    return (observer.takeQuestions(), observer.takeLines())
  }

  /// Whatever lies in the state directory, with every byte and all that can be known of it; and what was fetched.
  func everything() throws -> [String] {
    var lines: [String] = []
    let state = view.fixture.directory.path + "/state"
    var waiting = [state, view.fixture.directory.path + "/content"]
    while let path = waiting.popLast() {
      let status = try FileCalls.status(path)
      var line = "\(path) \(status.st_mode) \(status.st_ino) \(status.st_nlink) \(status.st_size) \(status.st_uid)"
      line += " \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
      switch status.st_mode & S_IFMT {
      case S_IFDIR: waiting += try FileCalls.names(path).map { "\(path)/\($0)" }
      case S_IFREG: line += " \(try FileCalls.contents(path))"
      default: break
      }
      lines.append(line)
    }
    return lines.sorted()
  }
}
