import Posix
import Projection
import Provider
import SystemPackage
import TestSupport

/// A tree that a provider may have, as a value; equal directories have equal IDs.
indirect enum ProvidedTree: Sendable, Equatable {
  case file(String)
  case link(String)
  case directory([String: ProvidedTree])

  /// What the provider calls it, where it is a directory.
  var id: String {
    switch self {
    case .file(let text): "file \(text)"
    case .link(let target): "link \(target)"
    case .directory(let entries):
      "(" + entries.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.id)" }.joined(separator: ",") + ")"
    }
  }

  /// What the core calls it: IDs are short.
  var shortID: String {
    let hash = id.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }

  /// Gives a provider everything in it.
  func add(to provider: TreeProvider) {
    guard case .directory(let entries) = self, !provider.has(shortID) else { return }
    provider.addDirectory(shortID)
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      switch entry {
      case .file(let text): provider.addFile(name, in: shortID, id: "id of \(text)", text: text, listed: name < "c")
      case .link(let target): provider.add(name, .link(target), in: shortID)
      case .directory:
        entry.add(to: provider)
        provider.add(name, .directory(entry.shortID), in: shortID)
      }
    }
  }

  /// A tree of up to three levels over few names.
  static func random(_ random: inout SeededRandom, depth: Int = 0) -> ProvidedTree {
    var entries: [String: ProvidedTree] = [:]
    for name in ["a", "b", "c", "l", "x", "y", "z"] {
      switch (Int.random(in: 0..<10, using: &random), depth) {
      case (0..<4, _): entries[name] = .file(["one", "two", "three", ""].randomElement(using: &random) ?? "")
      case (4, _): entries[name] = .link("target \(Int.random(in: 0..<2, using: &random))")
      case (5..<8, 0..<2): entries[name] = .random(&random, depth: depth + 1)
      default: break
      }
    }
    return .directory(entries)
  }

  /// The same tree with a few things different.
  func changed(_ random: inout SeededRandom, depth: Int = 0) -> ProvidedTree {
    guard case .directory(var entries) = self else { return self }
    for name in ["a", "b", "c", "l", "x", "y", "z"] where Int.random(in: 0..<4, using: &random) == 0 {
      if case .directory = entries[name], Int.random(in: 0..<4, using: &random) > 0 {
        entries[name] = entries[name]?.changed(&random, depth: depth + 1)
      } else if case .directory(let other) = ProvidedTree.random(&random, depth: depth) {
        entries[name] = other[name]
      }
    }
    return .directory(entries)
  }
}

/// A tree of a provider's that can be verified, with a root that a test sets.
struct EpochProvider: ForwardingProvider, MemoryProvider, ContentVerifier {
  let base: TreeProvider
  let top: String

  func root() async throws -> DirectoryID { DirectoryID(top.utf8) }

  func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
    let bytes = try FileCalls.read(file.rawValue, at: 0, count: 1 << 16)
    return content.bytes == Array("id of ".utf8) + bytes
  }
}
