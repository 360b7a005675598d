/// How much of a directory is selected.
package enum PathCoverage: Sendable, Hashable {
  /// Nothing at or below it.
  case none
  /// Perhaps something.
  case some
  /// Everything.
  case all
}

/// Which paths of a view something is done with. Paths are from the root, without a slash at either end; the root is empty.
package protocol PathSelection: Sendable {
  /// How much of a directory that exists is selected; `some` may be said in vain.
  func coverage(of directory: [UInt8]) -> PathCoverage
  /// Whether a path that exists, and is no directory of the provider's, is selected. Asked where the directory that it is in
  /// is covered in part.
  func selects(_ path: [UInt8]) -> Bool
}

/// All paths.
struct EveryPath: PathSelection {
  func coverage(of directory: [UInt8]) -> PathCoverage { .all }
  func selects(_ path: [UInt8]) -> Bool { true }
}
