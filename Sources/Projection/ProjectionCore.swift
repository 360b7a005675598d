package import Glibc
package import Logging
package import Posix
package import Provider
internal import Synchronization
internal import SystemPackage

/// A provider's tree as a file system: the façade that a transport serves the kernel from.
///
/// Operations may be called from any thread, concurrently. They answer inline, without a hop, whenever the provider does.
package final class ProjectionCore: Sendable {
  /// What a view adds to its provider.
  package struct Options: Sendable {
    /// Who owns every file that is the provider's.
    package var owner: FileOwner
    /// Permission bits that are taken away from the provider's.
    package var umask: UInt16
    /// The permission bits that the root directory has at first.
    package var rootPermissions: UInt16
    /// The permission bits of the root directory that count, whatever it has.
    package var rootMask: UInt16
    /// The time shown for everything that is the provider's and has no time of its own.
    package var time: TimeStamp
    /// The times of what does, and what else has happened.
    package var history: PathHistory
    /// Makes this view's inode numbers its own.
    package var inodeKey: UInt64
    /// From how many bytes on a file is hydrated piece by piece, of a provider that can do that.
    package var rangedThreshold: Int64
    /// For how long the provider may keep its callers waiting.
    package var deadlines: ProviderDeadlines
    /// How many bytes of contents may be stored; nil for any number.
    package var contentLimit: Int64?
    /// Whether the process's own umask may be anything but 0: what is made must not depend on it.
    package var mayHaveUmask = false

    /// Options of one view.
    package init(
      owner: FileOwner, umask: UInt16, rootPermissions: UInt16, rootMask: UInt16 = 0o7777, time: TimeStamp,
      history: PathHistory = PathHistory(), inodeKey: UInt64, rangedThreshold: Int64 = 16 << 20,
      deadlines: ProviderDeadlines = ProviderDeadlines()
    ) {
      self.owner = owner
      self.umask = umask
      self.rootPermissions = rootPermissions
      self.rootMask = rootMask
      self.time = time
      self.history = history
      self.inodeKey = inodeKey
      self.rangedThreshold = rangedThreshold
      self.deadlines = deadlines
    }
  }

  /// What was asked for at creation.
  package let options: Options
  /// What hydration did so far.
  package let statistics: HydrationStatistics
  /// Who wants to know of what happens, as it happens.
  package let trace: TraceHub
  /// Who the threads are that requests come from.
  package let processes: ProcessTable

  let provider: any ContentProvider
  /// Whether the provider never blocks the thread that asks it.
  let isNonblocking: Bool
  /// The provider, where it can do this.
  let lookups: (any EntryLookupProvider)?
  let pages: (any PagedListingProvider)?
  let folding: NameFolding?
  let inodes: InodeTable
  let hydrator: Hydrator
  let habits = ListingHabits()
  let counters = OpenCounters()
  let observers: Observers
  let opens = ObservedOpens()
  let failures: FailureLog
  let logger: Logger
  let willWait = WaitHint()
  let listings = SingleFlight<NodeID, Void>()
  let questions = SingleFlight<NameQuestion, Void>()
  let conversions = SingleFlight<NodeID, Void>()
  let local: LocalTree
  let handles = HandleCache()
  let outdatedNames = OutdatedNames()
  let outdatedContents = OutdatedNames()
  let settled = SettledFiles()
  // A leaf lock.
  let storeUsers = Mutex(StoreUsers())
  /// How many contents were evicted.
  let evicted = Atomic<Int>(0)
  /// Who may hydrate.
  package let gate = HydrationGate()
  /// nil where any number of bytes may be stored.
  let limit: ContentLimit?
  let heldName = HeldName()
  let unfinished = UnfinishedMove()
  let follower = SourceFollower()
  let renewals = SingleFlight<NodeID, Void>()
  // A leaf lock.
  let followingSaver = Mutex(FollowingSaver())
  // A leaf lock.
  let shownTimes = Mutex(ShownTimes())
  let journal: ChangeJournal?
  /// How many times directories were moved: paths are good for one number.
  let pathVersion = Atomic<UInt64>(0)
  // A leaf lock.
  let writers = Mutex<[NodeID: Writers]>([:])
  /// Whom the kernel gives what this process makes.
  let processOwner = FileOwner(user: geteuid(), group: getegid())
  // Lock 1 of 3: shared by whoever uses names, held alone by who moves them.
  let namespace = ReadWriteLock()

  let numbers: InodeNumbers
  // A leaf lock. Changed with the namespace alone.
  let history: Mutex<PathHistory>

  // A leaf lock. As long as the projection does not change, neither does the catalog.
  let catalogs = Mutex<TreeCatalog?>(nil)
  let catalogFlights = SingleFlight<DirectoryID, TreeCatalog>()

  /// Projects `provider`, keeping contents in `store` and what users change in `local`. Asks the provider for its root.
  ///
  /// With a journal, what changes is recorded in it; it stays the caller's to close.
  package init(
    provider: any ContentProvider, store: ContentStore, local: LocalTree, journal: ChangeJournal? = nil,
    options: Options, logger: Logger
  ) async throws(ProjectionError) {
    self.provider = provider
    isNonblocking = provider is any NonblockingProvider
    lookups = provider as? any EntryLookupProvider
    pages = provider as? any PagedListingProvider
    folding = NameFolding(provider)
    self.local = local
    self.journal = journal
    self.options = options
    history = Mutex(options.history)
    self.logger = logger
    processes = ProcessTable()
    trace = TraceHub()
    statistics = HydrationStatistics(processes: processes, trace: trace)
    failures = FailureLog(logger: logger)
    numbers = InodeNumbers(key: options.inodeKey)
    observers = Observers(logger: logger)
    let arrivals = ArrivalNotice()
    limit = options.contentLimit.map { ContentLimit($0) }
    hydrator = Hydrator(
      provider: provider, store: store, statistics: statistics, failures: failures, willWait: willWait,
      arrivals: arrivals, limit: limit, gate: gate,
      policy: HydrationPolicy(
        rangedThreshold: options.rangedThreshold, deadlines: options.deadlines, isNonblocking: isNonblocking)
    ) { [outdatedContents] nodes in
      for node in nodes { outdatedContents.tell(node) }
    }
    let root: DirectoryID
    do {
      root = try await withDeadline(options.deadlines.answer, for: "the root") { try await provider.root() }
    } catch {
      throw ProjectionError(error)
    }
    inodes = InodeTable(root: root, permissions: options.rootPermissions, numbers: numbers, folding: folding)
    inodes.rootDirectory.withState { [local] in $0.handle = local.root }
    do {
      try dressRoot()
    } catch {
      throw .local(error)
    }
    statistics.locate { [weak self] place in self?.shownPath(of: place) }
    arrivals.set { [weak self] size, demand in self?.tellHydrated(size, for: demand) }
  }

  deinit {
    follower.stop()
    limit?.stop()
  }

  /// Gives the top of a new local tree the attributes that the root is to have.
  private func dressRoot() throws(Errno) {
    guard try Marks(at: local.root.rawValue, []).content == nil else { return }
    try dress(
      local.root.rawValue,
      as: NodeAttributes(
        kind: .directory, permissions: options.rootPermissions, inode: inodes.rootInode, size: 0,
        owner: options.owner, time: options.time))
    try ExtendedAttributes.set(local.root.rawValue, Marks.contentName, to: [])
    try EntryCalls.setTimes(
      at: local.root.rawValue, [], accessed: options.time.timespec, modified: options.time.timespec)
  }

  /// Calls `listener` with each name of a directory that the kernel has to look up again and, without a name, with each
  /// node whose attributes or listing it has to ask for again. It must not wait for the kernel itself.
  package func onOutdated(_ listener: @escaping @Sendable (NodeID, [UInt8]?) -> Void) {
    outdatedNames.set(listener)
  }

  /// Calls `listener` with each node whose bytes, or entries, the kernel has to ask for again: some that it was given proved
  /// wrong, or are no longer so. It must not wait for the kernel itself.
  package func onOutdatedContents(_ listener: @escaping @Sendable (NodeID) -> Void) {
    outdatedContents.set { node, _ in listener(node) }
  }

  /// Calls `listener` on the thread of an operation that is about to ask a provider or a disk.
  package func onWait(_ listener: @escaping @Sendable () -> Void) {
    willWait.set(listener)
  }

  /// Keeps the pieces of files that are hydrated in part, for the view's next server. Only for a view that has ended in
  /// order, after its last operation.
  package func putPartsAway() { hydrator.putPartsAway() }

  /// How many fetches are under way, of contents and of pieces.
  package var hydrationsInFlight: Int { hydrator.inFlight }

  /// How many bytes of contents may be stored, if there is a limit, and how many contents were evicted so far.
  package var evictionCounts: (limit: Int64?, evicted: Int) { (limit?.limit, evicted.load(ordering: .relaxed)) }

  /// How many opens the kernel serves by itself, and how many by READ requests, so far.
  package var openCounts: (passthrough: Int, served: Int) {
    (counters.passthrough.load(ordering: .relaxed), counters.served.load(ordering: .relaxed))
  }

  /// Where contents are kept.
  package var store: ContentStore { hydrator.store }

  /// Whether contents lie on a stacked file system, which the kernel must be told before passthrough.
  package var isStacked: Bool {
    ((try? store.isStacked()) ?? false) || ((try? local.isStacked()) ?? false)
  }

  /// The provider's directory that the view shows.
  package var root: DirectoryID { inodes.rootDirectory.withState { $0.origin } ?? DirectoryID([]) }

  /// Whether names are found however they are spelled.
  package var ignoresCase: Bool { folding != nil }

  /// Forgets what was counted, because the projection has changed.
  func forgetCatalog() { catalogs.withLock { $0 = nil } }

  /// The free and used space of the disk that holds what users write.
  package func space() throws(ProjectionError) -> statvfs {
    try ProjectionError.local { () throws(Errno) in try local.space() }
  }
}
