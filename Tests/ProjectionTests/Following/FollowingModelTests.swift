import Posix
import Provider
import Synchronization
import TestSupport
import Testing

@testable import Projection

/// What users have changed in a view, as a value.
private indirect enum LocalModel: Equatable {
  /// A file with what it shows.
  case file(String)
  /// A name that is gone.
  case whiteout
  /// A directory; nothing of the source's shows through one that users made.
  case directory([String: LocalModel], isFull: Bool)

  static let empty = LocalModel.directory([:], isFull: false)

  /// Paths with what is shown at them, of this over what the source has; nil for directories.
  static func shown(_ local: LocalModel?, over source: ProvidedTree?, at path: String) -> [String: String?] {
    func inside(_ local: [String: LocalModel], _ source: [String: ProvidedTree]) -> [String: String?] {
      var shown: [String: String?] = [:]
      for name in Set(local.keys).union(source.keys) {
        let inner = path.isEmpty ? name : path + "/" + name
        shown.merge(Self.shown(local[name], over: source[name], at: inner)) { $1 }
      }
      if !path.isEmpty { shown.updateValue(nil, forKey: path) }
      return shown
    }
    switch (local, source) {
    case (.whiteout, _), (nil, nil): return [:]
    case (.file(let text), _), (nil, .file(let text)), (nil, .link(let text)): return [path: text]
    case (nil, .directory(let entries)): return inside([:], entries)
    case (.directory(let entries, false), .directory(let below)): return inside(entries, below)
    case (.directory(let entries, _), _): return inside(entries, [:])
    }
  }

  /// What a path is to users: with what lies at it and what the source has at it.
  func walk(_ path: [String], over source: ProvidedTree?) -> (local: LocalModel?, source: ProvidedTree?) {
    guard let name = path.first else { return (self, source) }
    guard case .directory(let entries, let isFull) = self else { return (nil, nil) }
    var below: ProvidedTree?
    if !isFull, case .directory(let provided) = source { below = provided[name] }
    if let local = entries[name] { return local.walk(Array(path.dropFirst()), over: below) }
    return (nil, path.dropFirst().reduce(below) { $0?.at($1) })
  }

  /// The same with something at a path, nil for nothing; local directories are made on the way.
  func with(_ entry: LocalModel?, at path: [String]) -> LocalModel {
    guard case .directory(var entries, let isFull) = self, let name = path.first else { return self }
    entries[name] = path.count == 1 ? entry : (entries[name] ?? .empty).with(entry, at: Array(path.dropFirst()))
    return .directory(entries, isFull: isFull)
  }
}

/// What a view's state would keep.
private final class SavedHistory: Sendable {
  let history = Mutex(PathHistory())
}

/// Random changes of a source and of users: what is seen is what users changed over what the source has.
@Suite struct FollowingModelTests {
  private struct Run {
    let source: SourceTree
    let home: TemporaryDirectory
    let engine: ViewDriver.Engine
    let saved = SavedHistory()
    var view: ViewDriver
    var local = LocalModel.empty
    var log: [String] = []
    var problems: [String] = []

    init(_ tree: ProvidedTree, _ naming: SourceTree.Naming, _ engine: ViewDriver.Engine) async throws {
      source = SourceTree(tree, naming: naming)
      home = try TemporaryDirectory()
      self.engine = engine
      view = ViewDriver(try await Fixture(source, owner: CoreModelTests.owner, in: home), engine)
      startFollowing()
    }

    private func startFollowing() {
      view.fixture.fileSystem.startFollowing { [saved] history, _ in saved.history.withLock { $0 = history } }
    }

    private static func seen(_ snapshot: TreeSnapshot) -> [String: String?] {
      var seen: [String: String?] = [:]
      for (path, entry) in snapshot.entries where !path.isEmpty {
        seen.updateValue(entry.kind == .directory ? nil : entry.content, forKey: path)
      }
      return seen
    }

    mutating func compare(_ what: String) async throws {
      problems += try await view.contradictions().map { "\(what): \($0)" }
      let seen = Self.seen(try await view.snapshot())
      let expected = LocalModel.shown(local, over: source.tree, at: "")
      for path in Set(seen.keys).union(expected.keys).sorted() where seen[path] != expected[path] {
        problems.append(
          "\(what): \(path) is \(String(describing: seen[path])), not \(String(describing: expected[path]))")
      }
    }

    /// Another tree, told in one of the ways there are.
    mutating func change(_ random: inout SeededRandom) async throws {
      let before = try await view.snapshot()
      let (old, new) = (source.tree, source.tree.changed(&random))
      let changed = source.changedDirectories(from: old, to: new)
      source.set(new)
      let change: ProviderChange =
        switch (source.naming, Int.random(in: 0..<3, using: &random)) {
        case (.contents, _): .root(source.id(of: new, at: ""))
        case (.paths, 0): .everything
        case (.paths, 1): .directories(changed.map(\.id))
        case (.paths, _): .paths(changed.map { Array($0.path.utf8) })
        }
      log.append("\(change) of \(new.id)")
      try await view.fixture.fileSystem.show(change)
      try await compare("changed")
      let after = try await view.snapshot()
      for (path, entry) in after.entries where before.entries[path] == entry && entry.kind == .file {
        if before.inodes[path] != after.inodes[path] { problems.append("\(path) is the same with another number") }
      }
    }

    mutating func edit(_ random: inout SeededRandom) async throws {
      let seen = LocalModel.shown(local, over: source.tree, at: "")
      let directories = [""] + seen.filter { $0.value == nil }.map(\.key).sorted()
      let files = seen.filter { $0.value != nil }.map(\.key).sorted()
      let parent = directories.randomElement(using: &random) ?? ""
      let name = ["a", "b", "c", "x", "y", "n"].randomElement(using: &random) ?? "a"
      let fresh = parent.isEmpty ? name : parent + "/" + name
      let file = files.randomElement(using: &random)
      let text = "mine \(Int.random(in: 0..<100, using: &random))"
      let operation: TreeOperation
      var result: LocalModel?
      var path = fresh
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1:
        guard let file, isRegular(file) else { return }
        log.append("write \(file)")
        try await view.apply(.truncate(file, size: 0))
        (path, operation, result) = (file, .write(file, text, offset: 0), .file(text))
      case 2:
        guard seen[fresh] == nil else { return }
        (operation, result) = (.create(fresh, permissions: 0o600), .file(""))
      case 3:
        guard seen[fresh] == nil else { return }
        (operation, result) = (.makeDirectory(fresh, permissions: 0o700), .directory([:], isFull: true))
      case 4:
        guard let file, let shown = seen[file], isRegular(file) else { return }
        (path, operation, result) = (file, .changeMode(file, 0o600), shown.map { .file($0) })
      default:
        guard let file else { return }
        (path, operation) = (file, .unlink(file))
        let parts = file.split(separator: "/").map(String.init)
        result = local.walk(parts, over: source.tree).source == nil ? nil : .whiteout
      }
      log.append("\(operation)")
      try await view.apply(operation)
      local = local.with(result, at: path.split(separator: "/").map(String.init))
      try await compare("edited")
    }

    /// Whether a path is no symbolic link.
    private func isRegular(_ path: String) -> Bool {
      let found = local.walk(path.split(separator: "/").map(String.init), over: source.tree)
      if case .link = found.source, found.local == nil { return false }
      return true
    }

    /// A new server sees the same, with the same times and numbers.
    mutating func remount() async throws {
      log.append("remount")
      let before = try await view.snapshot()
      view.fixture.fileSystem.stopFollowing()
      view.end()
      if !view.isClean { problems.append("something is still held at the end") }
      let history = saved.history.withLock { $0 }
      view = ViewDriver(
        try await Fixture(source, owner: CoreModelTests.owner, history: history, in: home), engine)
      startFollowing()
      let after = try await view.snapshot()
      problems += after.differences(from: before).map { "remounted: \($0)" }
      for (path, inode) in before.inodes where after.inodes[path] != inode && after.entries[path]?.kind == .file {
        problems.append("remounted: \(path) has another number")
      }
      try await compare("remounted")
    }
  }

  @Test(
    "Whatever changes, the view is what users changed over what the source has",
    arguments: SourceTree.Naming.allCases, 1...ModelLength.seeds)
  func model(naming: SourceTree.Naming, seed: UInt64) async throws {
    var random = SeededRandom(seed: seed &* 7919)
    let engine = ViewDriver.Engine.allCases[Int(seed % 3)]
    var run = try await Run(ProvidedTree.random(&random), naming, engine)
    for _ in 0..<ModelLength.steps {
      do {
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<3: try await run.change(&random)
        case 3: run.view.forgetSome(&random)
        case 4 where Int.random(in: 0..<3, using: &random) == 0: try await run.remount()
        default: try await run.edit(&random)
        }
      } catch {
        run.problems.append("\(error)")
      }
      guard run.problems.isEmpty else { break }
    }
    run.view.fixture.fileSystem.stopFollowing()
    run.view.end()
    if !run.view.isClean { run.problems.append("something is still held at the end") }
    #expect(run.problems.isEmpty, "seed \(seed): \(run.log)")
  }
}
