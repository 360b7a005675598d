internal import Projection
internal import Provider
internal import SystemPackage

extension ProjectionError {
  /// The error number that the caller of a system call gets: the one place where failures become numbers.
  var errno: Errno {
    switch self {
    case .notFound: .noSuchFileOrDirectory
    // The kernel looks the name up anew and tries again, once.
    case .stale: .staleNFSFileHandle
    case .notADirectory: .notDirectory
    case .isADirectory: .isDirectory
    // readlink(2): "The named file is not a symbolic link."
    case .notASymbolicLink: .invalidArgument
    case .nameTooLong: .fileNameTooLong
    case .exists: .fileExists
    case .notEmpty: .directoryNotEmpty
    case .notPermitted: .notPermitted
    case .notSupported: .notSupportedOnSocket
    case .noAttribute: .noData
    case .outOfRange: .outOfRange
    case .noSuchOffset: .noSuchAddressOrDevice
    case .invalid: .invalidArgument
    case .readOnly: .readOnlyFileSystem
    case .denied: .permissionDenied
    case .interrupted: .interrupted
    case .provider(let error): error.errno
    case .storage(let error): Self.storageErrno(error)
    // The user's files are on the disk below; its word is the caller's.
    case .local(let error), .vetoed(let error): error
    }
  }

  /// What is wrong with the content store is its own affair, but for what the caller can do something about.
  private static func storageErrno(_ error: Errno) -> Errno {
    switch error {
    case .noSpace, .diskQuotaExceeded, .noMemory, .readOnlyFileSystem, .tooManyOpenFilesInSystem: error
    default: .ioError
    }
  }
}

extension ProviderError {
  fileprivate var errno: Errno {
    switch self {
    // Not ENOENT: the name exists, its content is what is missing.
    case .missing, .damaged, .wrongSize, .unsupported: .ioError
    case .unavailable: .ioError
    // To be looked up anew: it is listed with its new version by then.
    case .outdated: .staleNFSFileHandle
    case .denied: .permissionDenied
    case .system(let error, _):
      switch error {
      case .noSpace, .diskQuotaExceeded, .noMemory, .timedOut, .permissionDenied: error
      default: .ioError
      }
    }
  }
}
