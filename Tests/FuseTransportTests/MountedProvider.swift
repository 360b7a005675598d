import FuseTransport
import Glibc
import Logging
import Posix
import Projection
import Provider
import Synchronization
import SystemPackage
import TestSupport

/// The engines that can be tried here.
let testedEngines: [Engine] = Availability.root ? [.passthrough, .cached] : [.cached]

/// A provider's tree, mounted by this process. Only other processes may look into it: a server that waits for itself
/// waits for ever.
final class MountedProvider<Tree: ContentProvider>: Sendable {
  let provider: Tree
  let home: TemporaryDirectory
  let mountpoint: String
  let fileSystem: ProjectionCore
  let session: FuseSession
  let observation: (any Observation)?

  private let hasEnded = Atomic<Bool>(false)

  /// Mounts a provider, with an observer if one is given. In a `home`, what another view has left there is shown.
  init(
    _ provider: Tree, engine: Engine?, in home: TemporaryDirectory? = nil, observer: (any ChangeObserver)? = nil,
    _ watches: [Watch] = [], rangedThreshold: Int64 = 1 << 20
  ) async throws {
    self.provider = provider
    self.home = try home ?? TemporaryDirectory()
    mountpoint = self.home.path + "/view"
    if home == nil { _ = try self.home.makeDirectory("view") }
    let store = try ContentStore(path: self.home.path + "/content", owner: nil, suspectAll: false)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let options = ProjectionCore.Options(
      owner: FileOwner(user: geteuid(), group: getegid()), umask: 0o022, rootPermissions: 0o755,
      time: TimeStamp(seconds: 1), inodeKey: 1, rangedThreshold: rangedThreshold,
      deadlines: ProviderDeadlines(answer: patience, silence: patience))
    fileSystem = try await ProjectionCore(
      provider: provider, store: store, local: try LocalTree(in: self.home.path + "/state", owner: nil),
      options: options,
      logger: logger)
    observation = try observer.map { [fileSystem] in
      try fileSystem.observe($0, ObserverOptions(watches: watches))
    }
    session = try FuseSession(
      fileSystem,
      FuseSession.Options(
        mountpoint: mountpoint, source: "test", allowOther: false, readOnly: false, engine: engine),
      logger: logger)
    Threads.start("session") { [session] in session.run() }
    _ = try session.ready()
  }

  deinit {
    end()
  }

  /// Unmounts the view, once. Another one may take its place.
  func end() {
    if !hasEnded.exchange(true, ordering: .relaxed) { session.detach() }
  }

  /// Starts `cat` on files; its output goes into a file of the test's directory.
  func cat(_ names: String..., into output: String) throws -> Int32 {
    let file = try FileCalls.open("\(home.path)/\(output)", O_WRONLY | O_CREAT, mode: 0o644)
    return try Subprocess.spawn(["cat"] + names.map { "\(mountpoint)/\($0)" }, output: file.rawValue, errors: nil)
  }

  /// Starts a shell in the view; what it says goes into files of the test's directory.
  func shell(_ script: String, into output: String) throws -> Int32 {
    let file = try FileCalls.open("\(home.path)/\(output)", O_WRONLY | O_CREAT, mode: 0o644)
    return try Subprocess.spawn(
      ["sh", "-c", "cd \(mountpoint) || exit 99\n" + script], output: file.rawValue, errors: file.rawValue,
      setting: ["LC_ALL": "C"])
  }

  /// Waits for a process without blocking a thread that the file system's own tasks may need.
  func end(of process: Int32) async throws -> Int32 {
    try await withCheckedContinuation { continuation in
      Threads.start("wait") {
        continuation.resume(returning: Result { () throws(Errno) in try Subprocess.wait(for: process) })
      }
    }.get()
  }

  func output(_ name: String) throws -> String {
    String(decoding: try FileCalls.contents("\(home.path)/\(name)"), as: UTF8.self)
  }

  /// Runs something that looks into the view, on a thread that the file system does not need.
  func inside<Result: Sendable>(
    _ body: @escaping @Sendable (_ mountpoint: String) throws -> Result
  ) async throws -> Result {
    try await withCheckedContinuation { continuation in
      Threads.start("inside") { [mountpoint] in
        continuation.resume(returning: Swift.Result { try body(mountpoint) })
      }
    }.get()
  }

  /// Runs a program to its end.
  func run(_ arguments: [String]) async throws -> Subprocess.Outcome {
    try await inside { _ in try Subprocess.run(arguments) }
  }
}

extension MountedProvider where Tree == TreeProvider {
  /// Mounts what `fill` puts into a provider in memory, with an observer if one is given.
  convenience init(
    engine: Engine?, observer: (any ChangeObserver)? = nil, _ watches: [Watch] = [], _ fill: (TreeProvider) -> Void
  ) async throws {
    let provider = TreeProvider()
    fill(provider)
    try await self.init(provider, engine: engine, observer: observer, watches)
  }
}
