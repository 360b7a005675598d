import Glibc
import Posix
import SystemPackage
import TestSupport

/// A history with two branches that differ in every way that two trees can.
enum SwitchHistory {
  /// Makes it at `path`, where `main` stays checked out. The branches `one` and `two` go apart from the tag `v1`; `side`
  /// can be merged into `one`; `remote-only` is a branch of the remote alone.
  static func make(at path: String) throws -> GitFixture {
    let repository = try GitFixture(at: path)
    try repository.add("kept", "the same everywhere\n")
    try repository.add("edited", "nobody's\n")
    try repository.add("directory/kept", "the same\n")
    try repository.add("directory/deep/kept", "the same\n")
    try repository.add("kept-converted/.gitattributes", "*.txt text eol=crlf\n")
    try repository.add("kept-converted/lines.txt", "a\nb\n")
    try repository.add(".gitignore", "*.o\n")
    try repository.commit("first")
    try repository.git("tag", "-a", "-m", "annotated", "v1")
    try repository.git("branch", "side")
    for branch in ["one", "two"] {
      try repository.git("checkout", "-q", "-b", branch, "v1")
      try repository.fill(branch)
      try repository.commit("what \(branch) has")
      try repository.add("last", "the last of \(branch)\n")
      try repository.commit("the last of \(branch)")
    }
    try repository.git("checkout", "-q", "side")
    try repository.add("side/new", "of the side\n")
    try repository.add("edited", "by the side\n")
    try repository.commit("aside")
    try repository.git("checkout", "-q", "main")
    try repository.git("remote", "add", "origin", path)
    try repository.git("update-ref", "refs/remotes/origin/remote-only", "two~1")
    try repository.git("update-ref", "refs/remotes/origin/one", "one")
    return repository
  }

  /// The paths of files that a switch between `one` and `two` writes, in the order of their bytes.
  static let changed = ["one": written + ["only-one/deep/file"], "two": written + ["only-two/deep/file"]]
    .mapValues { $0.sorted() }

  private static let written = [
    "attributes/.gitattributes", "big", "changed", "directory/changed", "directory/deep/changed", "last", "link",
    "mode",
    "same-size", "to-directory", "to-file", "to-link",
  ]
}

extension GitFixture {
  /// Stages what one of the branches has.
  fileprivate func fill(_ branch: String) throws {
    let isOne = branch == "one"
    for name in ["changed", "directory/changed", "directory/deep/changed"] {
      try add(name, "\(name) of \(branch)\n" + (isOne ? "" : "and longer\n"))
    }
    try add("same-size", "\(branch)\n")
    try add("big", String(repeating: "\(branch) has this line\n", count: 50_000))
    try add("mode", "the mode alone\n", executable: !isOne)
    try add("directory/only-\(branch)", "in one of them\n")
    try add("only-\(branch)/deep/file", "in one of them\n")
    try add("attributes/.gitattributes", isOne ? "*.txt text eol=lf\n" : "*.txt text eol=crlf\n")
    try add("attributes/lines.txt", "a\nb\n")
    try link("link", to: "target-of-\(branch)")
    if isOne {
      try add("to-link", "a file\n")
      try add("to-directory", "a file\n")
      try add("to-file/inside", "in a directory\n")
    } else {
      try link("to-link", to: "kept")
      try add("to-directory/inside", "in a directory\n")
      try add("to-file", "a file\n")
    }
  }

  private func link(_ name: String, to target: String) throws {
    try? FileCalls.remove("\(path)/\(name)")
    guard symlink(target, "\(path)/\(name)") == 0 else { throw Errno.current }
    try git("add", "--", name)
  }
}
