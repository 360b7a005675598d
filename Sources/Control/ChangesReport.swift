/// What `projfs changes --json` prints; fields are added, never renamed.
package struct ChangesReport: Codable, Sendable {
  /// One path that changed.
  package struct Path: Codable, Sendable {
    /// From the view's root; bytes that are no UTF-8 are replaced.
    package var path: String
    /// The path's bytes as hexadecimal digits, where `path` had to replace some.
    package var bytes: String?
    /// Whether everything below it may have changed as well.
    package var subtree: Bool

    /// A path as it is.
    package init(_ rawPath: [UInt8], subtree: Bool) {
      path = PathText.text(of: rawPath)
      bytes = PathText.digits(of: rawPath)
      self.subtree = subtree
    }

    /// The path as it is.
    package var rawPath: [UInt8] { PathText.path(path, bytes) }
  }

  /// From when on the next question is to ask.
  package var token: String
  /// Whether `paths` is all that changed. If not, anything may have.
  package var exact: Bool
  /// What changed.
  package var paths: [Path]

  /// What changed until `token`.
  package init(token: String, exact: Bool, paths: [Path]) {
    self.token = token
    self.exact = exact
    self.paths = paths
  }
}
