import Provider
import TestSupport
import Testing

@testable import Projection

@Suite struct WatchTreeTests {
  private func bytes(_ path: String) -> [UInt8] { Array(path.utf8) }

  @Test("The deepest watch above a path counts, alone, and begins at whole names")
  func deepest() {
    let tree = WatchTree([
      Watch(before: .unlink, after: .all), Watch(bytes("a"), before: [.create]), Watch(bytes("a/b/c"), after: .rename),
      Watch(bytes("quiet")),
    ])
    #expect(tree.wanted(at: bytes("")) == .init(before: .unlink, after: .all))
    #expect(tree.wanted(at: bytes("ab")) == .init(before: .unlink, after: .all))
    #expect(tree.wanted(at: bytes("a")) == .init(before: .create))
    #expect(tree.wanted(at: bytes("a/b")) == .init(before: .create))
    #expect(tree.wanted(at: bytes("a/b/c/d/e")) == .init(after: .rename))
    #expect(tree.wanted(at: bytes("a/b/cc")) == .init(before: .create))
    #expect(tree.wanted(at: bytes("quiet/x")) == .init())
    #expect(tree.union == .init(before: [.unlink, .create], after: .all))
    #expect(WatchTree([]).wanted(at: bytes("x")) == .init())
  }

  @Test("Of two watches for one path the last counts; what cannot be forbidden is never asked")
  func sameTwice() {
    let tree = WatchTree([Watch(bytes("a"), after: .create), Watch(bytes("a"), before: .all)])
    #expect(tree.wanted(at: bytes("a/b")) == .init(before: .preventable))
  }

  @Test("An operation with two paths asks for both, and one that moves a directory for what lies below")
  func twoPaths() {
    let tree = WatchTree([
      Watch(bytes("a"), before: .rename), Watch(bytes("b"), after: .rename), Watch(bytes("c/d"), before: .rename),
    ])
    func wanted(_ kind: ObservedKind, _ old: String, _ new: String) -> WatchTree.Wanted {
      tree.wanted(of: ObservedOperation(.rename(path: bytes(new), replacing: nil), kind, at: [bytes(old)]))
    }
    #expect(wanted(.file, "a/x", "b/x") == .init(before: .rename, after: .rename))
    #expect(wanted(.file, "x", "b/x") == .init(after: .rename))
    #expect(wanted(.file, "c", "e") == .init(), "nothing lies below a file")
    #expect(wanted(.directory, "c", "e") == .init(before: .rename))
    #expect(wanted(.directory, "e", "c") == .init(before: .rename))
    let exchange = ObservedOperation(.exchange(path: bytes("c"), kind: .directory), .file, at: [bytes("x")])
    #expect(tree.wanted(of: exchange) == .init(before: .rename))
    let hardLinked = ObservedOperation(.unlink, .file, at: [bytes("a/x"), bytes("b/x")])
    #expect(tree.wanted(of: hardLinked) == .init(), "they want renames only")
  }

  @Test("Masks are as a plain search for the longest watch has them")
  func model() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let names = ["a", "b", "aa"]
    func path() -> String {
      (0..<Int.random(in: 0...4, using: &random)).map { _ in names.randomElement(using: &random) ?? "a" }.joined(
        separator: "/")
    }
    for _ in 0..<200 {
      let watches = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        Watch(
          bytes(path()), before: EventMask(rawValue: random.next(upperBound: UInt32(1 << 12))),
          after: EventMask(rawValue: random.next(upperBound: UInt32(1 << 16))))
      }
      let tree = WatchTree(watches)
      for _ in 0..<20 {
        let at = path()
        let above = watches.enumerated().filter { _, watch in
          watch.path.isEmpty || (at + "/").hasPrefix(String(decoding: watch.path, as: UTF8.self) + "/")
        }
        let best = above.max { ($0.element.path.count, $0.offset) < ($1.element.path.count, $1.offset) }?.element
        #expect(
          tree.wanted(at: bytes(at)) == .init(before: best?.before ?? [], after: best?.after ?? []), "seed \(seed)")
      }
    }
  }
}
