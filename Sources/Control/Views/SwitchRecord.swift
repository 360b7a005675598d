/// A switch to another revision that a view shows before git's records follow: whoever finds it ends what was begun.
package struct SwitchRecord: Codable, Sendable, Equatable {
  /// One end of it.
  package struct End: Codable, Sendable, Equatable {
    /// The commit's full id.
    package var revision: String
    /// Its tree's.
    package var tree: String
    /// The full name of the branch; nil for a detached HEAD.
    package var reference: String?

    /// One end.
    package init(revision: String, tree: String, reference: String?) {
      self.revision = revision
      self.tree = tree
      self.reference = reference
    }
  }

  /// Where HEAD was.
  package var old: End
  /// Where it goes.
  package var new: End

  /// A switch.
  package init(old: End, new: End) {
    self.old = old
    self.new = new
  }
}
