import Glibc
import Posix
import TestSupport

/// A small repository with one of everything that git can store.
enum SampleRepository {
  /// Makes it at `path`.
  static func make(at path: String) throws -> GitFixture {
    let repository = try GitFixture(at: path)
    try repository.add("README.md", "# sample\n")
    try repository.add("empty", "")
    try repository.add("tools/run.sh", "#!/bin/sh\necho run\n", executable: true)
    try repository.add("näme with späces and \u{1F4C1}", "odd\n")
    try repository.add("a/b/c/d/deep", "deep\n")
    try repository.add("a.b", "sorts between 'a' and 'a/' in git's order\n")
    try repository.add("big", String(repeating: "0123456789abcdef\n", count: 100_000))
    try repository.add("converted/.gitattributes", "*.bat text eol=crlf\n/sub/*.c ident\n")
    try repository.add("converted/run.bat", "first\nsecond\n")
    try repository.add("converted/sub/version.c", "// $Id$\n")
    for number in 0..<300 { try repository.write("many/file-\(number)", "number \(number)\n") }
    try repository.git("add", "many")
    for (target, name) in [("README.md", "link"), ("nowhere", "dangling"), ("tools", "to-directory")] {
      guard symlink(target, "\(path)/\(name)") == 0 else { throw Failure() }
      try repository.git("add", name)
    }
    let commit = try repository.commit()
    try repository.git("update-index", "--add", "--cacheinfo", "160000,\(commit),module")
    try repository.commit("a submodule")
    return repository
  }

  struct Failure: Error {}
}

extension GitFixture {
  /// Writes a file without staging it.
  func write(_ name: String, _ text: String) throws {
    if let slash = name.lastIndex(of: "/") { _ = try Directories.make(path + "/" + name[..<slash]) }
    let file = try FileCalls.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
  }
}
