/// A fresh reference tree, and the subject that is to behave like it.
package struct TreePair {
  /// On the native file system.
  package let reference: Subject
  /// What is tested.
  package let subject: Subject
  /// What the subject may do otherwise than the reference.
  package var allowances: Allowances
  /// Performs an operation on the subject; a test of the test does it wrongly here.
  package var act: (Subject, Operation) -> Outcome = { $0.perform($1) }
  /// Does something to the subject's file system while no handle is open.
  package var disturb: (Operation.Disturbance) throws -> Void = { _ in }
  /// What has to live as long as the trees.
  package var resources: [AnyObject]

  /// Differences that are documented behaviour.
  package struct Allowances: Sendable {
    /// A handle for reading that was opened before anybody opened the projected file for writing keeps the version it
    /// opened, and the status that goes with it.
    package var readersKeepWhatTheyOpened: Bool

    /// What is allowed.
    package init(readersKeepWhatTheyOpened: Bool = false) {
      self.readersKeepWhatTheyOpened = readersKeepWhatTheyOpened
    }

    /// Nothing may differ.
    package static let none = Allowances()
  }

  /// A pair of trees that are the same now.
  package init(
    reference: Subject, subject: Subject, allowances: Allowances = .none, resources: [AnyObject] = []
  ) {
    self.reference = reference
    self.subject = subject
    self.allowances = allowances
    self.resources = resources
  }
}
