import Glibc
import Posix
import TestSupport

/// A small repository with random attributes, contents and configuration.
struct RandomAttributesRepository {
  let fixture: GitFixture

  /// Makes it below `home`.
  init(in home: String, _ random: inout SeededRandom) throws {
    fixture = try GitFixture(at: home + "/repository")
    var files: [(path: String, mode: String, bytes: [UInt8])] = []
    let directories = ["", "d/", "e/", "d/deep/", "d/deep/e/", "sub/", "sub/d/", "x y/"]
    for directory in directories {
      if Int.random(in: 0..<(directory.isEmpty ? 4 : 3), using: &random) > (directory.isEmpty ? 0 : 1) {
        // A checkout takes the target of a symbolic link for the attributes.
        let isLink = Int.random(in: 0..<12, using: &random) == 0
        let lines = Self.attributes(&random, hasNUL: !isLink)
        files.append((directory + ".gitattributes", isLink ? "120000" : "100644", isLink ? [0x23] + lines : lines))
      }
      for name in ["a.c", "b.txt", "c.bat", "x y", "e"] where Bool.random(using: &random) {
        if name == "e", directory.isEmpty || directory == "d/deep/" { continue }
        let mode = ["100644", "100755", "120000"][[0, 0, 0, 1, 2].randomElement(using: &random) ?? 0]
        files.append((directory + name, mode, mode == "120000" ? Array("$Id$\nb".utf8) : Self.content(&random)))
      }
    }
    try importCommit(files, home)
    try configure(home, &random)
  }

  private func importCommit(_ files: [(path: String, mode: String, bytes: [UInt8])], _ home: String) throws {
    var stream = Array("commit refs/heads/main\ncommitter T <t@example.org> 1 +0000\ndata 0\n".utf8)
    for file in files {
      stream += Array("M \(file.mode) inline \"\(file.path)\"\ndata \(file.bytes.count)\n".utf8) + file.bytes + [10]
    }
    try Self.write(home + "/stream", stream)
    let outcome = try Subprocess.run(
      ["sh", "-c", "git -C \"$1\" fast-import --quiet <\"$2\"", "sh", fixture.path, home + "/stream"])
    struct ImportFailed: Error { let reason: String }
    guard outcome.exitCode == 0 else { throw ImportFailed(reason: outcome.errors) }
  }

  private func configure(_ home: String, _ random: inout SeededRandom) throws {
    var text = "[core]\n"
    // Weighted towards what most people have: nothing.
    text +=
      ["", "", "", "autocrlf = true\n", "autocrlf = input\n", "autocrlf = false\n", "autocrlf\n"]
      .randomElement(using: &random) ?? ""
    text += ["", "", "", "eol = lf\n", "eol = CRLF\n", "eol = native\n"].randomElement(using: &random) ?? ""
    if Int.random(in: 0..<4, using: &random) == 0 {
      text += "attributesFile = \(home)/global\n"
      try Self.write(home + "/global", Self.attributes(&random, hasNUL: true))
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      _ = try Directories.make(fixture.path + "/.git/info")
      try Self.write(fixture.path + "/.git/info/attributes", Self.attributes(&random, hasNUL: true))
    }
    let old = try FileCalls.contents(fixture.path + "/.git/config")
    try Self.write(fixture.path + "/.git/config", old + Array(text.utf8))
  }

  // MARK: - Pieces

  private static let patterns = [
    "*", "*.c", "*.txt", "a*", "/a.c", "a.c", "d/*", "/d/**", "**/e", "e/", "d/", "**/deep/*.c", "sub/*/a.c",
    "\"x y\"", "\"x y/*\"", "!a.c", "[ab].*", "?.txt", "d**/a.c", "deep/**/*", "*/b.txt", "e", "\\a.c", "**", "d/a.c",
    "sub/**/a.c", "/*", "[[:alpha:]].c",
  ]

  private static let words = [
    "text", "-text", "!text", "text=auto", "text=auto", "text=input", "text=foo", "crlf", "-crlf", "!crlf",
    "crlf=input", "crlf=auto", "eol=lf", "eol=crlf", "eol=crlf", "!eol", "-eol", "eol", "ident", "ident", "-ident",
    "!ident", "ident=x", "binary", "-binary", "!binary", "diff=c", "mine", "-mine", "other",
  ]

  private static let specials = [
    "[attr]mine text eol=crlf ident", "[attr]other mine -ident", "[attr]binary ident", "[attr]text ident",
    "[attr]mine -mine other text", "# * text", "", "*.c text a/b", "* diff", "*.c merge=ours -diff",
  ]

  private static func attributes(_ random: inout SeededRandom, hasNUL: Bool) -> [UInt8] {
    var text: [UInt8] = []
    if Int.random(in: 0..<30, using: &random) == 0 { text += [0xef, 0xbb, 0xbf] }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      if Int.random(in: 0..<6, using: &random) == 0 {
        text += Array((specials.randomElement(using: &random) ?? "").utf8)
      } else {
        text += Array((patterns.randomElement(using: &random) ?? "").utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          text += Array(" \(words.randomElement(using: &random) ?? "")".utf8)
        }
      }
      switch Int.random(in: 0..<40, using: &random) {
      case 0 where hasNUL: text += [0]
      case 1: text += Array(repeating: UInt8(ascii: " "), count: 2040)
      case 2: text += [13]
      default: break
      }
      text += [10]
    }
    return text
  }

  private static let contents: [[UInt8]] =
    [
      "text", "$Id$", "$Id$", "$Id: abc $", "$Id: a b $", "$Id:a b$", "$Id:$", "$Id: $", "$Id:  $", "$$Id$", "$IdX",
      "$Id", "$Id:", "$", "$I", "Id$", "\t", "\u{1a}", "$Id: a\tb $", "\n", "\n", "\n", "$Id: \u{1} $", "$Id:\r$",
    ].map { Array($0.utf8) } + [[0], [1], [0xff], Array("$Id".utf8) + [0], Array("$Id: ".utf8) + [0]]

  private static func content(_ random: inout SeededRandom) -> [UInt8] {
    // Most are of one style of line endings, or git's guess would never find a text.
    let ending: [[UInt8]] =
      [[[10]], [[13, 10]], [[10], [13, 10]], [[10], [13]]].randomElement(using: &random) ?? []
    let isPlain = Bool.random(using: &random)
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      bytes += (isPlain ? contents[..<16] : contents[...]).randomElement(using: &random) ?? []
      if Bool.random(using: &random) { bytes += ending.randomElement(using: &random) ?? [] }
    }
    // git converts in pieces of 1 and 16 KiB.
    if Int.random(in: 0..<10, using: &random) == 0, !bytes.isEmpty {
      let piece = bytes
      while bytes.count < 40_000 {
        bytes += Array(repeating: UInt8(ascii: "x"), count: Int.random(in: 0...1100, using: &random)) + piece
      }
    }
    return bytes
  }

  private static func write(_ path: String, _ bytes: [UInt8]) throws {
    let file = try FileCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, bytes)
  }
}
