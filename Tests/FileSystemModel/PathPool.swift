internal import Glibc
internal import SystemPackage
internal import TestSupport

/// Chooses paths: mostly such that an operation can succeed, over an alphabet so small that operations meet.
///
/// What it believes to exist is a guess, made from what succeeded before; nothing depends on its being right.
struct PathPool {
  /// What has a name.
  enum Kind { case file, directory, other }

  private var known: [(path: EntryPath, kind: Kind)] = []
  private static let limit = 400
  private static let deepest = 4

  /// Plain names, often; and some that are hard to get right, seldom.
  private static let names: [[UInt8]] = ["a", "b", "c", "d"].map { Array($0.utf8) }
  private static let oddNames: [[UInt8]] = [
    [UInt8](repeating: UInt8(ascii: "n"), count: 255),
    [0xff, 0xfe, UInt8(ascii: "x")],
    Array("with space and \u{e4}".utf8),
    Array("a.b".utf8),
    Array(".hidden".utf8),
  ]
  private static let impossibleName = [UInt8](repeating: UInt8(ascii: "m"), count: 256)

  /// Begins with the entries of a tree; of a large directory, with some.
  init(of tree: Subject) {
    var pending: [EntryPath] = [.root]
    while let directory = pending.popLast() {
      for name in ((try? tree.names(.entry(directory))) ?? []).prefix(20) {
        let path = directory.appending(name)
        let type = (try? tree.status(.entry(path)).st_mode).map { $0 & S_IFMT }
        let kind: Kind = type == S_IFDIR ? .directory : type == S_IFREG ? .file : .other
        if path.depth <= Self.deepest { known.append((path, kind)) }
        if kind == .directory { pending.append(path) }
      }
    }
  }

  // MARK: - Learning

  /// A name is there now.
  mutating func add(_ path: EntryPath, _ kind: Kind, _ random: inout SeededRandom) {
    guard 1...Self.deepest ~= path.depth else { return }
    if let index = known.firstIndex(where: { $0.path == path }) {
      known[index].kind = kind
    } else if known.count < Self.limit {
      known.append((path, kind))
    } else {
      known[Int.random(in: known.indices, using: &random)] = (path, kind)
    }
  }

  /// A name is gone, and what was below it.
  mutating func remove(_ path: EntryPath) {
    known.removeAll { $0.path.isWithin(path) }
  }

  /// A name is another one now, and so is what is below it.
  mutating func move(_ old: EntryPath, to new: EntryPath) {
    guard old != new else { return }
    remove(new)
    replacePrefix(old, with: new)
  }

  /// Two names have changed places.
  mutating func exchange(_ one: EntryPath, _ other: EntryPath) {
    // A path that no operation has.
    let aside = EntryPath(bytes: [0])
    replacePrefix(one, with: aside)
    replacePrefix(other, with: one)
    replacePrefix(aside, with: other)
  }

  private mutating func replacePrefix(_ old: EntryPath, with new: EntryPath) {
    for index in known.indices where known[index].path.isWithin(old) {
      known[index].path = EntryPath(bytes: new.bytes + known[index].path.bytes.dropFirst(old.bytes.count))
    }
    known.removeAll { $0.path.depth > Self.deepest }
  }

  /// What is believed to have a name.
  func kind(of path: EntryPath) -> Kind? {
    known.first { $0.path == path }?.kind
  }

  // MARK: - Choosing

  /// A path that probably exists, and is probably of a kind.
  func existing(_ kind: Kind? = nil, _ random: inout SeededRandom) -> EntryPath {
    guard Int.random(in: 0..<100, using: &random) < 90 else { return Self.any(&random) }
    for _ in 0..<12 {
      guard let entry = known.randomElement(using: &random) else { break }
      if kind == nil || entry.kind == kind { return entry.path }
    }
    return Self.any(&random)
  }

  /// A directory that is probably empty.
  func emptyDirectory(_ random: inout SeededRandom) -> EntryPath {
    for _ in 0..<4 {
      let path = existing(.directory, &random)
      if !known.contains(where: { $0.path.parent == path }) { return path }
    }
    return existing(.directory, &random)
  }

  /// A path that something may be made at: mostly in a directory that probably exists.
  func new(_ random: inout SeededRandom) -> EntryPath {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<55:
      let directory = existing(.directory, &random)
      return directory.depth < Self.deepest ? directory.appending(Self.name(&random)) : directory
    case 55..<85: return EntryPath(bytes: Self.name(&random))
    default: return existing(nil, &random)
    }
  }

  private static func any(_ random: inout SeededRandom) -> EntryPath {
    var path = EntryPath.root
    repeat {
      path = path.appending(name(&random))
    } while path.depth < deepest
      && Int.random(in: 0..<100, using: &random) < 45
    return path
  }

  static func name(_ random: inout SeededRandom) -> [UInt8] {
    switch Int.random(in: 0..<200, using: &random) {
    case 0: impossibleName
    case 1..<16: oddNames.randomElement(using: &random) ?? []
    default: names.randomElement(using: &random) ?? []
    }
  }
}
