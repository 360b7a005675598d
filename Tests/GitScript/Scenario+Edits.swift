/// What editors and builds do, by system calls.
extension Scenario {
  static let edits: [Scenario] = [
    Scenario("create", 5) { [.edit(.write($0.newPath(), $0.text()))] },
    Scenario("append", 5) { [.edit(.append($0.file(), $0.text()))] },
    Scenario("line", 6) { [.edit(.line($0.file(), $0.number(0..<20), $0.line()))] },
    Scenario("line in place", 4) { [.edit(.lineInPlace($0.file(), $0.number(0..<20), $0.line()))] },
    Scenario("overwrite", 3) { [.edit(.overwrite($0.file(), offset: $0.number(0..<60), $0.line()))] },
    Scenario("overwrite all", 2) { [.edit(.write($0.file(), $0.text()))] },
    Scenario("truncate", 3) { [.edit(.truncate($0.file(), size: $0.any([0, 0, 1, 10, 5000])))] },
    Scenario("make executable", 2) { [.edit(.mode($0.file(), 0o755))] },
    Scenario("make not executable", 2) { [.edit(.mode($0.any(["bin/run", "bin/tool", $0.file()]), 0o644))] },
    Scenario("other modes", 1) { [.edit(.mode($0.file(), $0.any([0o600, 0o700, 0o664, 0o775, 0o444])))] },
    Scenario("unlink", 4) { [.edit(.unlink($0.oneIn(5) ? $0.link() : $0.file()))] },
    Scenario("remove a directory", 2) { [.edit(.remove($0.directory()))] },
    Scenario("make a directory", 2) { [.edit(.makeDirectory($0.newPath()))] },
    Scenario("rename a file", 4) { [.edit(.rename($0.file(), $0.oneIn(3) ? $0.file() : $0.newPath()))] },
    Scenario("rename a directory", 3) { [.edit(.rename($0.directory(), $0.newPath()))] },
    Scenario("rename there and back", 1) {
      let (old, new) = ($0.path(), "moved away")
      return [.edit(.rename(old, new)), .git("status", "--short"), .edit(.rename(new, old))]
    },
    Scenario("symbolic link", 2) {
      [.edit(.link(target: $0.any(["README.md", "src", "nowhere", "../src/main.c"]), $0.newPath()))]
    },
    Scenario("touch", 3) { [.edit(.touch($0.path()))] },
    Scenario("write the same", 2) { [.edit(.rewrite($0.file()))] },
    Scenario("write and restore", 2) { [.edit(.restore($0.file()))] },
    Scenario("file to directory", 2) {
      let path = $0.file()
      return [.edit(.unlink(path)), .edit(.makeDirectory(path)), .edit(.write("\(path)/inside", $0.text()))]
    },
    Scenario("directory to file", 1) {
      let path = $0.directory()
      return [.edit(.remove(path)), .edit(.write(path, $0.text()))]
    },
    Scenario("file to link and back", 1) {
      let path = $0.file()
      return [
        .edit(.unlink(path)), .edit(.link(target: "README.md", path)), .git("diff"), .edit(.unlink(path)),
        .edit(.write(path, $0.text())),
      ]
    },
    Scenario("directory to link", 1) {
      let path = $0.directory()
      return [.edit(.rename(path, "moved tree")), .edit(.link(target: "moved tree", path))]
    },
    Scenario("what is ignored", 2) {
      [.edit(.write("\($0.directory())/\($0.any(["a.log", "b.o", "c.tmp", "build/d", "generated"]))", $0.text()))]
    },
    Scenario("ignore more", 1) {
      [
        .edit(
          .write(
            $0.any([".gitignore", "docs/.gitignore", "many/.gitignore"]), $0.any(["*.txt\n", "new*\n", "", "/*\n"])))
      ]
    },
    Scenario("other attributes", 1) {
      let rules = $0.any(["*.txt text eol=crlf\n", "*.c -diff\n", "* -text\n", "*.txt ident\n"])
      return [.edit(.write($0.any([".gitattributes", "docs/.gitattributes"]), rules))]
    },
  ]
}
