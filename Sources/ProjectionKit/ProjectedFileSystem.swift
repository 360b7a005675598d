internal import Control
internal import FuseTransport
internal import Glibc
internal import Logging
internal import Posix
internal import Projection
public import Provider
public import SystemPackage

/// A provider's tree, mounted by this process at a directory.
///
/// It serves from `mount` until somebody unmounts it: `unmount`, or umount(8). A process that ends before leaves a dead
/// mount behind, and state that the next mount verifies before it trusts it.
///
/// Requests are served on threads of its own, so this process may use its own view as any other does; what blocks belongs
/// on a thread of its own, as everywhere, since a provider that suspends needs Swift's pool. A provider must not use the
/// view that it serves: what it waits for would wait for it.
public final class ProjectedFileSystem: Sendable {
  /// Where it is mounted: an absolute path without symbolic links.
  public let mountpoint: FilePath
  /// Where its state is.
  public let stateDirectory: FilePath
  /// Controls what is shown, for providers and for who mounts them.
  public let handle: ProjectionHandle
  /// How contents reach the kernel, and why so, in words.
  public let engine: (name: String, reason: String)

  /// The work of the observer that the options name.
  public let observation: (any Observation)?

  private let session: FuseSession
  private let ended: Gate

  private init(
    _ mountpoint: String, _ stateDirectory: String, _ handle: ProjectionHandle, _ session: FuseSession,
    _ decision: EngineSwitch.Decision, _ observation: (any Observation)?, _ ended: Gate
  ) {
    self.observation = observation
    self.mountpoint = FilePath(mountpoint)
    self.stateDirectory = FilePath(stateDirectory)
    self.handle = handle
    self.session = session
    self.ended = ended
    engine = (decision.engine.rawValue, decision.reason)
  }

  /// Mounts `provider` at `mountpoint`, an existing empty directory, and returns when it serves.
  ///
  /// The provider is asked for its root; a `ChangingProvider` is listened to from then on. What an earlier mount with the
  /// same state directory left is shown again: contents, the user's changes, inode numbers. On any failure nothing is
  /// mounted.
  public static func mount(
    _ provider: any ContentProvider, at mountpoint: FilePath, options: Options = Options()
  ) async throws(Failure) -> ProjectedFileSystem {
    do {
      return try await Mounting(provider, options).mount(at: mountpoint.string)
    } catch let failure as Failure {
      throw failure
    } catch let error as ProviderError {
      throw .provider(error)
    } catch is CancellationError {
      throw .cancelled
    } catch {
      throw .provider(.unavailable("\(error)"))
    }
  }

  /// The steps of a mount.
  private struct Mounting {
    let provider: any ContentProvider
    let options: Options

    init(_ provider: any ContentProvider, _ options: Options) {
      self.provider = provider
      self.options = options
    }

    func mount(at path: String) async throws -> ProjectedFileSystem {
      let mountpoint = try await blocking {
        try Self.checkDevice()
        return try Self.resolve(path)
      }
      let directory =
        options.stateDirectory?.string
        ?? ViewRegistry().directory + "/embedded/" + ViewRegistry.viewName(mountpoint)
      let root = try await provider.root()
      try Task.checkCancellation()
      let isChanging = provider is any ChangingProvider
      let state = try await blocking { [options] in
        try ViewState(directory, mountpoint: mountpoint, root: root, isChanging: isChanging, options)
      }
      do {
        return try await serve(state, directory, at: mountpoint)
      } catch {
        try? await blocking { try state.close() }
        throw error
      }
    }

    private func serve(
      _ state: ViewState, _ directory: String, at mountpoint: String
    ) async throws -> ProjectedFileSystem {
      var coreOptions = state.options
      coreOptions.mayHaveUmask = true
      let core = try await core(state, coreOptions)
      // Before the mount, which decides whether the kernel sends opens.
      core.setStoreUsers(
        StoreUsers(openPaths: {
          MountUsers.openPaths(in: mountpoint).map { $0.split(separator: UInt8(ascii: "/")).map(Array.init) }
        }))
      let observation = try options.observer.map { try core.observe($0, options.observerOptions) }
      let sessionOptions = FuseSession.Options(
        mountpoint: mountpoint, source: directory,
        allowOther: options.allowsOtherUsers || coreOptions.owner.user != geteuid(), readOnly: options.isReadOnly,
        engine: engine)
      core.startFollowing { try state.save($0, root: $1) }
      let session: FuseSession
      do {
        session = try await blocking { [options] in
          do throws(MountError) {
            return try FuseSession(core, sessionOptions, logger: options.logger)
          } catch {
            throw Self.failure(error)
          }
        }
      } catch {
        core.stopFollowing()
        throw error
      }
      let stopped = Gate()
      Threads.start("fuse") {
        session.run()
        core.stopFollowing()
        core.putPartsAway()
        stopped.open()
      }
      let decision: EngineSwitch.Decision
      do {
        decision = try await blocking {
          do throws(MountError) {
            return try session.ready()
          } catch {
            throw Self.failure(error)
          }
        }
        try Task.checkCancellation()
      } catch {
        // Nobody has it open yet, and who has by now does not keep it.
        try? await blocking { session.abort() }
        await stopped.passAnyway()
        throw error
      }
      let ended = Gate()
      // Not for who calls: the end comes whenever somebody unmounts it.
      Task { [logger = options.logger] in
        await stopped.passAnyway()
        do {
          try await blocking { try state.close() }
        } catch {
          logger.error("the state cannot be closed, so the view counts as not stopped in order: \(error)")
        }
        ended.open()
      }
      return ProjectedFileSystem(
        mountpoint, directory, ProjectionHandle(core, session, until: stopped), session, decision, observation, ended)
    }

    private func core(_ state: ViewState, _ coreOptions: ProjectionCore.Options) async throws -> ProjectionCore {
      do {
        return try await ProjectionCore(
          provider: provider, store: state.store, local: state.local, journal: state.journal, options: coreOptions,
          logger: options.logger)
      } catch {
        if case .provider(let failure) = error { throw failure }
        throw error
      }
    }

    private var engine: Engine? {
      switch options.engine {
      case .automatic: nil
      case .passthrough: .passthrough
      case .cached: .cached
      }
    }

    private static func checkDevice() throws(Failure) {
      do throws(FuseDevice.Defect) {
        try FuseDevice.check()
      } catch {
        switch error {
        case .missing(let error): throw .fuse(reason: "/dev/fuse: \(error)")
        case .denied(let error): throw .fuse(reason: "/dev/fuse cannot be opened: \(error)")
        case .helperMissing: throw .fuse(reason: "without root it needs the program fusermount3 (package fuse3)")
        }
      }
    }

    private static func resolve(_ path: String) throws(Failure) -> String {
      do throws(Mountpoint.Defect) {
        return try Mountpoint.resolve(path)
      } catch {
        let reason =
          switch error {
          case .mounted(isView: true, _): "has a view mounted on it"
          case .mounted(_, let type): "is a mountpoint already (\(type))"
          case .notEmpty: "is not empty"
          case .system(let error): "cannot be used: \(error)"
          }
        throw .mountpoint(FilePath(path), reason: reason)
      }
    }

    private static func failure(_ error: MountError) -> Failure {
      switch error {
      case .refused(let reason): .fuse(reason: "the mount was refused: \(reason)")
      case .engineUnavailable(let decision): .engine(reason: decision.reason)
      case .ended: .fuse(reason: "the view was unmounted before it served")
      }
    }
  }
}

// MARK: - The end

extension ProjectedFileSystem {
  /// Unmounts, and returns when the state is closed: the next mount may follow at once.
  ///
  /// Throws `inUse` while somebody has something open in it, works in it, or waits for an answer of the provider's; with
  /// `force` they get errors instead. What they wrote until then is kept.
  public func unmount(force: Bool = false) async throws(Failure) {
    guard !ended.isOpen else { return }
    do {
      try await blocking { [self] in try detach(force: force) }
    } catch let failure as Failure {
      // Somebody else was quicker.
      if !ended.isOpen { throw failure }
    } catch {
      throw .unmounting(mountpoint, reason: "\(error)")
    }
    await ended.passAnyway()
  }

  /// Returns when the view is unmounted, whoever does it, and its state is closed; at once where the task is cancelled.
  public func waitUntilUnmounted() async {
    try? await ended.pass()
  }

  private func detach(force: Bool) throws(Failure) {
    if force { return session.abort() }
    do throws(Errno) {
      try session.unmountInOrder()
    } catch {
      // Somebody else was quicker.
      guard MountTable.view(at: mountpoint.string) != nil else { return }
      guard error == .resourceBusy else { throw .unmounting(mountpoint, reason: "\(error)") }
      let users = MountUsers.of(mountpoint.string).map { User(process: $0.process, command: $0.command) }
      throw .inUse(mountpoint, by: users)
    }
  }
}

extension Gate {
  /// Returns when the gate is open, also where the task is cancelled.
  fileprivate func passAnyway() async {
    await Task { try? await pass() }.value
  }
}
