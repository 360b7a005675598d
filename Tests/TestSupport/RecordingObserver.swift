package import Provider
internal import Synchronization

/// An observer that remembers what it was asked and told, and answers as a test wants.
package final class RecordingObserver: ChangeObserver {
  private struct State {
    var asked: [PendingOperation] = []
    var told: [CompletedOperation] = []
    var lines: [String] = []
    var answer: @Sendable (PendingOperation) async throws -> Void
    var listen: @Sendable (CompletedOperation) async -> Void = { _ in }
  }

  private let state: Mutex<State>

  /// Answers with `answer`; allows everything by default.
  package init(_ answer: @escaping @Sendable (PendingOperation) async throws -> Void = { _ in }) {
    state = Mutex(State(answer: answer))
  }

  /// Changes what it answers.
  package func answer(_ answer: @escaping @Sendable (PendingOperation) async throws -> Void) {
    state.withLock { $0.answer = answer }
  }

  /// Has it do something when it is told of an event, before the next.
  package func listen(_ listen: @escaping @Sendable (CompletedOperation) async -> Void) {
    state.withLock { $0.listen = listen }
  }

  /// What it was asked so far.
  package var asked: [PendingOperation] { state.withLock { $0.asked } }
  /// What it was told so far.
  package var told: [CompletedOperation] { state.withLock { $0.told } }
  /// What it was told so far, in words; `missed N` where events were lost.
  package var lines: [String] { state.withLock { $0.lines } }

  /// What it was asked since it was last asked for this, in words.
  package func takeQuestions() -> [String] {
    state.withLock { state in
      defer { state.asked = [] }
      return state.asked.map(\.operation.text)
    }
  }

  /// What it was told since it was last asked for this, in words.
  package func takeLines() -> [String] {
    state.withLock { state in
      defer { state.lines = [] }
      return state.lines
    }
  }

  package func will(_ operation: PendingOperation) async throws {
    let answer = state.withLock { state in
      state.asked.append(operation)
      return state.answer
    }
    try await answer(operation)
  }

  package func did(_ operation: CompletedOperation) async {
    let listen = state.withLock { state in
      state.told.append(operation)
      state.lines.append(operation.operation.text)
      return state.listen
    }
    await listen(operation)
  }

  package func missed(_ count: Int) async {
    state.withLock { $0.lines.append("missed \(count)") }
  }
}

extension ObservedOperation {
  /// In words: what, of which kind, at which paths.
  package var text: String {
    let names = paths.map { "'\(String(decoding: $0, as: UTF8.self))'" }.sorted().joined(separator: "=")
    return "\(action.text) \(kind) \(names)\(isUnnamed ? " unnamed" : "")\(action.details)"
  }
}

extension ObservedAction {
  fileprivate var text: String {
    switch self {
    case .openForReading: "read"
    case .openForWriting: "write"
    case .create: "create"
    case .makeDirectory: "mkdir"
    case .makeSymbolicLink: "symlink"
    case .link: "link"
    case .unlink: "unlink"
    case .removeDirectory: "rmdir"
    case .rename: "rename"
    case .exchange: "exchange"
    case .truncate: "truncate"
    case .changeMetadata: "metadata"
    case .convertToFull: "convert"
    case .close(let isModified): isModified ? "close modified" : "close"
    case .hydrate: "hydrate"
    case .evict: "evict"
    }
  }

  fileprivate var details: String {
    func text(_ bytes: [UInt8]) -> String { "'\(String(decoding: bytes, as: UTF8.self))'" }
    switch self {
    case .makeSymbolicLink(let target): return " target \(text(target))"
    case .link(let path): return " to \(text(path))"
    case .rename(let path, let replaced):
      return " to \(text(path))\(replaced.map { " over \($0)" } ?? "")"
    case .exchange(let path, let kind): return " with \(kind) \(text(path))"
    case .truncate(let size), .hydrate(let size): return " \(size)"
    case .changeMetadata(let change):
      var parts: [String] = []
      if let permissions = change.permissions { parts.append("mode \(String(permissions, radix: 8))") }
      if change.user != nil || change.group != nil { parts.append("owner") }
      if change.setsAccessTime { parts.append("atime") }
      if change.setsModificationTime { parts.append("mtime") }
      if let attribute = change.attribute { parts.append("attribute \(text(attribute))") }
      return " " + parts.joined(separator: " ")
    default: return ""
    }
  }
}
