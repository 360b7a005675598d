import Glibc
import Posix
import Projection
import TestSupport
import Testing

@testable import Server

/// Which paths pathspecs mean, compared with what git says.
@Suite struct PathspecTests {
  /// Files in directories with names that differ in case, look like patterns, and begin with each other.
  private static let files: [String] = {
    let names = ["a", "b", "A", "ab", "a*", "[a]", "a.c", "B.c", "\\a"]
    var files = names
    for directory in ["d", "D", "da", "d/d", "d/aa", "a-d", "d*", "d/d/d"] {
      files += names.map { "\(directory)/\($0)" }
    }
    return files
  }()

  private let directory: TemporaryDirectory
  private let repository: GitFixture

  init() throws {
    directory = try TemporaryDirectory()
    repository = try GitFixture(at: directory.path + "/repository")
    // The index is all that ls-files looks at.
    let empty = try repository.storeObject("blob", [])
    let entries = Self.files.map { "100644 \(empty)\t\($0)\0" }.joined()
    let list = directory.path + "/entries"
    let file = try FileCalls.open(list, O_CREAT | O_WRONLY, mode: 0o600)
    try FileCalls.writeAll(file.rawValue, Array(entries.utf8))
    let outcome = try Subprocess.run([
      "sh", "-c", "git -C '\(repository.path)' update-index -z --index-info < '\(list)'",
    ])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    for place in ["d", "d/d"] { _ = try Directories.make("\(repository.path)/\(place)") }
  }

  /// What git lists; nil where it refuses.
  private func listed(_ specs: [String], at place: String) throws -> Set<String>? {
    let outcome = try Subprocess.run(
      ["git", "-C", "\(repository.path)/\(place)", "ls-files", "-z", "--full-name", "--"] + specs)
    guard outcome.exitCode == 0 else { return nil }
    return Set(outcome.output.split(separator: "\0").map(String.init))
  }

  /// What a walk finds that asks about each directory before it looks into it.
  private func found(_ selection: some PathSelection) -> Set<String> {
    Set(
      Self.files.filter { file in
        let names = file.split(separator: "/")
        for depth in 0..<names.count {
          switch selection.coverage(of: Array(names[..<depth].joined(separator: "/").utf8)) {
          case .none: return false
          case .all: return true
          case .some: continue
          }
        }
        return selection.selects(Array(file.utf8))
      })
  }

  private static func randomSpec(_ random: inout SeededRandom) -> String {
    let magic =
      [
        "", "", "", ":(glob)", ":(icase)", ":(literal)", ":!", ":(exclude,glob)", ":/", ":(top,icase)", ":(glob,icase)",
        ":^", ":(exclude,icase)", ":", ":/!", ":!:",
      ].randomElement(using: &random) ?? ""
    let pieces = [
      "a", "b", "d", "D", "*", "**", "?", "/", "/", "[ab]", "[!a]", "\\a", ".c", "-", "[a-c]*", "**/", "[[:upper:]]",
    ]
    var text = ["a", "d", "D", "*", "?", "d/", "**/", ".", "[d]", ""].randomElement(using: &random) ?? ""
    for _ in 0..<Int.random(in: 0...4, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
    // An absolute path to git, and to us.
    while text.hasPrefix("/") { text.removeFirst() }
    // git folds the letters of brackets in a way of its own.
    return magic.contains("icase") ? magic + text.replacing("[[:upper:]]", with: "a") : magic + text
  }

  @Test("Random pathspecs mean what git ls-files lists", arguments: 0..<8)
  func random(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<40 {
      var specs = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.randomSpec(&random) }
      var place = ["", "d", "d/d"].randomElement(using: &random) ?? ""
      if specs.contains(where: { $0.contains("!") || $0.contains("^") || $0.contains("exclude") }) {
        // git 2.39 forgets an exclusion that is shorter than what all the others begin with.
        specs.append(".")
        place = ""
      }
      let expected = try listed(specs, at: place)
      let selection = try? PathspecList(specs, at: place.isEmpty ? "" : place + "/", top: repository.path)
      let mine = selection.map { found($0) } ?? ["refused"]
      // The difference alone: the sets are long.
      let difference = mine.symmetricDifference(expected ?? ["refused"]).sorted()
      #expect(difference == [], "seed \(seed): \(specs) at '\(place)'")
    }
  }

  @Test(
    "What git refuses is refused, and so is what is not supported here",
    arguments: [
      "", ":(attr:x)a", ":(attr)", ":(nonsense)a", ":(glob", ":(literal,glob)a", ":#a", "../..", "/etc", ":%",
    ])
  func mistakes(spec: String) {
    #expect(throws: Pathspec.Mistake.self) { try PathspecList([spec], at: "d/", top: "/mnt") }
  }

  @Test("Absolute paths begin at the view, and what nothing matches is said")
  func places() throws {
    let list = try PathspecList(["/mnt/d/a", "*.none", "D", ":!x"], at: "d/", top: "/mnt")
    #expect(found(list) == Set(Self.files.filter { $0 == "d/a" || $0.hasPrefix("d/a/") }))
    #expect(list.missing == ["*.none", "D"])
    let all = try PathspecList(["/mnt"], at: "d/", top: "/mnt")
    #expect(found(all).count == Self.files.count)
  }

  @Test("Plain paths are files, and directories with everything in them")
  func plain() {
    let tree = PathTree(["d/d", "a*", "d/d/a", "none", "d//aa/./b/"].map { Array($0.utf8) })
    #expect(found(tree) == Set(Self.files.filter { $0.hasPrefix("d/d/") || $0 == "a*" || $0 == "d/aa/b" }))
    #expect(tree.missing == [3])
    #expect(found(PathTree([[]])).count == Self.files.count)
    #expect(PathTree([]).coverage(of: []) == .none)
  }

  @Test("Directories without anything are not looked into")
  func pruning() throws {
    let list = try PathspecList(["d/a", ":(glob)x/*.c", "y*"], at: "", top: "/mnt")
    for directory in ["d/b", "e", "x/z", "dd"] {
      #expect(list.coverage(of: Array(directory.utf8)) == .none, "\(directory)")
    }
    for directory in ["d", "x", "yy/z"] { #expect(list.coverage(of: Array(directory.utf8)) == .some, "\(directory)") }
    #expect(list.coverage(of: Array("d/a/b".utf8)) == .all)
  }
}
