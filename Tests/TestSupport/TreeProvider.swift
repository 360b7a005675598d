package import Provider
internal import Synchronization

/// A provider with a tree in memory, whose answers a test can hold back, fail, and count.
///
/// Directories and contents are named by what they are called in the test: the directory ID of `a/b` is `a/b`, the
/// content ID of a file is its text unless the test says otherwise.
package final class TreeProvider: SizeProvider {
  /// One entry of a directory.
  package enum Item: Sendable {
    /// A file with a content ID, the bytes that a fetch gives, and the size that a listing tells.
    case file(id: String, text: String, listedSize: Int64?)
    /// A directory, by its ID.
    case directory(String)
    /// A symbolic link.
    case link(String)
  }

  /// What the provider is asked.
  package enum Call: Hashable, Sendable {
    case list(String)
    /// A page of a directory, the first one being 0.
    case page(String, Int)
    /// A name in a directory, as a path.
    case entry(String)
    case attributes(String)
    case fetch(String)
  }

  private struct State {
    var directories: [String: [(name: String, item: Item)]] = ["": []]
    var texts: [String: String] = [:]
    var failures: [Call: ProviderError] = [:]
    var held: Set<Call> = []
    var waiting: [Call: [UInt64: CheckedContinuation<Void, any Error>]] = [:]
    var watchers: [Call: [CheckedContinuation<Void, Never>]] = [:]
    var counts: [Call: Int] = [:]
    var cancelled: [Call: Int] = [:]
    var lastWaiter: UInt64 = 0
  }

  private let state = Mutex(State())

  package init() {}

  // MARK: - What a test does

  /// Adds a file to a directory, which is made if it is missing.
  package func addFile(_ name: String, in directory: String = "", id: String? = nil, text: String, listed: Bool = true)
  {
    let size = Int64(text.utf8.count)
    add(name, .file(id: id ?? text, text: text, listedSize: listed ? size : nil), in: directory)
  }

  /// Adds any entry to a directory.
  package func add(_ name: String, _ item: Item, in directory: String = "") {
    state.withLock { state in
      state.directories[directory, default: []].append((name, item))
      switch item {
      case .file(let id, let text, _): state.texts[id] = text
      case .link(let target): state.texts[target] = target
      case .directory(let id): state.directories[id, default: []] += []
      }
    }
  }

  /// Adds an empty directory.
  package func addDirectory(_ id: String) {
    state.withLock { $0.directories[id, default: []] += [] }
  }

  /// Whether there is a directory with this ID.
  package func has(_ id: String) -> Bool { state.withLock { $0.directories[id] != nil } }

  /// Makes calls fail from now on; nil makes them work again.
  package func fail(_ call: Call, with error: ProviderError?) {
    state.withLock { $0.failures[call] = error }
  }

  /// Keeps calls waiting from now on.
  package func hold(_ call: Call) {
    state.withLock { _ = $0.held.insert(call) }
  }

  /// Lets the waiting calls go on, and later ones pass.
  package func release(_ call: Call) {
    let waiting = state.withLock { state in
      state.held.remove(call)
      return state.waiting.removeValue(forKey: call) ?? [:]
    }
    for continuation in waiting.values { continuation.resume() }
  }

  /// Waits until a call is being held.
  package func arrival(of call: Call) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.waiting[call]?.isEmpty == false { return true }
        state.watchers[call, default: []].append(continuation)
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  /// How often something was asked.
  package func count(_ call: Call) -> Int { state.withLock { $0.counts[call] ?? 0 } }

  /// How often a held call was cancelled.
  package func cancellations(of call: Call) -> Int { state.withLock { $0.cancelled[call] ?? 0 } }

  // MARK: - What the core asks

  package func root() async throws -> DirectoryID { "" }

  package func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    try await pass(.list(String(decoding: directory.bytes, as: UTF8.self)))
    return try listing(of: directory)
  }

  /// What a directory has, without counting or waiting.
  package func listing(of directory: DirectoryID) throws -> DirectoryListing {
    let id = String(decoding: directory.bytes, as: UTF8.self)
    guard let entries = state.withLock({ $0.directories[id] }) else { throw ProviderError.missing("directory \(id)") }
    var listing = DirectoryListing()
    for (name, item) in entries {
      switch item {
      case .file(let id, _, let size): listing.appendFile(name, content: ContentID(id.utf8), size: size)
      case .directory(let id): listing.appendDirectory(name, id: DirectoryID(id.utf8))
      case .link(let target):
        listing.appendSymbolicLink(name, target: ContentID(target.utf8), size: Int64(target.utf8.count))
      }
    }
    return listing
  }

  package func sizes(of contents: [ContentID]) async throws -> [Int64] {
    var result: [Int64] = []
    for content in contents {
      let id = String(decoding: content.bytes, as: UTF8.self)
      try await pass(.attributes(id))
      result.append(Int64(try text(of: id).utf8.count))
    }
    return result
  }

  package func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    let id = String(decoding: content.bytes, as: UTF8.self)
    try await pass(.fetch(id))
    try sink.write(Array(try text(of: id).utf8))
  }

  private func text(of id: String) throws -> String {
    guard let text = state.withLock({ $0.texts[id] }) else { throw ProviderError.missing("content \(id)") }
    return text
  }

  /// Counts a call, and holds or fails it as the test wants.
  package func pass(_ call: Call) async throws {
    let (isHeld, waiter) = state.withLock { state in
      state.counts[call, default: 0] += 1
      state.lastWaiter += 1
      return (state.held.contains(call), state.lastWaiter)
    }
    if isHeld {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.held.contains(call), !Task.isCancelled else { return nil }
            state.waiting[call, default: [:]][waiter] = continuation
            return state.watchers.removeValue(forKey: call) ?? []
          }
          guard let watchers else { return continuation.resume() }
          for watcher in watchers { watcher.resume() }
        }
      } onCancel: {
        let continuation = state.withLock { state in
          state.cancelled[call, default: 0] += 1
          return state.waiting[call]?.removeValue(forKey: waiter)
        }
        continuation?.resume(throwing: CancellationError())
      }
    }
    try Task.checkCancellation()
    if let failure = state.withLock({ $0.failures[call] }) { throw failure }
  }
}
