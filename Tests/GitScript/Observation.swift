internal import Posix

/// What git says of a place between two steps.
struct Observation: Equatable {
  /// `git status --porcelain=v2 --branch -z`.
  var status: ScriptPlace.Outcome
  /// All refs with what they point to.
  var refs: ScriptPlace.Outcome
  /// Small files of the worktree's part of the repository, which say what is going on.
  var state: [String: String]

  /// The files of `state` that are there only while something is in progress, and the others.
  private static let stateFiles = [
    "HEAD", "ORIG_HEAD", "MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "SQUASH_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD",
    "REBASE_HEAD", "BISECT_LOG", "rebase-merge/git-rebase-todo", "rebase-merge/done", "rebase-merge/msgnum",
    "rebase-apply/next", "rebase-apply/applying", "sequencer/todo", "logs/HEAD", "info/sparse-checkout",
  ]

  /// How much of a log is looked at: the last entries.
  private static let logTail = 1500

  /// Looks at a place without changing anything in it. What a step cannot have changed is taken from `last`.
  init(of place: ScriptPlace, step: Int, ignored: Bool, last: Observation?) {
    // Without the lock, status does not write the index: the script alone decides when that happens.
    status = place.perform(
      GitCommand(
        ["--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z"]
          + (ignored ? ["--ignored"] : [])), step: step)
    refs =
      last?.refs
      ?? place.perform(GitCommand(["for-each-ref", "--format=%(refname) %(objectname) %(symref)"]), step: step)
    state = [:]
    let directory = place.gitDirectory
    for name in Self.stateFiles {
      guard let bytes = try? FileCalls.contents("\(directory)/\(name)") else { continue }
      let text = String(decoding: bytes.suffix(Self.logTail), as: UTF8.self)
      state[name] = text.replacing(place.home, with: "{home}")
    }
  }

  /// The paths of tracked files of which the two statuses say different things.
  func changes(unlike other: Observation) -> [String] {
    let (mine, theirs) = (Set(status.output.split(separator: "\0")), Set(other.status.output.split(separator: "\0")))
    return mine.symmetricDifference(theirs).compactMap { line in
      // 1 XY sub mH mI mW hH hI path
      let fields = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: false)
      return fields.first == "1" && fields.count == 9 ? String(fields[8]) : nil
    }
  }

  /// How it differs from what another place shows, for people.
  func difference(from other: Observation) -> String? {
    if status != other.status {
      return "git status: \(readable(status))\nbut the subject has: \(readable(other.status))"
    }
    if refs != other.refs { return "refs: \(refs)\nbut the subject has: \(other.refs)" }
    for name in Set(state.keys).union(other.state.keys).sorted() where state[name] != other.state[name] {
      return "\(name): \(state[name] ?? "none")\nbut the subject has: \(other.state[name] ?? "none")"
    }
    return nil
  }

  private func readable(_ outcome: ScriptPlace.Outcome) -> String {
    var outcome = outcome
    outcome.output = outcome.output.replacing("\0", with: "\n")
    return "\(outcome)"
  }
}
