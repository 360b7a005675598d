public import Provider
public import SystemPackage

extension ProjectedFileSystem {
  /// Why a provider cannot be mounted, or a view not be unmounted. The description is for people.
  public enum Failure: Error, Sendable, Equatable {
    /// The mountpoint is no existing, empty directory of this user's that nothing is mounted on.
    case mountpoint(FilePath, reason: String)
    /// The machine has no FUSE, or the kernel or libfuse refuses.
    case fuse(reason: String)
    /// The engine asked for does not work here.
    case engine(reason: String)
    /// Another process, or another view of this one, has the state directory.
    case stateInUse(FilePath)
    /// The state directory cannot be used.
    case state(FilePath, reason: String)
    /// The provider did not say what its root is.
    case provider(ProviderError)
    /// Somebody uses the view, as far as this process may see who; it is still mounted.
    case inUse(FilePath, by: [User])
    /// The system does not unmount it.
    case unmounting(FilePath, reason: String)
    /// The task was cancelled. Nothing is mounted.
    case cancelled
  }

  /// A process that uses a view.
  public struct User: Sendable, Hashable, CustomStringConvertible {
    /// Its id.
    public let process: Int32
    /// The name of its program.
    public let command: String

    /// Both, for a message.
    public var description: String { "\(command) (pid \(process))" }
  }
}

extension ProjectedFileSystem.Failure: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .mountpoint(let path, let reason): "the mountpoint '\(path)' \(reason)"
    case .fuse(let reason): "FUSE is not available: \(reason)"
    case .engine(let reason): "the engine does not work here: \(reason)"
    case .stateInUse(let path): "another view has its state in '\(path)'"
    case .state(let path, let reason): "the state in '\(path)' cannot be used: \(reason)"
    case .provider(let error): "the provider has no root: \(error)"
    case .inUse(let path, let users):
      users.isEmpty
        ? "'\(path)' is in use" : "'\(path)' is in use by \(users.map(\.description).joined(separator: ", "))"
    case .unmounting(let path, let reason): "'\(path)' cannot be unmounted: \(reason)"
    case .cancelled: "cancelled"
    }
  }
}
