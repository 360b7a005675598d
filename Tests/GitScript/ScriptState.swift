/// What the generator knows of a place: enough for steps that mostly mean something.
struct ScriptState {
  /// What git is in the middle of.
  enum Progress {
    case merge, rebase, apply, cherryPick, revert, bisect
  }

  var progress: Progress?
  var conflicts: [String] = []
  var changed: [String] = []
  var untracked: [String] = []
  var branch: String?
  var branches: [String] = []
  var tags: [String] = []
  var stashes = false
  var isSparse = false
  /// What is on disk, in order.
  var files: [String] = []
  var links: [String] = []
  var directories: [String] = []

  /// Nothing is known.
  init() {}

  /// Reads it from what was compared.
  init(_ observation: Observation, _ tree: TreeRecord) {
    readStatus(observation.status.output)
    for line in observation.refs.output.split(separator: "\n") {
      guard let name = line.split(separator: " ").first else { continue }
      if name.hasPrefix("refs/heads/") { branches.append(String(name.dropFirst("refs/heads/".count))) }
      if name.hasPrefix("refs/tags/") { tags.append(String(name.dropFirst("refs/tags/".count))) }
      if name == "refs/stash" { stashes = true }
    }
    let state = observation.state
    if state["rebase-apply/applying"] != nil {
      progress = .apply
    } else if state["rebase-merge/msgnum"] != nil || state["rebase-merge/git-rebase-todo"] != nil
      || state["rebase-apply/next"] != nil
    {
      progress = .rebase
    } else if state["MERGE_HEAD"] != nil {
      progress = .merge
    } else if state["CHERRY_PICK_HEAD"] != nil {
      progress = .cherryPick
    } else if state["REVERT_HEAD"] != nil {
      progress = .revert
    } else if state["BISECT_LOG"] != nil {
      progress = .bisect
    }
    isSparse = state["info/sparse-checkout"] != nil
    for (path, entry) in tree.entries.sorted(by: { $0.key < $1.key }) {
      if entry.isDirectory {
        directories.append(path)
      } else if entry.isLink {
        links.append(path)
      } else {
        files.append(path)
      }
    }
  }

  /// Reads NUL-terminated records of `git status --porcelain=v2`.
  private mutating func readStatus(_ text: String) {
    var records = text.split(separator: "\0")[...]
    while let record = records.popFirst() {
      switch record.first {
      case "1": if let path = path(record, after: 8) { changed.append(path) }
      case "2":
        if let path = path(record, after: 9) { changed.append(path) }
        // A renamed entry's old name is a record of its own.
        _ = records.popFirst()
      case "u": if let path = path(record, after: 10) { conflicts.append(path) }
      case "?": untracked.append(String(record.dropFirst(2)))
      case "#":
        let words = record.split(separator: " ")
        if words.count == 3, words[1] == "branch.head", words[2] != "(detached)" { branch = String(words[2]) }
      default: break
      }
    }
  }

  private func path(_ record: Substring, after spaces: Int) -> String? {
    let words = record.split(separator: " ", maxSplits: spaces, omittingEmptySubsequences: false)
    return words.count == spaces + 1 ? String(words[spaces]) : nil
  }
}
