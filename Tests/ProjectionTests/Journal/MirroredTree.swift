import TestSupport

@testable import Projection

/// A tree of files with versions, whose changes a journal is told of as a file system would tell it.
struct MirroredTree {
  /// What is visible of a file.
  struct State: Hashable {
    var file: Int
    var version: Int
  }

  private(set) var journal: ChangeJournal
  private var files: [String: Int] = [:]
  private var versions: [Int: Int] = [:]
  private var writers: [(file: Int, tokens: [ChangeJournal.WriterToken])] = []

  private static let directories = ["a", "b", "a/x", "b/x", "c"]
  private static let names = ["1", "2", "3"]

  init(journal: ChangeJournal) {
    self.journal = journal
  }

  /// What is visible, by path.
  var states: [String: State] {
    files.mapValues { State(file: $0, version: versions[$0] ?? 0) }
  }

  /// Makes one change of any kind.
  mutating func change(_ random: inout SeededRandom) {
    switch Int.random(in: 0..<12, using: &random) {
    case 0..<3: create(Self.path(&random))
    case 3: remove(files.keys.sorted().randomElement(using: &random))
    case 4: rename(files.keys.sorted().randomElement(using: &random), to: Self.path(&random))
    case 5:
      exchange(files.keys.sorted().randomElement(using: &random), files.keys.sorted().randomElement(using: &random))
    case 6:
      renameDirectory(Self.directories.randomElement(using: &random), Self.directories.randomElement(using: &random))
    case 7: link(files.keys.sorted().randomElement(using: &random), to: Self.path(&random))
    case 8..<10: openForWriting(files.keys.sorted().randomElement(using: &random))
    case 10: write(&random)
    default: closeWriter(&random)
    }
    write(&random)
  }

  /// Goes on with another journal; nobody has a file open any more.
  mutating func restart(with journal: ChangeJournal, silently changes: Bool, _ random: inout SeededRandom) {
    self.journal = journal
    for writer in writers { versions[writer.file, default: 0] += 1 }
    writers = []
    guard changes, let file = files.values.sorted().randomElement(using: &random) else { return }
    versions[file, default: 0] += 1
  }

  private static func path(_ random: inout SeededRandom) -> String {
    let directory = directories[Int.random(in: 0..<directories.count, using: &random)]
    return "\(directory)/\(names[Int.random(in: 0..<names.count, using: &random)])"
  }

  private func paths(of file: Int) -> [String] { files.filter { $0.value == file }.map(\.key) }

  /// Creates a file, or changes the one that is there with a request that the server sees.
  private mutating func create(_ path: String) {
    let file = files[path] ?? versions.count
    files[path] = file
    versions[file, default: 0] += 1
    for path in paths(of: file) { journal.record(path) }
  }

  private mutating func remove(_ path: String?) {
    guard let path else { return }
    files[path] = nil
    journal.recordRemoval(of: path)
  }

  private mutating func rename(_ old: String?, to new: String) {
    // rename(2) does nothing with two names of one file.
    guard let old, files[old] != files[new] else { return }
    files[new] = files.removeValue(forKey: old)
    journal.recordRename(from: old, to: new)
  }

  private mutating func exchange(_ old: String?, _ new: String?) {
    guard let old, let new, files[old] != files[new] else { return }
    (files[old], files[new]) = (files[new], files[old])
    journal.recordRename(from: old, to: new, exchanging: true)
  }

  private mutating func renameDirectory(_ old: String?, _ new: String?) {
    guard let old, let new, !(old + "/").hasPrefix(new + "/"), !(new + "/").hasPrefix(old + "/") else { return }
    // Only an empty directory can be replaced.
    for path in files.keys.sorted() where path.hasPrefix(new + "/") { remove(path) }
    for path in files.keys.sorted() where path.hasPrefix(old + "/") {
      files[new + path.dropFirst(old.count)] = files.removeValue(forKey: path)
    }
    journal.recordRename(from: old, to: new, .subtree)
  }

  private mutating func link(_ old: String?, to new: String) {
    guard let old, files[new] == nil else { return }
    files[new] = files[old]
    journal.recordLink(from: old, to: new)
  }

  private mutating func openForWriting(_ path: String?) {
    guard let path, let file = files[path] else { return }
    writers.append((file, paths(of: file).map { journal.beginWriting($0) }))
  }

  /// Writes to an open file as the kernel does: the journal hears nothing.
  private mutating func write(_ random: inout SeededRandom) {
    guard let writer = writers.randomElement(using: &random) else { return }
    versions[writer.file, default: 0] += 1
  }

  private mutating func closeWriter(_ random: inout SeededRandom) {
    guard let index = writers.indices.randomElement(using: &random) else { return }
    for token in writers.remove(at: index).tokens { journal.endWriting(token) }
  }
}

/// A copy of a tree, brought up to date with a journal's answers alone.
struct TreeCopy {
  private(set) var states: [String: MirroredTree.State] = [:]
  private var token: ChangeJournal.Token?

  /// Looks at what changed since the last time; returns whether the answer was exact.
  mutating func update(from tree: MirroredTree) -> Bool {
    let changes = tree.journal.changes(since: token)
    token = changes.token
    let current = tree.states
    guard case .exact(let paths, _) = changes else {
      states = current
      return false
    }
    for change in paths {
      let path = String(decoding: change.path, as: UTF8.self)
      states[path] = current[path]
      guard change.scope == .subtree else { continue }
      states = states.filter { !$0.key.hasPrefix(path + "/") }
      for (below, state) in current where below.hasPrefix(path + "/") { states[below] = state }
    }
    return true
  }
}
