package import SystemPackage

/// Why a view cannot be, or cannot stay, a worktree of its repository.
package enum GitWorktreeError: Error, Sendable, Equatable {
  /// There is no `git` program.
  case gitMissing
  /// git did not do it; its reason.
  case refused(String)
  /// A file cannot be read or written.
  case system(Errno, path: String)
  /// An index file makes no sense.
  case damagedIndex
}

extension GitWorktreeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .gitMissing: "the program 'git' cannot be run"
    case .refused(let reason): "git says: \(reason)"
    case .system(let error, let path): "'\(path)': \(error)"
    case .damagedIndex: "the index that git wrote is damaged"
    }
  }
}
