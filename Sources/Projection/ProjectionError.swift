public import Provider
public import SystemPackage

/// Why an operation on a view failed. Mapped to an error number in one place, by the transport.
public enum ProjectionError: Error, Sendable, Equatable {
  /// No such name, or an inode that the kernel must look up anew.
  case notFound
  /// The inode number is not known (any more).
  case stale
  /// A directory operation on something else.
  case notADirectory
  /// A file operation on a directory.
  case isADirectory
  /// A link operation on something else.
  case notASymbolicLink
  /// A name longer than 255 bytes.
  case nameTooLong
  /// An argument that makes no sense.
  case invalid
  /// The view cannot be changed.
  case readOnly
  /// The caller was interrupted and left.
  case interrupted
  /// The provider failed.
  case provider(ProviderError)
  /// The disk below failed or is full.
  case storage(Errno)
}

extension ProjectionError {
  /// What any error thrown below the core means to it.
  package init(_ error: any Error) {
    self =
      switch error {
      case let error as ProjectionError: error
      case let error as ProviderError: .provider(error)
      case let error as Errno: .storage(error)
      case is CancellationError: .interrupted
      default: .provider(.unavailable("\(error)"))
      }
  }
}

extension ProjectionError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .notFound: "no such name"
    case .stale: "unknown inode"
    case .notADirectory: "not a directory"
    case .isADirectory: "a directory"
    case .notASymbolicLink: "not a symbolic link"
    case .nameTooLong: "name too long"
    case .invalid: "invalid argument"
    case .readOnly: "the view is read-only"
    case .interrupted: "interrupted"
    case .provider(let error): "\(error)"
    case .storage(let error): "the content store fails: \(error)"
    }
  }
}
