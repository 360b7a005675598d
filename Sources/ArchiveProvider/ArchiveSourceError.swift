public import SystemPackage

/// Why an archive cannot be projected.
public enum ArchiveSourceError: Error, Sendable, Equatable {
  /// There is nothing at the path.
  case missing(path: String)
  /// It is no regular file, or no archive of a kind that is read.
  case notAnArchive(path: String, reason: String)
  /// This user may not read it.
  case denied(path: String)
  /// It is damaged, cut short, or its list of members is encrypted.
  case damaged(path: String, reason: String)
  /// It was written to while it was read.
  case changing(path: String)
  /// A system call failed.
  case system(Errno, path: String)
}

extension ArchiveSourceError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .missing(let path): "'\(path)' does not exist"
    case .notAnArchive(let path, let reason): "'\(path)' is no archive that can be read: \(reason)"
    case .denied(let path): "'\(path)' may not be read"
    case .damaged(let path, let reason): "'\(path)' is damaged: \(reason)"
    case .changing(let path): "'\(path)' is being written to"
    case .system(let error, let path): "'\(path)' cannot be read: \(error)"
    }
  }
}
