import Glibc
import Posix
import ProjectionKit
import Provider
import Synchronization
import SystemPackage
import TestSupport

/// A source with files in memory, which a test changes.
final class MemorySource: ChangingProvider {
  private struct State {
    var files: [String: String]
    var failure: ProviderError?
    var listener: AsyncStream<ProviderChange>.Continuation?
  }

  private let state: Mutex<State>

  init(_ files: [String: String]) { state = Mutex(State(files: files)) }

  /// Has other files from now on, and says so.
  func change(_ files: [String: String]) {
    let listener = state.withLock { state in
      state.files = files
      return state.listener
    }
    listener?.yield(.everything)
  }

  /// Has other files from now on, and says nothing.
  func changeSilently(_ files: [String: String]) { state.withLock { $0.files = files } }

  func fail(with failure: ProviderError?) { state.withLock { $0.failure = failure } }

  func changes() -> AsyncStream<ProviderChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: ProviderChange.self)
    state.withLock { $0.listener = continuation }
    return stream
  }

  func root() async throws -> DirectoryID {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return "root"
  }

  func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    var listing = DirectoryListing()
    let path = directory == "root" ? "" : String(decoding: directory.bytes, as: UTF8.self) + "/"
    var directories: Set<String> = []
    for (name, text) in state.withLock({ $0.files }) where name.hasPrefix(path) {
      let rest = name.dropFirst(path.count).split(separator: "/").map(String.init)
      if rest.count == 1 {
        listing.appendFile(rest[0], content: ContentID(text.utf8), size: Int64(text.utf8.count))
      } else if directories.insert(rest[0]).inserted {
        listing.appendDirectory(rest[0], id: DirectoryID((path + rest[0]).utf8))
      }
    }
    return listing
  }

  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    // A text is its own name.
    try sink.write(content.bytes)
  }
}

/// Lets nobody remove the file `a`, and notes what was removed.
final class Guard: ChangeObserver {
  let told = Mutex<[String]>([])

  func will(_ operation: PendingOperation) async throws {
    if operation.operation.path == Array("a".utf8) { throw Veto(.permissionDenied) }
  }

  func did(_ operation: CompletedOperation) async {
    told.withLock { $0.append(String(decoding: operation.operation.path, as: UTF8.self)) }
  }

  func missed(_ count: Int) async {}
}

/// A directory with a mountpoint and a state in it.
final class Place: Sendable {
  let home: TemporaryDirectory
  let mountpoint: FilePath
  let state: FilePath

  init() throws {
    home = try TemporaryDirectory()
    mountpoint = FilePath(try home.makeDirectory("view"))
    state = FilePath(home.path + "/state")
  }

  deinit {
    // Where a test failed in the middle.
    let mounts = (try? FileCalls.contents("/proc/self/mountinfo")) ?? []
    guard String(decoding: mounts, as: UTF8.self).contains(" \(mountpoint) ") else { return }
    _ = try? Subprocess.run((Availability.root ? ["umount", "-l"] : ["fusermount3", "-uz"]) + [mountpoint.string])
  }

  func options(_ engine: ProjectedFileSystem.EngineChoice = .automatic) -> ProjectedFileSystem.Options {
    var options = ProjectedFileSystem.Options()
    options.stateDirectory = state
    options.engine = engine
    options.umask = 0o022
    return options
  }

  func mount(
    _ provider: any ContentProvider, _ engine: ProjectedFileSystem.EngineChoice = .automatic
  ) async throws -> ProjectedFileSystem {
    try await ProjectedFileSystem.mount(provider, at: mountpoint, options: options(engine))
  }

  /// What a file of the view has, read by this process.
  func read(_ name: String) async throws -> String {
    try await onThread { [mountpoint] in
      String(decoding: try FileCalls.contents("\(mountpoint)/\(name)"), as: UTF8.self)
    }
  }

  func write(_ text: String, to name: String) async throws {
    try await onThread { [mountpoint] in
      let file = try FileCalls.open("\(mountpoint)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
      try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    }
  }

  func names(_ directory: String = "") async throws -> [String] {
    try await onThread { [mountpoint] in try FileCalls.names("\(mountpoint)/\(directory)").sorted() }
  }
}

/// Does something that blocks on a thread of its own: the tests' threads are few, and a view's tasks need them.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Threads.start("test") { continuation.resume(with: Result { try work() }) }
  }
}

/// This process's umask, read without changing it.
func processUmask() throws -> mode_t {
  let status = String(decoding: try FileCalls.contents("/proc/self/status"), as: UTF8.self)
  let line = status.split(separator: "\n").first { $0.hasPrefix("Umask:") }
  return line.flatMap { mode_t($0.split(separator: "\t").last ?? "", radix: 8) } ?? 0
}
