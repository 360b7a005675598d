public import SystemPackage

/// Why a directory cannot be projected.
public enum DirectorySourceError: Error, Sendable, Equatable {
  /// There is nothing at the path.
  case missing(path: String)
  /// Something else than a directory is there.
  case notADirectory(path: String)
  /// This user may not read it.
  case denied(path: String)
  /// A system call failed.
  case system(Errno, path: String)
}

extension DirectorySourceError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .missing(let path): "'\(path)' does not exist"
    case .notADirectory(let path): "'\(path)' is not a directory"
    case .denied(let path): "'\(path)' may not be read"
    case .system(let error, let path): "'\(path)' cannot be read: \(error)"
    }
  }
}
