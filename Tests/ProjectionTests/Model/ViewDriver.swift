import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport

@testable import Projection

/// Plays the kernel for a projected file system: looks paths up, tries again what is stale, forgets at random.
final class ViewDriver {
  /// How opens are served.
  enum Engine: CaseIterable, Sendable { case passthrough, refused, cached }

  /// A file that somebody has open.
  struct OpenView {
    let node: NodeID
    let handle: UInt64
    let isWriting: Bool
    let file: OpenFile?
    /// The content at the time of opening, where it is the provider's: what a passthrough reader keeps.
    let kept: String?
    let lookups: [NodeID]
  }

  let fixture: Fixture
  let engine: Engine
  private let registrar: ReopeningRegistrar
  private let backing: BackingFiles
  private var held: [NodeID] = []
  private(set) var openFiles: [OpenView] = []

  private var fileSystem: ProjectionCore { fixture.fileSystem }
  var openBacking: BackingFiles? { engine == .cached ? nil : backing }
  private static let caller = Fixture.caller

  init(_ fixture: Fixture, _ engine: Engine) {
    self.fixture = fixture
    self.engine = engine
    registrar = ReopeningRegistrar()
    registrar.refuses = engine == .refused
    backing = BackingFiles(registrar: registrar)
  }

  /// Another user of the same view.
  init(beside other: ViewDriver) {
    fixture = other.fixture
    engine = other.engine
    registrar = other.registrar
    backing = other.backing
  }

  private func bytes(_ text: some StringProtocol) -> [UInt8] { Array(text.utf8) }

  private func walk(_ path: some StringProtocol) async throws(ProjectionError) -> NodeID {
    var node = NodeID.root
    for name in path.split(separator: "/") {
      node = try await fileSystem.lookup(bytes(name), in: node, by: Self.caller).node
      held.append(node)
    }
    return node
  }

  private func split(_ path: String) async throws(ProjectionError) -> (parent: NodeID, name: [UInt8]) {
    let parts = path.split(separator: "/")
    return (try await walk(parts.dropLast().joined(separator: "/")), bytes(parts.last ?? ""))
  }

  /// Forgets some of what was looked up, as the kernel does when memory is short.
  func forgetSome(_ random: inout SeededRandom) {
    held.shuffle(using: &random)
    forget(Array(held.prefix(held.count / 2)))
    held.removeFirst(held.count / 2)
  }

  private func forget(_ nodes: [NodeID]) {
    for node in nodes {
      for gone in fileSystem.forget(node, count: 1) { backing.forget(gone) }
    }
  }

  /// Closes and forgets everything.
  func end() {
    for number in openFiles.indices.reversed() { close(number) }
    forget(held)
    held = []
  }

  /// Nodes that are known and say something else of their size than their bytes do. The kernel asks what it knows without
  /// looking it up again.
  func contradictions() async throws -> [String] {
    var found: [String] = []
    for node in Set(held) {
      guard let shown = try? await fileSystem.attributes(of: node), shown.kind == .file else { continue }
      let text = try await fixture.read(node)
      if text.utf8.count != shown.size { found.append("\(shown.size) bytes are said to be '\(text)'") }
    }
    return found
  }

  /// What is shown of every node that the kernel knows.
  func knownAttributes() async -> [NodeID: NodeAttributes] {
    var known: [NodeID: NodeAttributes] = [:]
    for node in Set(held) { known[node] = try? await fileSystem.attributes(of: node) }
    return known
  }

  /// Whether the kernel holds nothing any more.
  var isClean: Bool { registrar.registered.isEmpty && fileSystem.inodeCounts == (1, 1) }

  /// Does what a user does; what is stale is looked up and tried once more.
  func apply(_ operation: TreeOperation) async throws(ProjectionError) {
    do {
      try await attempt(operation)
    } catch .stale {
      try await attempt(operation)
    }
  }

  private func attempt(_ operation: TreeOperation) async throws(ProjectionError) {
    switch operation {
    case .create(let path, let permissions):
      let (parent, name) = try await split(path)
      let created = try await fileSystem.create(
        name, in: parent, permissions: permissions, for: .writing, with: openBacking, by: Self.caller)
      held.append(created.entry.node)
      if engine != .cached {
        fileSystem.release(created.entry.node, for: .writing, handle: created.handle, with: backing)
      }
    case .makeDirectory(let path, let permissions):
      let (parent, name) = try await split(path)
      held.append(
        try await fileSystem.make(name, in: parent, .directory, permissions: permissions, by: Self.caller).node)
    case .makeLink(let path, let target):
      let (parent, name) = try await split(path)
      held.append(
        try await fileSystem.make(
          name, in: parent, .symbolicLink(target: bytes(target)), permissions: 0o777, by: Self.caller
        ).node)
    case .unlink(let path):
      let (parent, name) = try await split(path)
      try await fileSystem.unlink(name, in: parent, by: Self.caller)
    case .removeDirectory(let path):
      let (parent, name) = try await split(path)
      try await fileSystem.removeDirectory(name, in: parent, by: Self.caller)
    case .rename(let old, let new, let mode):
      let (oldParent, oldName) = try await split(old)
      let (newParent, newName) = try await split(new)
      try await fileSystem.rename(oldName, in: oldParent, to: newName, in: newParent, mode, by: Self.caller)
    case .link(let old, let new):
      let node = try await walk(old)
      let (parent, name) = try await split(new)
      held.append(try await fileSystem.link(node, to: name, in: parent, by: Self.caller).node)
    case .write(let path, let text, let offset): try await write(path, text, offset)
    case .truncate(let path, let size):
      var change = AttributeChange()
      change.size = size
      _ = try await fileSystem.change(try await walk(path), change, with: openBacking, by: Self.caller)
    case .changeMode(let path, let permissions):
      var change = AttributeChange()
      change.permissions = permissions
      _ = try await fileSystem.change(try await walk(path), change, with: openBacking, by: Self.caller)
    case .setTime(let path, let seconds):
      var change = AttributeChange()
      change.accessed = .at(TimeStamp(seconds: seconds, nanoseconds: 7))
      change.modified = .at(TimeStamp(seconds: seconds, nanoseconds: 7))
      _ = try await fileSystem.change(try await walk(path), change, with: openBacking, by: Self.caller)
    case .setAttribute(let path, let name, let value):
      try await fileSystem.setExtendedAttribute(
        bytes(name), of: try await walk(path), to: bytes(value), flags: 0, by: Self.caller)
    case .removeAttribute(let path, let name):
      try await fileSystem.removeExtendedAttribute(bytes(name), of: try await walk(path), by: Self.caller)
    case .open(let path, let mode): try await open(path, mode)
    case .writeOpen(let number, let text, let offset): try await writeOpen(number, text, offset)
    case .close(let number): close(number)
    }
  }

  // MARK: - Data

  /// Opens a file as the engine does; the lookups stay with it.
  private func open(_ path: String, _ mode: OpenMode) async throws(ProjectionError) {
    let before = held.count
    let node = try await walk(path)
    guard engine != .cached else {
      // No open arrives, and the kernel refuses by itself what is no file; what it was to empty is emptied by a
      // request of its own.
      switch try await fileSystem.attributes(of: node).kind {
      case .file: break
      case .directory: throw .isADirectory
      default: throw .invalid
      }
      if mode.contains(.truncating) {
        var change = AttributeChange()
        change.size = 0
        _ = try await fileSystem.change(node, change, with: nil, by: Self.caller)
      }
      return keepOpen(node, 0, mode, nil, since: before)
    }
    let opened = try await fileSystem.open(node, for: mode, with: backing, by: Self.caller)
    keepOpen(node, opened.handle, mode, opened.backing.flatMap { registrar.file($0) }, since: before)
  }

  private func keepOpen(_ node: NodeID, _ handle: UInt64, _ mode: OpenMode, _ file: OpenFile?, since before: Int) {
    let isStored = file.map { Self.path($0).contains("/content/") } ?? false
    let view = OpenView(
      node: node, handle: handle, isWriting: mode.contains(.writing), file: file,
      kept: isStored ? file.flatMap { try? Self.text($0.rawValue) } : nil, lookups: Array(held[before...]))
    held.removeSubrange(before...)
    openFiles.append(view)
  }

  private func write(_ path: String, _ text: String, _ offset: Int64) async throws(ProjectionError) {
    try await open(path, .writing)
    defer { close(openFiles.count - 1) }
    try await writeOpen(openFiles.count - 1, text, offset)
  }

  private func writeOpen(_ number: Int, _ text: String, _ offset: Int64) async throws(ProjectionError) {
    let view = openFiles[number]
    guard view.isWriting else { throw .local(.badFileDescriptor) }
    if let file = view.file {
      do {
        return try ReferenceTree.write(text, to: file.rawValue, at: offset)
      } catch {
        throw .local(error)
      }
    }
    try await fileSystem.write(bytes(text), to: view.node, at: offset, with: openBacking, by: Self.caller)
  }

  private func close(_ number: Int) {
    let view = openFiles.remove(at: number)
    if engine != .cached {
      fileSystem.release(view.node, for: view.isWriting ? .writing : [], handle: view.handle, with: backing)
    }
    forget(view.lookups)
  }

  /// What somebody who has a file open reads.
  func readOpen(_ number: Int) async throws -> String {
    let view = openFiles[number]
    if let file = view.file { return try Self.text(file.rawValue) }
    let file = try await fileSystem.contents(of: view.node, by: Self.caller)
    return try Self.text(file.rawValue)
  }

  private static func text(_ file: CInt) throws -> String {
    String(decoding: try FileCalls.read(file, at: 0, count: 4096), as: UTF8.self)
  }

  private static func path(_ file: OpenFile) -> String {
    let target = try? EntryCalls.linkTarget(at: AT_FDCWD, Array("/proc/self/fd/\(file.rawValue)".utf8))
    return String(decoding: target ?? [], as: UTF8.self)
  }

  // MARK: - Everything

  /// Everything that is there, by listings, lookups and reads.
  func snapshot() async throws -> TreeSnapshot {
    var snapshot = TreeSnapshot()
    var waiting = [(path: "", node: NodeID.root)]
    while let (path, node) = waiting.popLast() {
      let shown = try await fileSystem.attributes(of: node)
      var content = ""
      switch shown.kind {
      case .directory:
        for entry in try await fixture.list(node).dropFirst(2) {
          let found = try await fileSystem.lookup(entry.name, in: node, by: Self.caller)
          held.append(found.node)
          let inner = (path.isEmpty ? "" : path + "/") + entry.text
          let again = try await fileSystem.attributes(of: found.node)
          // A symbolic link that was the provider's has no place to note its number.
          let hasNumber = entry.kind == .symbolicLink || entry.inode == found.attributes.inode
          if entry.kind != found.attributes.kind || !hasNumber || again != found.attributes {
            throw Disagreement(path: inner, listed: entry, found: found.attributes, shown: again)
          }
          waiting.append((inner, found.node))
        }
      case .symbolicLink:
        content = String(decoding: try await fileSystem.target(of: node, by: Self.caller), as: UTF8.self)
      default:
        content = try await fixture.read(node)
      }
      snapshot.entries[path] = TreeEntry(
        shown, content: content, attributes: try await attributes(of: node, shown.kind))
      snapshot.inodes[path] = shown.inode
    }
    return snapshot
  }

  /// A listing, a lookup and a question for attributes that say different things.
  struct Disagreement: Error {
    let path: String
    let listed: ListedEntry
    let found: NodeAttributes
    let shown: NodeAttributes
  }

  private func attributes(of node: NodeID, _ kind: FileKind) async throws -> [String: String] {
    guard kind != .symbolicLink else { return [:] }
    var result: [String: String] = [:]
    for name in try await fileSystem.extendedAttributes(of: node, by: Self.caller).split(separator: 0) {
      let value = try await fileSystem.extendedAttribute(Array(name), of: node)
      result[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    return result
  }
}
