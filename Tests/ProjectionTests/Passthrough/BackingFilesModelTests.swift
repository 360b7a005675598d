import Glibc
import Posix
import TestSupport
import Testing

@testable import Projection

@Suite struct BackingFilesModelTests {
  /// What a naive list of opens knows of one node.
  private struct Known {
    var mode: BackingFiles.Mode
    let source: BackingFiles.Source
    /// For each open whether it is for writing.
    var opens: [Bool]

    /// What an open from `source` must come to.
    func outcome(from source: BackingFiles.Source) -> BackingFiles.Outcome {
      if mode == .served || source == self.source { return .opened(mode) }
      return opens.isEmpty ? .undecided : .conflict
    }
  }

  @Test(
    "Any opens from both branches, closes, conversions and forgets keep what is open and let go what is not",
    arguments: 1...30)
  func model(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let registrar = FakeRegistrar()
    let files = BackingFiles(registrar: registrar)
    let file = try FileCalls.open("/dev/null", O_RDONLY)
    var nodes: [NodeID: Known] = [:]

    for step in 0..<2000 {
      let node = NodeID(rawValue: UInt64.random(in: 2..<10, using: &random))
      let known = nodes[node]
      switch Int.random(in: 0..<12, using: &random) {
      case 0..<5:
        let source: BackingFiles.Source = Bool.random(using: &random) ? .store : .local
        let isWriting = source == .local && Bool.random(using: &random)
        let expected = known?.outcome(from: source) ?? .undecided
        registrar.refuses = Int.random(in: 0..<3, using: &random) == 0
        let hasFile = Bool.random(using: &random)
        let outcome =
          hasFile
          ? files.open(node, backedBy: file, from: source, mapping: isWriting)
          : files.open(node, from: source, mapping: isWriting)
        switch (outcome, expected) {
        case (.opened(let mode), .undecided) where hasFile:
          #expect((mode == .served) == registrar.refuses, "seed \(seed), step \(step)")
          nodes[node] = Known(mode: mode, source: source, opens: [isWriting])
        default:
          #expect(outcome == expected, "seed \(seed), step \(step)")
          if case .opened = outcome { nodes[node]?.opens.append(isWriting) }
        }
      case 5..<9:
        guard let place = known?.opens.indices.randomElement(using: &random) else {
          files.release(node)
          break
        }
        let isWriting = nodes[node]?.opens.remove(at: place) ?? false
        files.release(node, mapping: isWriting)
        if let left = nodes[node], left.opens.isEmpty, left.mode == .served { nodes[node] = nil }
      case 9, 10:
        // Somebody writes to the file: its content goes to the other branch.
        let isBusy = known.map { !$0.opens.isEmpty && $0.mode != .served } ?? false
        #expect(files.leaveBranch(node) == !isBusy, "seed \(seed), step \(step)")
        if known?.opens.isEmpty == true { nodes[node] = nil }
      default:
        // The kernel forgets only what nobody has open.
        guard known?.opens.isEmpty ?? true else { break }
        files.forget(node)
        nodes[node] = nil
      }
      let kept: [BackingID] = nodes.values.compactMap { known in
        guard case .passthrough(let id) = known.mode else { return nil }
        return id
      }
      #expect(registrar.registered == Set(kept), "seed \(seed), step \(step)")
      #expect(files.active == kept.count, "seed \(seed), step \(step)")
      let isWritten = nodes[node]?.opens.contains(true) ?? false
      #expect(files.mayBeMapped(node) == isWritten, "seed \(seed), step \(step)")
    }
  }
}
