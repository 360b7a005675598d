/// How the paths of a question are meant.
package struct PathMeaning: Codable, Sendable, Equatable {
  /// Whether they are pathspecs as git has them; otherwise they are files, and directories with everything in them.
  package var areSpecs: Bool
  /// The place in the view that pathspecs start from, with a slash at its end; empty for the root.
  package var prefix: String
  /// Whether one that is not there is only counted.
  package var mayBeMissing: Bool

  /// A meaning.
  package init(areSpecs: Bool, prefix: String, mayBeMissing: Bool) {
    self.areSpecs = areSpecs
    self.prefix = prefix
    self.mayBeMissing = mayBeMissing
  }
}

/// How far a prefetch has come; `projfs prefetch --json` prints it at the end. Fields are added, never renamed.
package struct PrefetchReport: Codable, Sendable, Equatable {
  /// Files of the provider's that were asked for.
  package var total = 0
  /// How many of them are here.
  package var files = 0
  /// How many of these were fetched for it.
  package var fetched = 0
  /// The bytes that were fetched.
  package var bytes: Int64 = 0
  /// How many could not be fetched.
  package var failed = 0
  /// How many of the paths asked for do not exist.
  package var missing = 0
  /// Whether it ended because the store has as much as it may have.
  package var limited = false

  /// Nothing yet.
  package init() {}
}
