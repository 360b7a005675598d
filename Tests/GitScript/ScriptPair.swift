/// A fresh reference, and the subject in which git must give the same answers.
package struct ScriptPair {
  /// An ordinary worktree.
  package let reference: ScriptPlace
  /// What is tested.
  package let subject: ScriptPlace
  /// Whether a whole tree is read after each step. A projection has then nothing left that nobody has read.
  package var looksEverywhere = true
  /// What happens to the subject after a step; a test of the test spoils something here.
  package var sabotage: (ScriptPlace, Step, Int) throws -> Void = { _, _, _ in }
  /// Does something to the subject's file system.
  package var disturb: (Step.Disturbance) throws -> Void = { _ in }
  /// What has to live as long as the places.
  package var resources: [AnyObject]

  /// A pair of places that are the same now.
  package init(reference: ScriptPlace, subject: ScriptPlace, resources: [AnyObject] = []) {
    self.reference = reference
    self.subject = subject
    self.resources = resources
  }
}

/// A difference between two places.
package struct ScriptMismatch: Error, CustomStringConvertible {
  package let description: String

  /// A difference, in words.
  package init(_ description: String) {
    self.description = description
  }
}
