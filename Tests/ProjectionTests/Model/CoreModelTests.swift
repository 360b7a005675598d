import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// The whole core, without a mount, against a directory on disk.
@Suite struct CoreModelTests {
  static let owner =
    Availability.root ? FileOwner(user: 1000, group: 1000) : FileOwner(user: geteuid(), group: getegid())

  /// A small tree, and the same on disk.
  static func seed(_ tree: TreeProvider, _ reference: ReferenceTree) throws {
    let time = TimeStamp(seconds: 1_700_000_000, nanoseconds: 5)
    for directory in ["x", "y", "x/z"] {
      let (parent, name) = directory.contains("/") ? ("x", "z") : ("", directory)
      tree.add(name, .directory(directory), in: parent)
      try reference.seed(directory, .directory, "", owner: owner, time: time)
    }
    for (directory, name, text) in [
      ("", "a", "shared"), ("", "b", "root b"), ("x", "a", "shared"), ("x", "b", ""), ("x/z", "a", "deep"),
    ] {
      tree.addFile(name, in: directory, id: "id of \(text)", text: text, listed: name == "a")
      try reference.seed((directory.isEmpty ? "" : directory + "/") + name, .file, text, owner: owner, time: time)
    }
    tree.add("l", .link("target"))
    try reference.seed("l", .symbolicLink, "target", owner: owner, time: time)
    for directory in ["x/z", "x", "y"] { try reference.age(directory, time) }
  }

  private struct Run {
    let tree = TreeProvider()
    let home: TemporaryDirectory
    let setting: ModelSetting
    let reference: ReferenceTree
    var view: ViewDriver
    var history: [String] = []
    /// What was not as it should be.
    var problems: [String] = []
    /// What the view calls each file of the reference.
    var numbers: [UInt64: UInt64] = [:]

    init(_ setting: ModelSetting) async throws {
      self.setting = setting
      home = try TemporaryDirectory()
      let path = try home.makeDirectory("reference")
      reference = try ReferenceTree(at: path)
      try CoreModelTests.seed(tree, reference)
      view = try await setting.view(of: tree, in: home)
      // The root is dressed by the view; the reference follows.
      let shown = try await view.fixture.fileSystem.attributes(of: .root)
      try reference.apply(.changeMode("", shown.permissions))
      let root = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
      try FileCalls.changeOwner(root.rawValue, user: shown.owner.user, group: shown.owner.group)
      try reference.age("", shown.modified)
    }

    var fetches: Int {
      ["shared", "root b", "", "deep"].reduce(0) { $0 + tree.count(.fetch("id of \($1)")) }
    }

    mutating func apply(_ operation: TreeOperation) async {
      history.append("\(operation)")
      let before = fetches
      var (expected, actual): (String?, ProjectionError?)
      do throws(ProjectionError) { try await view.apply(operation) } catch { actual = error }
      do { try reference.apply(operation) } catch { expected = "\(error)" }
      if (expected == nil) != (actual == nil) {
        problems.append("ends with \(actual.map { "\($0)" } ?? "success") instead of \(expected ?? "success")")
      }
      switch actual {
      case .stale, .provider, .storage: problems.append("fails: \(actual.map { "\($0)" } ?? "")")
      default: break
      }
      if operation.fetchesNothing, fetches != before { problems.append("something was fetched") }
    }

    /// Compares everything. A copy of the local tree has other inode numbers for what is the user's.
    mutating func compare(_ view: ViewDriver, isCopy: Bool = false) async throws {
      let expected = try reference.snapshot()
      let actual = try await view.snapshot()
      problems += actual.differences(from: expected).map { (isCopy ? "in a copy, " : "") + $0 }
      guard !isCopy else { return }
      // A symbolic link that was the provider's has no place to note its number.
      for (path, inode) in expected.inodes where expected.entries[path]?.kind != .symbolicLink {
        guard let number = actual.inodes[path] else { continue }
        if let known = numbers[inode], known != number {
          problems.append("\(path) has the number \(number), not \(known)")
        }
        numbers[inode] = number
      }
      let used = Set(expected.inodes.values).compactMap { numbers[$0] }
      if Set(used).count != used.count { problems.append("two files have one number") }
    }

    /// What those read who have files open.
    mutating func compareOpenFiles() async throws {
      for number in view.openFiles.indices {
        let text = try FileCalls.read(reference.openFiles[number].rawValue, at: 0, count: 4096)
        let expected = view.openFiles[number].kept ?? String(decoding: text, as: UTF8.self)
        let actual = try await view.readOpen(number)
        if actual != expected { problems.append("open file \(number) reads '\(actual)' instead of '\(expected)'") }
      }
    }

    /// A server that ends in good order, and the next one.
    mutating func remount() async throws {
      history.append("remount")
      reference.closeAll()
      view.end()
      if !view.isClean { problems.append("something is still held at the end") }
      view = try await setting.view(of: tree, in: home)
    }

    /// What the next server would find if this one were killed now.
    mutating func compareCopy() async throws {
      let copy = try TemporaryDirectory()
      for name in ["state", "content"] {
        let outcome = try Subprocess.run(["cp", "-a", "\(home.path)/\(name)", copy.path])
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
      }
      let other = try await setting.view(of: tree, in: copy)
      try await compare(other, isCopy: true)
      other.end()
    }
  }

  /// Runs operations that are given, comparing after each.
  static func replay(_ operations: [TreeOperation], _ setting: ModelSetting) async throws {
    var run = try await Run(setting)
    for operation in operations {
      await run.apply(operation)
      guard run.problems.isEmpty else { break }
      try await run.compareOpenFiles()
      try await run.compare(run.view)
      if !run.problems.isEmpty { break }
    }
    try await run.compareCopy()
    try await run.remount()
    try await run.compare(run.view)
    run.view.end()
    #expect(run.problems.isEmpty)
  }

  /// What random operations found once, shrunk.
  private static let found: [[TreeOperation]] = [
    // An empty directory that nobody had listed could not be removed.
    [.removeDirectory("y")],
    // Cut to a size above 0, a file kept its time.
    [.truncate("x/a", size: 5)],
    [.truncate("x/b", size: 0), .changeMode("x/z/a", 0o600), .truncate("x/z/a", size: 3)],
    // A listing after a remount gave another number than a lookup.
    [.unlink("x/b"), .rename("x/a", "x/l", .replacing)],
    // A renamed link had one number in listings and another in lookups.
    [.rename("l", "x/y", .replacing)],
    [.link("a", "c"), .rename("a", "c", .keepingExisting)],
  ]

  @Test("What was wrong once is right", arguments: found.indices)
  func regressions(number: Int) async throws {
    for setting in ModelSetting.some { try await Self.replay(Self.found[number], setting) }
  }

  @Test(
    "Whatever users do, a view is like a directory on disk: at once, after a remount, and where the server is killed",
    arguments: ModelSetting.runs(3, others: 2))
  func model(setting: ModelSetting, seed: UInt64) async throws {
    var generator = OperationGenerator(random: SeededRandom(seed: seed))
    var random = SeededRandom(seed: ~seed)
    var run = try await Run(setting)
    var kinds = try run.reference.snapshot().entries.mapValues(\.kind)
    kinds[""] = nil
    for step in 0..<120 {
      await run.apply(generator.next(kinds, openFiles: run.reference.openFiles.count))
      guard run.problems.isEmpty else { break }
      do {
        try await run.compareOpenFiles()
        if step.isMultiple(of: 3) { try await run.compare(run.view) }
        if step.isMultiple(of: 16) { try await run.compareCopy() }
        if Int.random(in: 0..<25, using: &random) == 0 {
          try await run.remount()
          try await run.compare(run.view)
        }
        if Int.random(in: 0..<4, using: &random) == 0 { run.view.forgetSome(&random) }
        for text in ["shared", "root b", "deep"] where Int.random(in: 0..<3, using: &random) == 0 {
          try run.view.fixture.store.remove(ContentID("id of \(text)".utf8))
        }
      } catch {
        run.problems.append("\(error)")
      }
      guard run.problems.isEmpty else { break }
      kinds = try run.reference.snapshot().entries.mapValues(\.kind)
      kinds[""] = nil
    }
    run.view.end()
    if !run.view.isClean { run.problems.append("something is still held at the end") }
    #expect(run.problems.isEmpty, "seed \(seed): \(run.history)")
  }
}
