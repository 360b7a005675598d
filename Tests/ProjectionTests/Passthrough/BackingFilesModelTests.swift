import Glibc
import Posix
import TestSupport
import Testing

@testable import Projection

@Suite struct BackingFilesModelTests {
  @Test("Any opens, closes and forgets keep what is open and let go what is forgotten", arguments: 1...20)
  func model(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let registrar = FakeRegistrar()
    let files = BackingFiles(registrar: registrar)
    let file = try FileCalls.open("/dev/null", O_RDONLY)
    var opens: [NodeID: Int] = [:]
    var modes: [NodeID: BackingFiles.Mode] = [:]

    for step in 0..<2000 {
      let node = NodeID(rawValue: UInt64.random(in: 2..<10, using: &random))
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        registrar.refuses = Int.random(in: 0..<3, using: &random) == 0
        let isRefused = registrar.refuses
        let mode: BackingFiles.Mode
        if Bool.random(using: &random), let decided = files.open(node) {
          mode = decided
          #expect(modes[node] == decided, "seed \(seed), step \(step)")
        } else {
          mode = files.open(node, backedBy: file)
          if let known = modes[node] {
            #expect(mode == known, "seed \(seed), step \(step)")
          } else {
            #expect((mode == .served) == isRefused, "seed \(seed), step \(step)")
          }
        }
        modes[node] = mode
        opens[node, default: 0] += 1
      case 5..<9:
        files.release(node)
        guard let count = opens[node], count > 0 else { break }
        opens[node] = count - 1
        if count == 1, modes[node] == .served { modes[node] = nil }
      default:
        // The kernel forgets only what nobody has open.
        guard opens[node, default: 0] == 0 else { break }
        files.forget(node)
        modes[node] = nil
      }
      let kept: [BackingID] = modes.values.compactMap { mode in
        guard case .passthrough(let id) = mode else { return nil }
        return id
      }
      #expect(registrar.registered == Set(kept), "seed \(seed), step \(step)")
      #expect(files.active == kept.count, "seed \(seed), step \(step)")
    }
  }
}
