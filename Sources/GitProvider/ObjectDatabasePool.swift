internal import CGit
internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization

/// Handles on one object database, one for each thread that is reading it right now.
final class ObjectDatabasePool: Sendable {
  let directories: [String]
  private let verify: Bool
  private let idle = Mutex<[ObjectDatabase]>([])
  // A leaf lock. The packs as they were when somebody asked for them last, and what they are known by.
  private let known = Mutex<(stamp: [Int], packs: PackOrder)?>(nil)

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
    let first = try take()
    idle.withLock { $0.append(first) }
  }

  /// How often an answer is sought anew because the packs have changed meanwhile.
  private static let attempts = 5

  /// Lends a handle to the calling thread for the time of `body`, which is called once more where it failed and the packs
  /// are not those any more that the handle knows: `git gc` puts new ones in the place of the old.
  func withDatabase<Result>(
    _ body: (ObjectDatabase) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    for attempt in 1... {
      let database = try take()
      do throws(ProviderError) {
        let result = try body(database)
        idle.withLock { $0.append(database) }
        return result
      } catch {
        guard attempt < Self.attempts, database.packStamp != Self.stamp(of: directories) else {
          idle.withLock { $0.append(database) }
          throw error
        }
        // The others know the old packs as well.
        idle.withLock { $0.removeAll() }
      }
    }
    throw .unavailable("the packs of '\(directories.first ?? "")' change all the time")
  }

  /// The packs as they are now, but for what has come within this moment.
  func packs() -> PackOrder {
    let stamp = Self.stamp(of: directories)
    return known.withLock { known in
      if let known, known.stamp == stamp { return known.packs }
      let packs = PackOrder(directories: directories)
      known = (stamp, packs)
      return packs
    }
  }

  private func take() throws(ProviderError) -> ObjectDatabase {
    if let waiting = idle.withLock({ $0.popLast() }) { return waiting }
    return try ObjectDatabase(directories: directories, packs: packs(), verify: verify)
  }

  /// Changes whenever a pack comes or goes.
  static func stamp(of directories: [String]) -> [Int] {
    directories.flatMap { directory -> [Int] in
      guard let status = try? FileCalls.status("\(directory)/pack", follow: true) else { return [0, 0] }
      return [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
  }
}
