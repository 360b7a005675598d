internal import FuseTransport
internal import Posix
internal import Projection
public import Provider
public import SystemPackage

/// Control of a mounted view: what its provider holds, or the program that mounted it.
///
/// Paths are from the view's root, with or without a slash at the front; an empty one is the root. All calls may come from
/// anywhere, at the same time, but for a provider's answer that they wait for: from within `list` or `fetch` no call of the
/// same provider is to be waited for.
public final class ProjectionHandle: Sendable {
  /// Why something cannot be done. The description is for people.
  public enum Failure: Error, Sendable, Equatable {
    /// There is no such path.
    case noSuchPath(FilePath)
    /// The provider failed.
    case provider(ProviderError)
    /// The disk of the view's state failed.
    case disk(Errno)
    /// The kernel does not offer it.
    case unsupported(String)
    /// The view is unmounted.
    case unmounted
    /// The task was cancelled.
    case cancelled
    /// Anything else that the view says.
    case other(String)
  }

  /// What a path is; docs/Architecture.md has the words.
  public enum PathState: String, Sendable, CaseIterable {
    /// Nothing has the name.
    case absent
    /// The provider has the name, and users have removed it.
    case tombstone
    /// A file of the provider's that nobody has looked at.
    case virtual
    /// A file of the provider's that the kernel knows; its content is not here.
    case placeholder
    /// Its metadata or name is the user's, its content the provider's.
    case dirtyPlaceholder
    /// A file of the provider's whose content is stored.
    case hydrated
    /// A file of the user's.
    case full
    /// A directory of the provider's, with nothing of the user's in it.
    case virtualDirectory
    /// A directory of the provider's, with something of the user's in it, or renamed.
    case mergedDirectory
    /// A directory of the user's.
    case fullDirectory
  }

  /// What became of a path that was to be brought up to date.
  public enum UpdateResult: Sendable, Equatable {
    /// It shows what the source has now, which is something else than before.
    case updated
    /// It shows what the source has.
    case unchanged
    /// It stays as it is, because users have changed it into this.
    case kept(PathState)
  }

  /// What an eviction did.
  public struct EvictionResult: Sendable, Hashable {
    /// How many contents were dropped.
    public let contents: Int
    /// Their bytes.
    public let bytesFreed: Int64
    /// How many stayed: open, or behind a dirty placeholder.
    public let kept: Int
  }

  /// How far a prefetch has come.
  public struct PrefetchProgress: Sendable, Hashable {
    /// Files whose content is here.
    public let files: Int
    /// How many of them were fetched for it.
    public let fetched: Int
    /// The bytes that were fetched.
    public let bytesFetched: Int64
    /// Files that could not be fetched.
    public let failed: Int
  }

  private let core: ProjectionCore
  private let session: FuseSession
  private let end: Gate

  /// Controls what `core` shows, until `end` opens.
  init(_ core: ProjectionCore, _ session: FuseSession, until end: Gate) {
    self.core = core
    self.session = session
    self.end = end
  }

  // MARK: - Looking

  /// What the path is. Lists directories on the way that nobody has listed; counts as no look at the path itself.
  public func state(of path: FilePath) async throws(Failure) -> PathState {
    PathState(try await perform(path) { [core] path throws(ProjectionError) in try await core.state(at: path) })
  }

  /// The provider's directory that the view shows at its root.
  public var root: DirectoryID { core.root }

  // MARK: - What the source has now

  /// Shows a change of the source, and returns when users see it; what they changed stays theirs. For a provider that
  /// says so by itself (`ChangingProvider`) there is no need.
  public func show(_ change: ProviderChange) async throws(Failure) {
    try await perform { [core] () throws(ProjectionError) in try await core.show(change) }
    await finishTelling()
  }

  /// Asks the provider for its root, which is another one now, and shows it.
  public func revisionChanged() async throws(Failure) {
    try await perform { [core] () throws(ProjectionError) in try await core.showRoot() }
    await finishTelling()
  }

  /// Brings a path up to date, unless users have changed it: the directory that it is in is listed anew, and the one that
  /// it is.
  public func update(_ path: FilePath) async throws(Failure) -> UpdateResult {
    let update = try await perform(path) { [core] path throws(ProjectionError) in try await core.update(path) }
    await finishTelling()
    return switch update {
    case .updated: .updated
    case .unchanged: .unchanged
    case .kept(let state): .kept(PathState(state))
    }
  }

  /// Has the kernel ask again for every name that it knows to be absent, or to be there. For a source that grows without
  /// saying so. Names that come by a change that is shown are told to the kernel by themselves.
  ///
  /// Throws `unsupported` before Linux 6.16.
  public func clearNegativeAnswers() async throws(Failure) {
    if end.isOpen { throw .unmounted }
    do {
      try await blocking { [session] in try session.forgetNames() }
    } catch let error as Errno {
      switch error {
      case .socketNotConnected, .noSuchFileOrDirectory, .operationNotSupportedByDevice, .badFileDescriptor:
        throw .unmounted
      case .invalidArgument:
        throw .unsupported("the kernel cannot forget all names at once (Linux 6.16 or newer can)")
      default: throw .other("\(error)")
      }
    } catch {
      throw .other("\(error)")
    }
  }

  // MARK: - Contents

  /// Drops the stored contents of the provider's files at and below the path, to make room. They are fetched again when
  /// somebody wants them.
  ///
  /// What somebody has open stays, and what stands behind a file whose name or metadata users changed. With the engine
  /// `cached` the kernel does not say what is open, and the processes that this one may see are asked.
  public func evict(_ path: FilePath = "") async throws(Failure) -> EvictionResult {
    let done = try await perform(path) { [core, session] path throws(ProjectionError) in
      try await core.evict(path, with: session.openFiles)
    }
    return EvictionResult(contents: done.contents, bytesFreed: done.bytes, kept: done.kept)
  }

  /// Fetches the contents of the provider's files at and below the paths, `width` at a time. A file that fails is counted;
  /// cancelling the task ends it with `cancelled`.
  ///
  /// `progress` is called once for the files of a path that are there already, and after each content that is fetched or
  /// cannot be, by one caller at a time. It must be quick.
  @discardableResult
  public func prefetch(
    _ paths: [FilePath], width: Int = 8, progress: @escaping @Sendable (PrefetchProgress) -> Void = { _ in }
  ) async throws(Failure) -> PrefetchProgress {
    var done = ProjectionCore.PrefetchProgress()
    for path in paths {
      let before = done
      done = try await perform(path) { [core] path throws(ProjectionError) in
        try await core.prefetch(at: [path], width: width, after: before) { progress(PrefetchProgress($0)) }
      }
    }
    return PrefetchProgress(done)
  }

  /// Waits until the kernel has heard of everything that it is to look at again.
  private func finishTelling() async {
    // Never throws: the body does not.
    try? await blocking { [session] in session.finishNotifications() }
  }

  // MARK: - Errors and paths

  private func perform<Result: Sendable>(
    _ path: FilePath = "", _ body: ([[UInt8]]) async throws(ProjectionError) -> Result
  ) async throws(Failure) -> Result {
    if end.isOpen { throw .unmounted }
    do throws(ProjectionError) {
      return try await body(Self.names(path))
    } catch {
      switch error {
      case .notFound, .notADirectory: throw .noSuchPath(path)
      case .provider(let error): throw .provider(error)
      case .storage(let error), .local(let error): throw .disk(error)
      case .interrupted: throw Task.isCancelled ? .cancelled : .unmounted
      default: throw .other("\(error)")
      }
    }
  }

  private func perform<Result: Sendable>(
    _ body: () async throws(ProjectionError) -> Result
  ) async throws(Failure) -> Result {
    try await perform("") { (_: [[UInt8]]) throws(ProjectionError) in try await body() }
  }

  /// The names of a path, as bytes.
  private static func names(_ path: FilePath) -> [[UInt8]] {
    path.withPlatformString { text in
      var bytes: [UInt8] = []
      var place = text
      while place.pointee != 0 {
        bytes.append(UInt8(bitPattern: place.pointee))
        place += 1
      }
      return bytes.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != Array(".".utf8) }
    }
  }
}

extension ProjectionHandle.Failure: CustomStringConvertible {
  /// The failure in words.
  public var description: String {
    switch self {
    case .noSuchPath(let path): "'\(path)' does not exist in the view"
    case .provider(let error): "\(error)"
    case .disk(let error): "the view's state: \(error)"
    case .unsupported(let what): what
    case .unmounted: "the view is unmounted"
    case .cancelled: "cancelled"
    case .other(let what): what
    }
  }
}

extension ProjectionHandle.PathState {
  init(_ state: Projection.PathState) {
    self =
      switch state {
      case .absent: .absent
      case .tombstone: .tombstone
      case .virtual: .virtual
      case .placeholder: .placeholder
      case .dirtyPlaceholder: .dirtyPlaceholder
      case .hydrated: .hydrated
      case .full: .full
      case .virtualDirectory: .virtualDirectory
      case .mergedDirectory: .mergedDirectory
      case .fullDirectory: .fullDirectory
      }
  }
}

extension ProjectionHandle.PrefetchProgress {
  init(_ progress: ProjectionCore.PrefetchProgress) {
    files = progress.files
    fetched = progress.fetched
    bytesFetched = progress.bytes
    failed = progress.failed
  }
}
