/// Why a manifest cannot be used. The text names the entry.
public struct ManifestError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, and where.
  public let description: String

  init(_ description: String) { self.description = description }
}
