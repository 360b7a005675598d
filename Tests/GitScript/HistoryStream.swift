/// Writes what `git fast-import` reads: branches with everything git can store, made by one process.
struct HistoryStream {
  private(set) var text = ""
  private var time = 1_600_000_000

  /// A change of a commit.
  enum Change {
    case file(String, String, executable: Bool = false)
    case link(String, target: String)
    case module(String, commit: String)
    case delete(String)
    case rename(String, to: String)
  }

  /// Adds a commit to a branch; a new branch begins at `start`, or at nothing.
  mutating func commit(_ branch: String, from start: String? = nil, _ message: String, _ changes: [Change]) {
    time += 3600
    text += "commit refs/heads/\(branch)\n"
    text += "committer Test <test@example.org> \(time) +0000\n"
    data(message + "\n")
    if let start { text += "from refs/heads/\(start)\n" }
    for change in changes { add(change) }
    text += "\n"
  }

  /// Tags the tip of a branch.
  mutating func tag(_ name: String, of branch: String, _ message: String) {
    text += "tag \(name)\nfrom refs/heads/\(branch)\ntagger Test <test@example.org> \(time) +0000\n"
    data(message + "\n")
  }

  private mutating func add(_ change: Change) {
    switch change {
    case .file(let path, let contents, let executable):
      text += "M \(executable ? "100755" : "100644") inline \(quote(path))\n"
      data(contents)
    case .link(let path, let target):
      text += "M 120000 inline \(quote(path))\n"
      data(target)
    case .module(let path, let commit): text += "M 160000 \(commit) \(quote(path))\n"
    case .delete(let path): text += "D \(quote(path))\n"
    case .rename(let old, let new): text += "R \(quote(old)) \(quote(new))\n"
    }
  }

  private mutating func data(_ contents: String) {
    text += "data \(contents.utf8.count)\n\(contents)\n"
  }

  private func quote(_ path: String) -> String {
    var quoted = "\""
    for character in path.unicodeScalars {
      if character == "\"" || character == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(character)
    }
    return quoted + "\""
  }
}
