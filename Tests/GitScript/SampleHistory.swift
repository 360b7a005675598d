/// What the repository of every script contains: a small tree with one of everything, and branches that differ from
/// each other in every way that branches can.
enum SampleHistory {
  /// The branch that the worktree begins with.
  static let firstBranch = "work"
  /// The branch that the repository's own worktree has.
  static let otherBranch = "elsewhere"
  /// Branches that conflict with `main`, each in its way.
  static let conflicts = ["content", "add-add", "modify-delete", "rename-rename", "directory-file", "all"].map {
    "conflict/\($0)"
  }
  /// Branches that change what some names are.
  static let kinds = ["kinds", "case", "small", "attributes"]

  /// Lines of text, so that branches can change some of them.
  static func lines(_ name: String, _ count: Int) -> String {
    (1...count).map { "\(name) line \($0)\n" }.joined()
  }

  /// The history; `module` is a commit of the submodule.
  static func stream(module: String) -> String {
    var stream = HistoryStream()
    stream.commit(otherBranch, "nothing in common", [.file("elsewhere.txt", "elsewhere\n")])
    stream.commit("main", "first", files + odd)
    stream.tag("v1.0", of: "main", "the first version")
    stream.commit("small", from: "main", "almost nothing", small)
    stream.commit(
      "main", "second",
      [
        .module("module", commit: module),
        .file(".gitmodules", "[submodule \"module\"]\n\tpath = module\n\turl = ../module\n"),
      ])
    stream.commit("topic", from: "main", "a topic", [.file("topic/new.txt", lines("topic", 5))])
    stream.commit("topic", "more of it", [.file("src/lib-1/a.c", "// topic\n" + lines("src/lib-1/a.c", 12))])
    stream.commit(
      "feature", from: "main", "moves", [.rename("docs", to: "manual"), .rename("src/lib-2", to: "src/two")])
    stream.commit(
      "feature", "and changes",
      [
        .file("src/two/a.c", lines("src/lib-2/a.c", 12) + "// feature\n"), .file("bin/run", "#!/bin/sh\n:\n"),
        .delete("src/lib-3/b.c"), .file("data/blob-0.bin", binary(90)),
      ])
    stream.commit("feature", "and adds", [.file("src/lib-6/a.c", lines("six", 8)), .delete("many/file-3")])
    for branch in conflicts { stream.commit(branch, from: "main", "theirs", theirs(branch)) }
    stream.commit("kinds", from: "main", "other kinds", otherKinds)
    stream.commit(
      "case", from: "main", "other cases",
      [.rename("case/Name.txt", to: "case/name.txt"), .file("case/README", "upper\n"), .file("case/readme", "lower\n")])
    stream.commit(
      "attributes", from: "main", "other line ends",
      [
        .file(".gitattributes", "* text=auto\n*.txt text eol=crlf\n*.bat -text\n*.bin binary\n"),
        .file("docs/.gitignore", "*.txt\n"), .file("src/.gitignore", "# nothing\n"),
      ])
    stream.commit("main", "third", ours)
    stream.tag("v1.1", of: "main", "the second version")
    stream.commit("main", "fourth", [.file("big.txt", lines("big", 100) + "the end\n")])
    stream.commit(firstBranch, from: "main", "fifth", [.file("many/file-0", "work\n")])
    return stream.text
  }

  /// Every byte that is ASCII, and NUL: text for no one.
  private static func binary(_ count: Int) -> String {
    String(decoding: (0..<count).map { UInt8($0 * 7 % 128) }, as: UTF8.self)
  }

  private static var files: [HistoryStream.Change] {
    var changes: [HistoryStream.Change] = [
      .file("README.md", lines("readme", 20)), .file("empty", ""), .file("big.txt", lines("big", 100)),
      .file(".gitignore", "*.log\nbuild/\n!keep.log\n"), .file("keep.log", "kept\n"),
      .file(".gitattributes", "* text=auto\n*.bat text eol=crlf\n*.bin binary\n*.id ident\n"),
      .file("bin/run", "#!/bin/sh\necho run\n", executable: true),
      .file("bin/tool", "#!/bin/sh\necho tool\n", executable: true),
      .file("win/run.bat", "first\nsecond\n"), .file("win/version.id", "$Id$\n"),
      .file("docs/guide.txt", lines("guide", 15)), .file("docs/empty", ""), .file("docs/.gitignore", "*.tmp\n"),
      .file("docs/deep/er/and/deeper/page.txt", lines("page", 4)),
      .file("src/.gitignore", "*.o\n/generated\n"), .file("src/main.c", lines("main", 25)),
      .link("link-to-file", target: "README.md"), .link("link-to-directory", target: "src"),
      .link("dangling", target: "nowhere"), .link("docs/up", target: "../README.md"),
      .file("kinds/file", "a file\n"), .file("kinds/directory/one", "1\n"), .file("kinds/directory/two", "2\n"),
      .file("kinds/tree/x", "x\n"), .file("kinds/tree/sub/y", "y\n"), .file("kinds/mode", "mode\n"),
      .link("kinds/link", target: "file"), .file("case/Name.txt", "name\n"),
      .file("conflict/content.txt", lines("content", 30)), .file("conflict/deleted.txt", lines("deleted", 10)),
      .file("conflict/renamed.txt", lines("renamed", 10)), .file("conflict/kept.txt", lines("kept", 10)),
    ]
    for number in 0..<6 {
      for name in ["a.c", "b.c", "deep/er/d.h"] {
        let path = "src/lib-\(number)/\(name)"
        changes.append(.file(path, lines(path, 12)))
      }
    }
    for number in 0..<40 { changes.append(.file("many/file-\(number)", "number \(number)\n")) }
    for number in 0..<3 { changes.append(.file("data/blob-\(number).bin", binary(200 + number))) }
    return changes
  }

  /// Names that have to be quoted somewhere.
  private static let odd: [HistoryStream.Change] =
    [
      "name with space", "quo\"te", "tick'name", "n\u{e4}me \u{1F4C1}", "-dash", "--option", "back\\slash", "*star",
      "[bracket].txt", "dir with space/-file", "dir with space/a b c", "HEAD", "main", "~tilde", "$dollar", "a:b",
      "..dots",
    ].map { .file("odd/\($0)", "odd \($0)\n") } + [.file("-top", "top\n"), .file("odd two/x", "x\n")]

  private static var small: [HistoryStream.Change] {
    ["src", "many", "odd", "docs", "kinds", "data"].map { .delete($0) } + [.file("small.txt", "small\n")]
  }

  /// What `main` does where others do otherwise.
  private static let ours: [HistoryStream.Change] = [
    .file("conflict/content.txt", lines("content", 14) + "ours\n" + lines("content", 15)),
    .file("conflict/new.txt", "ours\n"), .file("conflict/deleted.txt", lines("deleted", 10) + "ours\n"),
    .rename("conflict/renamed.txt", to: "conflict/ours.txt"), .file("conflict/name", "a file\n"),
    .delete("conflict/kept.txt"),
  ]

  private static func theirs(_ branch: String) -> [HistoryStream.Change] {
    let all: [String: [HistoryStream.Change]] = [
      "content": [.file("conflict/content.txt", lines("content", 14) + "theirs\n" + lines("content", 15))],
      "add-add": [.file("conflict/new.txt", "theirs\n", executable: true)],
      "modify-delete": [.delete("conflict/deleted.txt"), .file("conflict/kept.txt", "theirs\n" + lines("kept", 10))],
      "rename-rename": [.rename("conflict/renamed.txt", to: "conflict/theirs.txt")],
      "directory-file": [.file("conflict/name/inside", "a directory\n")],
    ]
    let kind = String(branch.dropFirst("conflict/".count))
    return all[kind] ?? all.sorted { $0.key < $1.key }.flatMap(\.value)
  }

  /// Each name becomes something else.
  private static let otherKinds: [HistoryStream.Change] = [
    .delete("kinds/file"), .file("kinds/file/now", "a directory\n"), .file("kinds/file/deep/er", "deeper\n"),
    .delete("kinds/directory"), .file("kinds/directory", "a file\n"),
    .delete("kinds/tree"), .link("kinds/tree", target: "../src"),
    .file("kinds/mode", "mode\n", executable: true), .file("kinds/link", "no link\n"),
    .delete("link-to-directory"), .file("link-to-directory/main.c", "real\n"),
    .delete("dangling"), .file("dangling", "not any more\n"),
  ]
}
