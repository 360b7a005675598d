internal import CGit
internal import Provider
internal import Synchronization

/// Handles on one object database, one for each thread that is reading it right now.
final class ObjectDatabasePool: Sendable {
  private let directories: [String]
  private let verify: Bool
  private let idle = Mutex<[ObjectDatabase]>([])

  /// Opens the first handle, so that a source that cannot be read fails here.
  ///
  /// With `verify`, every object read in this process is hashed and compared with its name.
  init(objects: String, verify: Bool) throws(ProviderError) {
    // libgit2 counts its initialisations; this one lasts as long as the process.
    guard projfs_git_start(verify) == 0 else {
      throw .unavailable("libgit2 does not start: \(String(cString: projfs_git_message()))")
    }
    directories = Alternates.directories(of: objects)
    self.verify = verify
    let first = try ObjectDatabase(directories: directories, verify: verify)
    idle.withLock { $0.append(first) }
  }

  /// Lends a handle to the calling thread for the time of `body`.
  func withDatabase<Result>(
    _ body: (ObjectDatabase) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    let database: ObjectDatabase
    if let waiting = idle.withLock({ $0.popLast() }) {
      database = waiting
    } else {
      database = try ObjectDatabase(directories: directories, verify: verify)
    }
    defer { idle.withLock { $0.append(database) } }
    return try body(database)
  }
}
