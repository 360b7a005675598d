package import Glibc
package import Logging
package import Posix
package import Provider
internal import Synchronization

/// A provider's tree as a file system: the façade that a transport serves the kernel from.
///
/// Operations may be called from any thread, concurrently. They answer inline, without a hop, whenever the provider does.
package final class ProjectedFileSystem: Sendable {
  /// What a view adds to its provider.
  package struct Options: Sendable {
    /// Who owns every file that is the provider's.
    package var owner: FileOwner
    /// Permission bits that are taken away from the provider's.
    package var umask: UInt16
    /// The permission bits of the root directory, as they are.
    package var rootPermissions: UInt16
    /// The time shown for everything that is the provider's.
    package var time: TimeStamp
    /// Makes this view's inode numbers its own.
    package var inodeKey: UInt64

    /// Options of one view.
    package init(
      owner: FileOwner, umask: UInt16, rootPermissions: UInt16, time: TimeStamp, inodeKey: UInt64
    ) {
      self.owner = owner
      self.umask = umask
      self.rootPermissions = rootPermissions
      self.time = time
      self.inodeKey = inodeKey
    }
  }

  /// What was asked for at creation.
  package let options: Options
  /// What hydration did so far.
  package let statistics: HydrationStatistics

  let provider: any ContentProvider
  let inodes: InodeTable
  let hydrator: Hydrator
  let habits = ListingHabits()
  let counters = OpenCounters()
  let failures: FailureLog
  let logger: Logger
  let willWait = WaitHint()
  let listings = SingleFlight<NodeID, Void>()

  private let numbers: InodeNumbers
  // A leaf lock. The projection does not change, so neither does the sum.
  private let knownTotalBytes = Mutex<Int64?>(nil)

  /// Projects `provider`, keeping contents in `store`. Asks the provider for its root.
  package init(
    provider: any ContentProvider, store: ContentStore, options: Options, logger: Logger
  ) async throws(ProjectionError) {
    self.provider = provider
    self.options = options
    self.logger = logger
    statistics = HydrationStatistics()
    failures = FailureLog(logger: logger)
    numbers = InodeNumbers(key: options.inodeKey)
    hydrator = Hydrator(
      provider: provider, store: store, statistics: statistics, failures: failures, willWait: willWait)
    let root: DirectoryID
    do {
      root = try await provider.root()
    } catch {
      throw ProjectionError(error)
    }
    inodes = InodeTable(root: root, permissions: options.rootPermissions, numbers: numbers)
  }

  /// Calls `listener` on the thread of an operation that is about to ask a provider or a disk.
  package func onWait(_ listener: @escaping @Sendable () -> Void) {
    willWait.set(listener)
  }

  /// How many contents are being fetched.
  package var hydrationsInFlight: Int { hydrator.inFlight }

  /// How many opens the kernel serves by itself, and how many by READ requests, so far.
  package var openCounts: (passthrough: Int, served: Int) {
    (counters.passthrough.load(ordering: .relaxed), counters.served.load(ordering: .relaxed))
  }

  /// Where contents are kept.
  package var store: ContentStore { hydrator.store }

  /// The bytes of all files of the projection, once they were counted.
  var totalBytes: Int64? { knownTotalBytes.withLock { $0 } }

  /// Keeps the bytes of all files; the first count stays.
  func rememberTotalBytes(_ sum: Int64) -> Int64 {
    knownTotalBytes.withLock { known in
      let total = known ?? sum
      known = total
      return total
    }
  }

  /// The free and used space of the disk that holds the contents.
  package func space() throws(ProjectionError) -> statvfs {
    do {
      return try hydrator.store.space()
    } catch {
      throw .storage(error)
    }
  }
}
