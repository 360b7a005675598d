public import Provider
public import SystemPackage

/// Why an operation on a view failed. Mapped to an error number in one place, by the transport.
public enum ProjectionError: Error, Sendable, Equatable {
  /// No such name.
  case notFound
  /// The inode is not known (any more), or its name leads to a newer one: to be looked up anew.
  case stale
  /// The name is taken.
  case exists
  /// A directory operation on something else.
  case notADirectory
  /// A file operation on a directory.
  case isADirectory
  /// The directory has entries.
  case notEmpty
  /// A link operation on something else.
  case notASymbolicLink
  /// A name longer than 255 bytes.
  case nameTooLong
  /// An argument that makes no sense.
  case invalid
  /// What nobody may do here.
  case notPermitted
  /// What this file system does not offer.
  case notSupported
  /// There is no such extended attribute.
  case noAttribute
  /// The buffer given is too small for the answer.
  case outOfRange
  /// Nothing is there from that offset on.
  case noSuchOffset
  /// The view cannot be changed.
  case readOnly
  /// The view's policy denies the caller contents that are not here.
  case denied
  /// The caller was interrupted and left.
  case interrupted
  /// The provider failed.
  case provider(ProviderError)
  /// The disk of the content store failed or is full.
  case storage(Errno)
  /// The disk of the local tree says no; the caller gets its word.
  case local(Errno)
  /// An observer forbids it; the caller gets its word.
  case vetoed(Errno)
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

  /// Runs something on the local tree, whose errors are the caller's.
  static func local<Result: ~Copyable>(
    _ body: () throws(Errno) -> Result
  ) throws(ProjectionError) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      throw .local(error)
    }
  }
}

extension ProjectionError: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .notFound: "no such name"
    case .stale: "unknown inode"
    case .exists: "the name is taken"
    case .notADirectory: "not a directory"
    case .isADirectory: "a directory"
    case .notEmpty: "the directory is not empty"
    case .notASymbolicLink: "not a symbolic link"
    case .nameTooLong: "name too long"
    case .invalid: "invalid argument"
    case .notPermitted: "not permitted"
    case .notSupported: "not supported"
    case .noAttribute: "no such attribute"
    case .outOfRange: "the buffer is too small"
    case .noSuchOffset: "nothing behind this offset"
    case .readOnly: "the view is read-only"
    case .denied: "denied by the view's policy"
    case .interrupted: "interrupted"
    case .provider(let error): "\(error)"
    case .storage(let error): "the content store fails: \(error)"
    case .local(let error): "the local tree: \(error)"
    case .vetoed(let error): "forbidden by an observer: \(error)"
    }
  }
}
