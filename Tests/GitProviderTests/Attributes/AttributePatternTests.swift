import Posix
import TestSupport
import Testing

@testable import GitProvider

@Suite("Patterns of attributes files")
struct AttributePatternTests {
  @Test(
    "What matches, and what does not",
    arguments: [
      ("*.c", ["a.c", "x/a.c", ".c"], ["a.h", "a.c/b"]),
      ("a.c", ["a.c", "x/y/a.c"], ["ba.c"]),
      ("/a.c", ["a.c"], ["x/a.c"]),
      ("x/*.c", ["x/a.c"], ["x/y/a.c", "y/x/a.c"]),
      ("x/**", ["x/a", "x/y/z"], ["x", "y/x/a"]),
      ("**/a", ["a", "x/a", "x/y/a"], ["xa"]),
      ("x/**/a", ["x/a", "x/y/a", "x/y/z/a"], ["xa", "x/ya"]),
      // Two stars behind a literal count as if they stood alone: git takes the literal away first.
      ("x**/a", ["xa", "xy/a", "xy/z/a", "x/a"], ["ya"]),
      ("?**/a", ["xy/a"], ["xy/z/a"]),
      ("*", ["a", "x/a"], []),
      ("[a-c]?", ["ax", "cy"], ["dx", "a", "ax/y"]),
      ("[!a]b", ["xb"], ["ab"]),
      ("[^a]b", ["xb"], ["ab"]),
      ("[]x]", ["]", "x"], ["a"]),
      ("[[:digit:][:upper:]]", ["1", "Q"], ["q"]),
      ("[[:nonsense:]]", [], ["n", ":"]),
      ("[a", [], ["a", "[a"]),
      ("\\*", ["*"], ["a"]),
      ("a\\", [], ["a", "a\\"]),
      ("!a", [], ["a", "!a"]),
      ("x/", [], ["x", "x/a"]),
      ("", [], [""]),
    ] as [(String, [String], [String])])
  func table(pattern: String, matching: [String], others: [String]) {
    for path in matching { #expect(matches(pattern, path), "\(pattern) \(path)") }
    for path in others { #expect(!matches(pattern, path), "\(pattern) \(path)") }
  }

  @Test("A pattern that would take git for ever takes no time here")
  func hardPattern() {
    let pattern = String(repeating: "*a", count: 500) + "b"
    #expect(!matches(pattern, String(repeating: "a", count: 250)))
    #expect(!matches("/" + String(repeating: "**/*a*/", count: 100) + "b", String(repeating: "a/", count: 500)))
  }

  @Test("git check-attr says the same of random patterns")
  func likeGit() throws {
    let seed = TestSeed.any
    var random = SeededRandom(seed: seed)
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    let pieces = [
      "a", "b", "/", "*", "**", "?", "[ab]", "[!a]", "[a-c]", "[", "]", "-", "\\", "\\/", "[[:alpha:]]", "[[:x]", ".",
      "[^b]", "**/", "/**", "[]-c]", "[\\]]",
    ]
    let letters = ["a", "b", "c", ".", "-", "]", "["]
    let paths = (0..<60).map { _ in
      (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Self.some(1...3, of: letters, &random)
      }.filter { $0 != "." && $0 != ".." }.joined(separator: "/")
    }.filter { !$0.isEmpty }
    let patterns = (0..<400).map { _ in Self.some(1...6, of: pieces, &random) }
    let lines = patterns.enumerated().map { "\($0.element) p\($0.offset)" }.joined(separator: "\n")
    _ = try home.write("repository/.gitattributes", lines + "\n")
    for path in Set(paths) {
      let answer = try repository.git("check-attr", "-a", "--", path)
      let told = Set(
        answer.split(separator: "\n").compactMap { $0.split(separator: ": ").dropFirst().first.map(String.init) })
      for (number, pattern) in patterns.enumerated() {
        #expect(matches(pattern, path) == told.contains("p\(number)"), "seed \(seed): '\(pattern)' and '\(path)'")
      }
    }
  }

  private static func some(_ count: ClosedRange<Int>, of pieces: [String], _ random: inout SeededRandom) -> String {
    (0..<Int.random(in: count, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  private func matches(_ pattern: String, _ path: String) -> Bool {
    guard let compiled = AttributePattern(Array(pattern.utf8)) else { return false }
    let name = compiled.matchesPath ? path : path.split(separator: "/").last.map(String.init) ?? ""
    let bytes = Array(name.utf8)
    return bytes.withUnsafeBytes { compiled.matches($0) }
  }
}
