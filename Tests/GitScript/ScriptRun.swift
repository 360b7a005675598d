internal import SystemPackage

/// Performs the steps of a script in both places of a pair, and compares the places after each.
package final class ScriptRun {
  private let pair: ScriptPair
  private let edits: (reference: EditPerformer, subject: EditPerformer)
  private var observation: Observation
  private var tree: TreeRecord
  /// How many steps were performed.
  package private(set) var count = 0
  /// How many of the git commands among them ended with 0, by subcommand, and how many there were.
  package private(set) var commands: [String: (successes: Int, tries: Int)] = [:]

  /// How many steps are between two comparisons of everything, where not each step compares everything.
  private static let pace = 20
  /// How many steps are between two looks at what is ignored.
  private static let ignoredPace = 7

  /// Starts with two places that must be the same, though of the subject nothing is read yet but what git reads.
  package init(_ pair: ScriptPair) throws(ScriptMismatch) {
    self.pair = pair
    do {
      try pair.reference.forgetHistory()
      try pair.subject.forgetHistory()
    } catch {
      throw ScriptMismatch("no worktree: \(error)")
    }
    edits = (EditPerformer(root: pair.reference.tree), EditPerformer(root: pair.subject.tree))
    observation = Observation(of: pair.reference, step: 0, ignored: false, last: nil)
    tree = TreeRecord()
    try compareStatus(nil)
    try compareTrees(everything: pair.looksEverywhere)
  }

  /// What the generator may know.
  var state: ScriptState { ScriptState(observation, tree) }

  /// Performs one step in both places.
  package func perform(_ step: Step) throws(ScriptMismatch) {
    count += 1
    SharedSecond.begin(step)
    switch step {
    case .edit(let edit):
      let mine = edits.reference.perform(edit)
      let theirs = edits.subject.perform(edit)
      if mine != theirs {
        throw ScriptMismatch("\(step): \(describe(mine)), but the subject says \(describe(theirs))")
      }
    case .git(let command):
      let mine = pair.reference.perform(command, step: count)
      let theirs = pair.subject.perform(command, step: count)
      if mine != theirs { throw ScriptMismatch("\(step): \(mine)\nbut the subject says: \(theirs)") }
      let tally = commands[command.subcommand] ?? (0, 0)
      commands[command.subcommand] = (tally.successes + (mine.exitCode == 0 ? 1 : 0), tally.tries + 1)
    case .disturb(let disturbance):
      do { try pair.disturb(disturbance) } catch { throw ScriptMismatch("\(step): \(error)") }
    }
    do { try pair.sabotage(pair.subject, step, count) } catch { throw ScriptMismatch("sabotage: \(error)") }
    try compareStatus(step)
    try compareTrees(everything: pair.looksEverywhere || count % Self.pace == 0)
  }

  private func describe(_ failure: Errno?) -> String { failure.map(\.description) ?? "done" }

  /// Compares everything, once more and after the file system was mounted again.
  package func finish() throws(ScriptMismatch) {
    try compareTrees(everything: true)
    do { try pair.disturb(.remount) } catch { throw ScriptMismatch("remount: \(error)") }
    try compareStatus(nil)
    try compareTrees(everything: true)
  }

  private func compareStatus(_ step: Step?) throws(ScriptMismatch) {
    var last: Observation?
    // System calls in the tree move no ref.
    if case .edit = step { last = observation }
    let ignored = count % Self.ignoredPace == 0
    var mine = Observation(of: pair.reference, step: count, ignored: ignored, last: last)
    var theirs = Observation(of: pair.subject, step: count, ignored: ignored, last: last)
    // Where attributes have changed, git finds out only when it reads a file again, and when it does that depends on the
    // second in which the index was written. So it is made to.
    let unread = mine.changes(unlike: theirs)
    if !unread.isEmpty {
      for place in [pair.reference, pair.subject] { place.age(unread, step: count) }
      mine = Observation(of: pair.reference, step: count, ignored: ignored, last: last)
      theirs = Observation(of: pair.subject, step: count, ignored: ignored, last: last)
    }
    observation = mine
    if let difference = mine.difference(from: theirs) { throw ScriptMismatch(difference) }
  }

  /// Compares all of both trees, or what has changed in the reference since the last time.
  private func compareTrees(everything: Bool) throws(ScriptMismatch) {
    do {
      let mine = try TreeRecord(of: pair.reference.tree)
      let changed = mine.differences(from: tree)
      tree = mine
      if everything {
        let theirs = try TreeRecord(of: pair.subject.tree)
        let differences = mine.differences(from: theirs)
        guard let first = differences.first else { return }
        throw ScriptMismatch(
          "\(differences.count) paths differ: \(differences.prefix(5).joined(separator: ", "))\n"
            + sight(first, mine.entries[first], theirs.entries[first]))
      }
      // At the beginning all is new, and nothing of it has to be read.
      if count == 0 { return }
      for path in changed {
        let theirs = try TreeRecord.entry(of: pair.subject.tree, path)
        if theirs != mine.entries[path] { throw ScriptMismatch(sight(path, mine.entries[path], theirs)) }
      }
    } catch let mismatch as ScriptMismatch {
      throw mismatch
    } catch {
      throw ScriptMismatch("a tree cannot be read: \(error)")
    }
  }

  private func sight(_ path: String, _ mine: TreeRecord.Entry?, _ theirs: TreeRecord.Entry?) -> String {
    "\(path): \(TreeRecord.describe(mine))\nbut the subject has \(TreeRecord.describe(theirs))"
  }
}
