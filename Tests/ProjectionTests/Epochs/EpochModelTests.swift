import Glibc
import Posix
import Provider
import Synchronization
import TestSupport
import Testing

@testable import Projection

/// A view that moves from tree to tree, while users change it, against a directory on disk.
@Suite struct EpochModelTests {
  private struct Run {
    let provider = TreeProvider()
    let home: TemporaryDirectory
    let setting: ModelSetting
    let reference: ReferenceTree
    var shown: ProvidedTree
    var paths = PathHistory()
    var view: ViewDriver
    var history: [String] = []
    var problems: [String] = []
    var moves = 0
    var settled = 0

    init(_ setting: ModelSetting, _ tree: ProvidedTree) async throws {
      self.setting = setting
      home = try TemporaryDirectory()
      shown = tree
      let path = try home.makeDirectory("reference")
      reference = try ReferenceTree(at: path)
      try reference.show(
        tree, in: "", owner: CoreModelTests.owner, time: TimeStamp(seconds: 1_700_000_000, nanoseconds: 5))
      view = try await Self.mount(tree, PathHistory(), provider, home, setting)
      let root = try await view.fixture.fileSystem.attributes(of: .root)
      try reference.apply(.changeMode("", root.permissions))
      let directory = try FileCalls.open(path, O_RDONLY | O_DIRECTORY)
      try FileCalls.changeOwner(directory.rawValue, user: root.owner.user, group: root.owner.group)
      try reference.age("", root.modified)
    }

    static func mount(
      _ tree: ProvidedTree, _ paths: PathHistory, _ provider: TreeProvider, _ home: TemporaryDirectory,
      _ setting: ModelSetting
    ) async throws -> ViewDriver {
      tree.add(to: provider)
      return ViewDriver(
        try await Fixture(
          setting.way.provider(EpochProvider(base: provider, top: tree.shortID)), owner: CoreModelTests.owner,
          history: paths, in: home),
        setting.engine
      )
    }

    mutating func apply(_ operation: TreeOperation) async {
      history.append("\(operation)")
      var (expected, actual): (String?, ProjectionError?)
      do throws(ProjectionError) { try await view.apply(operation) } catch { actual = error }
      do { try reference.apply(operation) } catch { expected = "\(error)" }
      if (expected == nil) != (actual == nil) {
        problems.append("ends with \(actual.map { "\($0)" } ?? "success") instead of \(expected ?? "success")")
      }
    }

    mutating func compare(_ what: String) async throws {
      problems += try await view.contradictions().map { "\(what): \($0)" }
      let actual = try await view.snapshot()
      problems += actual.differences(from: try reference.snapshot()).map { "\(what): \($0)" }
      if Set(actual.inodes.values).count != Set(try reference.snapshot().inodes.values).count {
        problems.append("\(what): two files have one number")
      }
      for number in view.openFiles.indices {
        let text = try FileCalls.read(reference.openFiles[number].rawValue, at: 0, count: 4096)
        let expected = view.openFiles[number].kept ?? String(decoding: text, as: UTF8.self)
        let read = try await view.readOpen(number)
        if read != expected { problems.append("\(what): open file \(number) reads '\(read)' instead of '\(expected)'") }
      }
    }

    /// Moves below what is seen, and lets go what is equal.
    mutating func settle(on tree: ProvidedTree, uncovering: Bool) async throws {
      history.append("\(uncovering ? "settle" : "move") on \(tree.id)")
      tree.add(to: provider)
      let fileSystem = view.fixture.fileSystem
      let saved = Mutex(paths)
      for _ in 0..<4 {
        let difference = try await difference(to: tree)
        let obstacles = try fileSystem.move(by: difference, .keeping, at: .now) { new in saved.withLock { $0 = new } }
        if obstacles.isEmpty { break }
        for obstacle in obstacles { try await fileSystem.pin(obstacle) }
      }
      guard fileSystem.root == DirectoryID(tree.shortID.utf8) else {
        problems.append("the way to another tree is never free")
        return
      }
      shown = tree
      paths = saved.withLock { $0 }
      try await compare("moved below")
      guard uncovering else { return }
      settled += try await fileSystem.settle(with: view.openBacking) { new in saved.withLock { $0 = new } }.count
      paths = saved.withLock { $0 }
      try await compare("settled")
    }

    /// How a move to another tree ends.
    enum Ending: CaseIterable {
      /// Everything is compared before.
      case before
      /// What nobody knows is compared afterwards.
      case afterwards
      /// The same by another server, since the first one was killed.
      case killed
    }

    /// Shows another tree, if nothing of the user's is in the way.
    mutating func show(_ tree: ProvidedTree, _ ending: Ending, _ random: inout SeededRandom) async throws {
      tree.add(to: provider)
      let saved = Mutex(paths)
      let before = try await view.snapshot()
      for _ in 0..<Int.random(in: 0..<6, using: &random) { view.forgetSome(&random) }
      let fileSystem = view.fixture.fileSystem
      let whole = try await difference(to: tree)
      let known = ending == .before ? whole : try await fileSystem.knownDifference(to: whole.new)
      let time = TimeStamp.now
      let obstacles = try fileSystem.move(by: known, .showing, at: time) { new in saved.withLock { $0 = new } }
      history.append("\(obstacles.isEmpty ? "show" : "fail to show") \(tree.id), compared \(ending)")
      if obstacles.isEmpty {
        moves += 1
        try reference.replace(shown, by: tree, in: "", owner: CoreModelTests.owner)
        shown = tree
        try await finish(whole, isUnfinished: !known.isWhole, ending, at: time, saved)
      }
      try await compare("shown")
      let after = try await view.snapshot()
      for (path, entry) in after.entries where before.entries[path] == entry && entry.kind == .file {
        if entry.modified != nil, before.inodes[path] != after.inodes[path] {
          problems.append("\(path) is the same with another number")
        }
      }
    }

    /// Ends a move. What is known must not change by that, and what is noted must be what a whole difference notes.
    private mutating func finish(
      _ whole: TreeDifference, isUnfinished: Bool, _ ending: Ending, at time: TimeStamp,
      _ saved: borrowing Mutex<PathHistory>
    ) async throws {
      var expected = paths
      if whole.top != nil {
        let (root, numbers) = (view.fixture.fileSystem.inodes.rootInode, view.fixture.fileSystem.numbers)
        whole.top?.note(time, expected.beginRenewal(), in: &expected, inode: root, numbers: numbers)
      }
      if isUnfinished {
        let renewal = saved.withLock { $0.lastRenewal }
        if ending == .killed {
          reference.closeAll()
          view.end()
          view = try await Self.mount(shown, paths, provider, home, setting)
        }
        let known = await view.knownAttributes()
        try view.fixture.fileSystem.finishMove(by: whole, at: time, renewal: renewal) { new in
          saved.withLock { $0 = new }
        }
        if await view.knownAttributes() != known { problems.append("what was known looks different when a move ends") }
      }
      paths = saved.withLock { $0 }
      if paths != expected { problems.append("other times or numbers are noted than by a whole difference") }
    }

    func difference(to tree: ProvidedTree) async throws -> TreeDifference {
      let fileSystem = view.fixture.fileSystem
      return try await TreeDifference(
        from: fileSystem.root, to: DirectoryID(tree.shortID.utf8), of: fileSystem.provider)
    }

    mutating func remount() async throws {
      history.append("remount")
      reference.closeAll()
      view.end()
      if !view.isClean { problems.append("something is still held at the end") }
      guard let read = PathHistory(encoded: paths.encoded), read == paths else {
        problems.append("the paths cannot be read again")
        return
      }
      view = try await Self.mount(shown, read, provider, home, setting)
      try await compare("remounted")
    }
  }

  @Test(
    "Whatever users do, settling changes nothing that is seen, and switching shows the new tree where they changed nothing",
    arguments: ModelSetting.runs(ModelLength.seeds, others: max(1, ModelLength.seeds / 2)))
  func model(setting: ModelSetting, seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    var generator = OperationGenerator(random: SeededRandom(seed: ~seed))
    let tree = ProvidedTree.random(&random)
    var run = try await Run(setting, tree)
    var trees = [tree]
    for _ in 0..<3 { trees.append((trees.randomElement(using: &random) ?? tree).changed(&random)) }
    for _ in 0..<ModelLength.steps {
      var kinds = try run.reference.snapshot().entries.mapValues(\.kind)
      kinds[""] = nil
      do {
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
          let isWhole = Bool.random(using: &random)
          try await run.settle(on: trees.randomElement(using: &random) ?? tree, uncovering: isWhole)
        case 1: try await run.settle(on: run.shown, uncovering: true)
        case 2:
          let ending = Run.Ending.allCases.randomElement(using: &random) ?? .before
          try await run.show(trees.randomElement(using: &random) ?? tree, ending, &random)
        case 3: try await run.remount()
        case 4: run.view.forgetSome(&random)
        default: await run.apply(generator.next(kinds, openFiles: run.reference.openFiles.count))
        }
      } catch {
        run.problems.append("\(error)")
      }
      guard run.problems.isEmpty else { break }
    }
    run.view.end()
    if !run.view.isClean { run.problems.append("something is still held at the end") }
    #expect(run.problems.isEmpty, "seed \(seed): \(run.history)")
  }
}

/// How long the model runs; longer where the environment says so.
enum ModelLength {
  static let steps = setting("PROJFS_EPOCH_STEPS") ?? 60
  static let seeds = UInt64(setting("PROJFS_EPOCH_SEEDS") ?? 2)

  private static func setting(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}

extension ReferenceTree {
  /// Makes what a provider's tree has in a directory.
  func show(_ tree: ProvidedTree, in path: String, owner: FileOwner, time: TimeStamp) throws {
    guard case .directory(let entries) = tree else { return }
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let inner = (path.isEmpty ? "" : path + "/") + name
      switch entry {
      case .file(let text): try seed(inner, .file, text, owner: owner, time: time)
      case .link(let target): try seed(inner, .symbolicLink, target, owner: owner, time: time)
      case .directory:
        try seed(inner, .directory, "", owner: owner, time: time)
        try show(entry, in: inner, owner: owner, time: time)
        try age(inner, time)
      }
    }
  }

  /// Puts one tree in the place of another where they differ.
  func replace(_ old: ProvidedTree?, by new: ProvidedTree?, in path: String, owner: FileOwner) throws {
    if old == new { return }
    if case .directory(let before) = old, case .directory(let after) = new {
      for name in Set(before.keys).union(after.keys).sorted() {
        try replace(before[name], by: after[name], in: (path.isEmpty ? "" : path + "/") + name, owner: owner)
      }
      return
    }
    if case .directory(let before) = old {
      for name in before.keys.sorted() { try replace(before[name], by: nil, in: "\(path)/\(name)", owner: owner) }
      try apply(.removeDirectory(path))
    } else if old != nil {
      try apply(.unlink(path))
    }
    if let new, let slash = path.lastIndex(of: "/") {
      try show(
        .directory([String(path[path.index(after: slash)...]): new]), in: String(path[..<slash]), owner: owner,
        time: .now)
    } else if let new {
      try show(.directory([path: new]), in: "", owner: owner, time: .now)
    }
  }
}
