internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

extension ProjectionCore {
  /// How far a prefetch has come.
  package struct PrefetchProgress: Sendable, Hashable {
    /// Files that are there now, fetched or not.
    package var files = 0
    /// How many of them were fetched.
    package var fetched = 0
    /// The bytes that were fetched.
    package var bytes: Int64 = 0
    /// Files that could not be fetched; who opens one hears why.
    package var failed = 0
    /// Files in all, as far as they are found.
    package var total = 0
    /// Whether it ended because the store has as much as it may have.
    package var isLimited = false

    /// Nothing yet.
    package init() {}
  }

  /// Hydrates the provider's files at and below some paths, up to `width` at a time, counting on from
  /// `before`. `progress` is called once for the files that are there already, and after each content that is fetched or
  /// cannot be, by one caller at a time. Throws `interrupted` when its task is cancelled, and what hinders it from finding
  /// the files.
  package func prefetch(
    at paths: [[[UInt8]]], width: Int = 8, after before: PrefetchProgress = PrefetchProgress(),
    progress: @escaping @Sendable (PrefetchProgress) -> Void = { _ in }
  ) async throws(ProjectionError) -> PrefetchProgress {
    var done = before
    for path in paths {
      var files: [ProvidedContent] = []
      let walk = ProvidedWalk(core: self, passesFailures: true)
      try await walk.forEach(at: path) { files += $0 }
      done = try await hydrate(files, width: width, after: done, progress)
    }
    return done
  }

  /// Hydrates the provider's files that are selected, in the order that suits the provider. Directories without any are not
  /// listed. Otherwise as above.
  package func prefetch(
    _ selection: any PathSelection, width: Int = 8,
    progress: @escaping @Sendable (PrefetchProgress) -> Void = { _ in }
  ) async throws(ProjectionError) -> PrefetchProgress {
    var files: [ProvidedContent] = []
    let walk = ProvidedWalk(core: self, passesFailures: true, selection: selection)
    try await walk.forEach(at: []) { files += $0 }
    return try await hydrate(files, width: width, after: PrefetchProgress(), progress)
  }

  /// The paths of the selected files whose contents are stored, sorted.
  package func hydratedPaths(_ selection: any PathSelection) async throws(ProjectionError) -> [[UInt8]] {
    let stored = try storedContents()
    var paths: [[UInt8]] = []
    let walk = ProvidedWalk(core: self, passesFailures: true, selection: selection)
    try await walk.forEach(at: []) { files in
      for file in files where stored.contains(file.content) { paths.append(file.path) }
    }
    return paths.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func storedContents() throws(ProjectionError) -> Set<ContentID> {
    do throws(Errno) {
      return try store.names()
    } catch {
      throw .storage(error)
    }
  }

  private func hydrate(
    _ files: [ProvidedContent], width: Int, after before: PrefetchProgress,
    _ progress: @escaping @Sendable (PrefetchProgress) -> Void
  ) async throws(ProjectionError) -> PrefetchProgress {
    let run = PrefetchRun(before, progress)
    let missing = try await run.begin(files, isStored: try isStored(files), order: provider as? any FetchOrderProvider)
    if missing == 0 { return run.done }
    let executor = ThreadsExecutor("prefetch", count: min(max(1, width), Self.processorCount))
    let server = Caller(thread: UInt32(getpid()))
    let tasks = (0..<min(max(1, width), missing)).map { _ in
      Task(executorPreference: executor) { [self] in await fetch(run, for: server) }
    }
    await withTaskCancellationHandler {
      for task in tasks { await task.value }
    } onCancel: {
      for task in tasks { task.cancel() }
    }
    executor.end()
    if Task.isCancelled { throw .interrupted }
    return run.done
  }

  /// Which of the files need not be fetched: asked file by file, or of the whole store where that is quicker.
  private func isStored(_ files: [ProvidedContent]) throws(ProjectionError) -> (ContentID) -> Bool {
    guard files.count > 4096 else { return { [store] in store.contains($0) } }
    let stored = try storedContents()
    return { stored.contains($0) }
  }

  /// One of the workers: takes what is missing until nothing is.
  private func fetch(_ run: PrefetchRun, for caller: Caller) async {
    while !Task.isCancelled, let items = run.take() {
      for item in items {
        if Task.isCancelled { return }
        if limit?.isHigh == true { return run.noteLimited() }
        let demand = Demand(.prefetch, by: caller, at: .path(item.path))
        do throws(ProjectionError) {
          run.note(
            item, fetched: try await hydrator.bring(item.content, size: item.size, isMissing: run.isFresh, for: demand))
        } catch {
          if !Task.isCancelled { run.noteFailure(item) }
        }
      }
    }
  }

  private static var processorCount: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }
}
