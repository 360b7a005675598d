import Control
import TestSupport
import Testing

@testable import Commands

@Suite struct PrefetchProfileTests {
  @Test("Any paths come back", arguments: 0..<20)
  func roundTrip(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let signs: [UInt8] = Array("ab/\n\"\\n# ".utf8) + [0xff, 0xc3, 1]
    let paths = (0..<50).map { _ in
      (0..<Int.random(in: 1...8, using: &random)).compactMap { _ in signs.randomElement(using: &random) }
    }
    #expect(PrefetchProfile(file: PrefetchProfile(paths).file)?.paths == paths, "seed \(seed)")
  }

  @Test("It can be read, and what is none is refused")
  func text() {
    let file = Array("# projfs profile 1\na/b\n\"c\\nd\"\n".utf8)
    #expect(PrefetchProfile(["a/b", "c\nd"].map { Array($0.utf8) }).file == file)
    for text in ["", "a/b\n", "# projfs profile 2\na\n", "# projfs profile 1\n\"a\n", "# projfs profile 1\n\"a\\\"\n"] {
      #expect(PrefetchProfile(file: Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test("The bar says how far it is, how fast, and how long it takes still")
  func bar() {
    var report = PrefetchReport()
    #expect(ProgressBar.line(report, after: .seconds(1)) == "looking for files")
    (report.total, report.files, report.fetched, report.bytes) = (4000, 1000, 500, 3 << 20)
    #expect(
      ProgressBar.line(report, after: .seconds(2)) == "25.0% 1,000 of 4,000 files, 3.0 MiB, 1.5 MiB/s, 12.0 s left")
  }
}
