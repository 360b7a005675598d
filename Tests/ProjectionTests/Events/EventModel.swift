import Provider

@testable import Projection

/// What an observer is to be asked and told of operations, written down a second time and without a view: it knows the
/// tree before each operation, which files are the provider's still, and which contents were fetched.
struct EventModel {
  /// What is expected of one operation.
  struct Expected {
    /// What is to be asked, in order, as long as nobody forbids it.
    var asked: [ObservedOperation] = []
    /// What is to be told if all was allowed and the operation succeeds.
    var told: [ObservedOperation] = []
  }

  /// A file that somebody has open.
  private struct Open {
    let inode: UInt64
    let isWriting: Bool
    let names: [[UInt8]]
    var isModified = false
  }

  /// The content of each file that is the provider's still, by the number that the reference has for it.
  private var provided: [UInt64: String]
  private var fetched: Set<String> = []
  private var opens: [Open] = []

  init(_ start: TreeSnapshot) {
    provided = [:]
    for (path, entry) in start.entries where entry.kind == .file {
      if let inode = start.inodes[path] { provided[inode] = entry.content }
    }
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func kind(_ tree: TreeSnapshot, _ path: String) -> ObservedKind? {
    tree.entries[path].map { ObservedKind($0.kind) }
  }

  private static func hasParent(_ tree: TreeSnapshot, _ path: String) -> Bool {
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    return tree.entries[parent]?.kind == .directory
  }

  /// An action on whatever a name leads to, at all names of it.
  private static func operation(_ action: ObservedAction, _ tree: TreeSnapshot, _ path: String) -> ObservedOperation? {
    guard let kind = kind(tree, path), let inode = tree.inodes[path] else { return nil }
    let names = tree.inodes.filter { $0.value == inode }.keys.map(bytes)
    return ObservedOperation(action, kind, at: names)
  }

  /// What is expected of `operation` on `tree`. Where it succeeds, `succeeded` is to be told.
  func expected(_ operation: TreeOperation, _ tree: TreeSnapshot) -> Expected {
    func simple(_ action: ObservedAction, _ kind: ObservedKind?, _ path: String) -> Expected {
      guard let kind else { return Expected() }
      let operation = ObservedOperation(action, kind, at: [Self.bytes(path)])
      return Expected(asked: [operation], told: [operation])
    }
    func new(_ action: ObservedAction, _ kind: ObservedKind, _ path: String) -> Expected {
      simple(action, tree.entries[path] == nil && Self.hasParent(tree, path) ? kind : nil, path)
    }
    func whole(_ action: ObservedAction, _ path: String) -> Expected {
      guard let operation = Self.operation(action, tree, path) else { return Expected() }
      return Expected(asked: [operation], told: [operation])
    }
    switch operation {
    case .create(let path, _):
      var expected = new(.create, .file, path)
      if !expected.told.isEmpty {
        expected.told.append(ObservedOperation(.close(isModified: false), .file, at: [Self.bytes(path)]))
      }
      return expected
    case .makeDirectory(let path, _): return new(.makeDirectory, .directory, path)
    case .makeLink(let path, let target):
      return new(.makeSymbolicLink(target: Self.bytes(target)), .symbolicLink, path)
    case .unlink(let path):
      let kind = Self.kind(tree, path)
      return simple(.unlink, kind == .directory ? nil : kind, path)
    case .removeDirectory(let path):
      return simple(.removeDirectory, Self.kind(tree, path) == .directory ? .directory : nil, path)
    case .rename(let old, let new, let mode): return rename(old, new, mode, tree)
    case .link(let old, let new):
      guard tree.entries[new] == nil, Self.hasParent(tree, new), tree.entries[old]?.kind != .directory else {
        return Expected()
      }
      return whole(.link(path: Self.bytes(new)), old)
    case .write(let path, _, _):
      var expected = open(path, .writing, tree)
      if let close = Self.operation(.close(isModified: true), tree, path) { expected.told.append(close) }
      return expected
    case .truncate(let path, let size):
      guard tree.entries[path]?.kind == .file else { return Expected() }
      let truncation = whole(.truncate(size: size), path)
      let conversion = conversion(path, keeping: size, tree)
      return Expected(
        asked: truncation.asked + conversion.asked, told: conversion.told + truncation.told)
    case .changeMode(let path, let mode): return whole(.changeMetadata(MetadataChange(permissions: mode)), path)
    case .setTime(let path, _):
      return whole(.changeMetadata(MetadataChange(setsAccessTime: true, setsModificationTime: true)), path)
    case .setAttribute(let path, let name, _), .removeAttribute(let path, let name):
      return whole(.changeMetadata(MetadataChange(attribute: Self.bytes(name))), path)
    case .open(let path, let mode): return open(path, mode, tree)
    case .writeOpen: return Expected()
    case .close(let number): return Expected(told: [close(opens[number], tree)])
    }
  }

  private func rename(
    _ old: String, _ new: String, _ mode: ProjectionCore.RenameMode, _ tree: TreeSnapshot
  ) -> Expected {
    guard old != new, let kind = Self.kind(tree, old), Self.hasParent(tree, new) else { return Expected() }
    let other = Self.kind(tree, new)
    let action: ObservedAction
    if mode == .exchanging {
      guard let other else { return Expected() }
      action = .exchange(path: Self.bytes(new), kind: other)
    } else {
      if mode == .keepingExisting, other != nil { return Expected() }
      action = .rename(path: Self.bytes(new), replacing: other)
    }
    let operation = ObservedOperation(action, kind, at: [Self.bytes(old)])
    // Two names of one file are the same already.
    let isSame = other != nil && tree.inodes[old] == tree.inodes[new]
    return Expected(asked: [operation], told: isSame ? [] : [operation])
  }

  private func open(_ path: String, _ mode: OpenMode, _ tree: TreeSnapshot) -> Expected {
    guard tree.entries[path]?.kind == .file,
      let open = Self.operation(mode.contains(.writing) ? .openForWriting : .openForReading, tree, path)
    else { return Expected() }
    let truncation =
      mode.contains(.truncating) ? [Self.operation(.truncate(size: 0), tree, path)].compactMap { $0 } : []
    guard mode.isDisjoint(with: [.writing, .truncating]) else {
      let conversion = conversion(path, keeping: mode.contains(.truncating) ? 0 : .max, tree)
      return Expected(
        asked: [open] + truncation + conversion.asked, told: conversion.told + [open] + truncation)
    }
    return Expected(asked: [open], told: hydration(path, tree) + [open])
  }

  private func content(_ path: String, _ tree: TreeSnapshot) -> String? {
    tree.inodes[path].flatMap { provided[$0] }
  }

  private func hydration(_ path: String, _ tree: TreeSnapshot) -> [ObservedOperation] {
    guard let content = content(path, tree), !fetched.contains(content) else { return [] }
    return [Self.operation(.hydrate(size: Int64(content.utf8.count)), tree, path)].compactMap { $0 }
  }

  private func conversion(_ path: String, keeping size: Int64, _ tree: TreeSnapshot) -> Expected {
    guard let content = content(path, tree), let operation = Self.operation(.convertToFull, tree, path) else {
      return Expected()
    }
    let needsContent = min(size, Int64(content.utf8.count)) > 0
    return Expected(asked: [operation], told: (needsContent ? hydration(path, tree) : []) + [operation])
  }

  private func close(_ open: Open, _ tree: TreeSnapshot) -> ObservedOperation {
    let names = tree.inodes.filter { $0.value == open.inode }.keys.map(Self.bytes)
    return ObservedOperation(
      .close(isModified: open.isModified), .file, at: names.isEmpty ? open.names : names, isUnnamed: names.isEmpty)
  }

  /// Notes that an operation succeeded, on the tree that was before.
  mutating func succeeded(_ operation: TreeOperation, _ tree: TreeSnapshot) {
    func convert(_ path: String, keeping size: Int64) {
      guard let inode = tree.inodes[path], let content = provided.removeValue(forKey: inode) else { return }
      if min(size, Int64(content.utf8.count)) > 0 { fetched.insert(content) }
    }
    func modify(_ inode: UInt64?) {
      for number in opens.indices where opens[number].inode == inode && opens[number].isWriting {
        opens[number].isModified = true
      }
    }
    switch operation {
    case .write(let path, _, _):
      convert(path, keeping: .max)
      modify(tree.inodes[path])
    case .truncate(let path, let size):
      convert(path, keeping: size)
      modify(tree.inodes[path])
    case .open(let path, let mode):
      guard let inode = tree.inodes[path] else { return }
      if mode.isDisjoint(with: [.writing, .truncating]) {
        if let content = provided[inode] { fetched.insert(content) }
      } else {
        convert(path, keeping: mode.contains(.truncating) ? 0 : .max)
      }
      if mode.contains(.truncating) { modify(inode) }
      let names = tree.inodes.filter { $0.value == inode }.keys.map(Self.bytes)
      opens.append(Open(inode: inode, isWriting: mode.contains(.writing), names: names))
    case .writeOpen(let number, _, _): modify(opens[number].inode)
    case .close(let number): opens.remove(at: number)
    default: break
    }
  }
}
