/// What became of a wish to switch.
package struct SwitchReport: Codable, Sendable {
  /// What became of it.
  package enum Outcome: String, Codable, Sendable {
    /// The view shows the other revision.
    case done
    /// It was there already.
    case already
    /// `git switch` has more to decide than the view can: changes, or something unfinished, are in the way.
    case left
    /// There is no such revision.
    case unknown
  }

  package var outcome: Outcome
  /// Where HEAD was, as a full id.
  package var old: String?
  /// Where it is.
  package var new: String?
  /// The branch that is checked out, without `refs/heads/`; nil where HEAD is detached.
  package var branch: String?
  /// The commit's subject.
  package var subject: String?
  /// Whether the repository has a hook to be run after a checkout.
  package var hasHook: Bool?

  /// A report.
  package init(
    _ outcome: Outcome, old: String? = nil, new: String? = nil, branch: String? = nil, subject: String? = nil,
    hasHook: Bool? = nil
  ) {
    self.outcome = outcome
    self.old = old
    self.new = new
    self.branch = branch
    self.subject = subject
    self.hasHook = hasHook
  }
}
