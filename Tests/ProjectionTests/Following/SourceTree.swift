import Provider
import Synchronization
import TestSupport

@testable import Projection

/// A source that changes, with answers that a test holds back and failures that it wants.
final class SourceTree: ChangingProvider, SizeProvider {
  /// What directories are called.
  enum Naming: Sendable, CaseIterable {
    /// By their paths: what an ID lists changes.
    case paths
    /// By what is in them.
    case contents
  }

  private struct State {
    var tree: ProvidedTree
    /// Every directory by what is in it, and every text.
    var directories: [String: ProvidedTree] = [:]
    var texts: Set<String> = []
    var outdated: Set<String> = []
    var failures: [String: ProviderError] = [:]
    var held: [String: (arrived: Gate, released: Gate)] = [:]
    var counts: [String: Int] = [:]
    var listeners: [AsyncStream<ProviderChange>.Continuation] = []
  }

  let naming: Naming
  private let state: Mutex<State>

  init(_ tree: ProvidedTree, naming: Naming = .paths) {
    self.naming = naming
    state = Mutex(State(tree: tree))
    set(tree)
  }

  var tree: ProvidedTree { state.withLock { $0.tree } }

  // MARK: - What a test does

  /// The source has another tree from now on. Nobody is told.
  func set(_ tree: ProvidedTree) {
    state.withLock { state in
      state.tree = tree
      Self.add(tree, to: &state)
    }
  }

  private static func add(_ tree: ProvidedTree, to state: inout State) {
    switch tree {
    case .file(let text), .link(let text): state.texts.insert(text)
    case .directory(let entries):
      state.directories[tree.shortID] = tree
      for entry in entries.values { add(entry, to: &state) }
    }
  }

  /// Says that something has changed.
  func tell(_ change: ProviderChange) {
    for listener in state.withLock({ $0.listeners }) { listener.yield(change) }
  }

  /// Ends the stream of changes.
  func end() {
    for listener in state.withLock({ $0.listeners }) { listener.finish() }
  }

  /// A text is not to be had any more.
  func outdate(_ text: String) { state.withLock { _ = $0.outdated.insert(text) } }

  /// Makes a call (`list d`, `fetch text`, `size text`) fail from now on.
  func fail(_ call: String, with error: ProviderError?) { state.withLock { $0.failures[call] = error } }

  /// Keeps a call waiting, which answers as things were when it came.
  func hold(_ call: String) { state.withLock { $0.held[call] = (Gate(), Gate()) } }

  func arrival(of call: String) async throws {
    try await state.withLock { $0.held[call]?.arrived }?.pass()
  }

  func release(_ call: String) { state.withLock { $0.held.removeValue(forKey: call)?.released }?.open() }

  func count(_ call: String) -> Int { state.withLock { $0.counts[call] ?? 0 } }

  /// How a change of the tree is told: the directories whose own entries are different.
  func changedDirectories(from old: ProvidedTree, to new: ProvidedTree) -> [(path: String, id: DirectoryID)] {
    var changed: [(String, DirectoryID)] = []
    func compare(_ old: ProvidedTree, _ new: ProvidedTree, _ path: String) {
      guard case .directory(let before) = old, case .directory(let after) = new, old != new else { return }
      let isListedAnew = Set(before.keys).union(after.keys).contains { name in
        if naming == .paths, case .directory = before[name], case .directory = after[name] { return false }
        return before[name] != after[name]
      }
      if isListedAnew { changed.append((path, id(of: old, at: path))) }
      for (name, entry) in before {
        if let other = after[name] { compare(entry, other, path.isEmpty ? name : path + "/" + name) }
      }
    }
    compare(old, new, "")
    return changed
  }

  func id(of tree: ProvidedTree, at path: String) -> DirectoryID {
    DirectoryID((naming == .paths ? path : tree.shortID).utf8)
  }

  // MARK: - What the core asks

  func changes() -> AsyncStream<ProviderChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: ProviderChange.self)
    state.withLock { $0.listeners.append(continuation) }
    return stream
  }

  func root() async throws -> DirectoryID { id(of: tree, at: "") }

  func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    let id = String(decoding: directory.bytes, as: UTF8.self)
    let listing: DirectoryListing? = state.withLock { state in
      let found = naming == .paths ? state.tree.at(id) : state.directories[id]
      guard case .directory(let entries) = found else { return nil }
      var listing = DirectoryListing()
      for (name, entry) in entries {
        switch entry {
        case .file(let text):
          listing.appendFile(
            name, content: ContentID(text.utf8), size: name < "c" ? Int64(text.utf8.count) : nil)
        case .link(let target):
          listing.appendSymbolicLink(name, target: ContentID(target.utf8), size: Int64(target.utf8.count))
        case .directory:
          listing.appendDirectory(name, id: self.id(of: entry, at: id.isEmpty ? name : id + "/" + name))
        }
      }
      return listing
    }
    try await pass("list \(id)")
    guard let listing else { throw ProviderError.missing("directory \(id)") }
    return listing
  }

  func sizes(of contents: [ContentID]) async throws -> [Int64] {
    var sizes: [Int64] = []
    for content in contents { sizes.append(Int64(try await text(of: content, for: "size").utf8.count)) }
    return sizes
  }

  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    try sink.write(Array(try await text(of: content, for: "fetch").utf8))
  }

  private func text(of content: ContentID, for call: String) async throws -> String {
    let text = String(decoding: content.bytes, as: UTF8.self)
    let isThere = state.withLock { $0.texts.contains(text) && !$0.outdated.contains(text) }
    try await pass("\(call) \(text)")
    guard isThere else { throw ProviderError.outdated("content \(text)") }
    return text
  }

  private func pass(_ call: String) async throws {
    let held = state.withLock { state in
      state.counts[call, default: 0] += 1
      return state.held[call]
    }
    if let held {
      held.arrived.open()
      try await held.released.pass()
    }
    if let failure = state.withLock({ $0.failures[call] }) { throw failure }
  }
}

extension ProvidedTree {
  /// What is at a path.
  func at(_ path: String) -> ProvidedTree? {
    path.split(separator: "/").reduce(self) { tree, name in
      guard case .directory(let entries) = tree else { return nil }
      return entries[String(name)]
    }
  }

  /// The same tree with something else at a path; nil for nothing.
  func with(_ entry: ProvidedTree?, at path: String) -> ProvidedTree {
    guard case .directory(var entries) = self else { return self }
    let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
    if parts.count == 1 {
      entries[parts[0]] = entry
    } else {
      entries[parts[0]] = (entries[parts[0]] ?? .directory([:])).with(entry, at: parts[1])
    }
    return .directory(entries)
  }
}
