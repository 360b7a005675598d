internal import Glibc
internal import Logging
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// Watches the directories of a source that were listed, on a thread of its own, for as long as somebody wants to know.
///
/// Where directories are listed that cannot be watched, because there are too many, every directory is said to have
/// changed at intervals.
final class SourceWatcher: Sendable {
  private struct State {
    var queue: Inotify?
    var directories = WatchedDirectories()
    var readers: [UInt64: AsyncStream<ProviderChange>.Continuation] = [:]
    var lastReader: UInt64 = 0
    /// Whether directories are known to somebody that are not watched.
    var isIncomplete = false
    var isRootLost = false
    /// When everything was said to have changed last.
    var lastSweep = ContinuousClock.now
  }

  /// How many paths are named at once; more are everything.
  private static let mostPaths = 1_024
  /// How many changes wait for a reader at most. Where there are more, they become one: everything.
  private static let mostChanges = 64
  /// For how long changes are gathered, in milliseconds: a file that is being written changes all the time.
  private static let gathering: CInt = 50

  private let source: Source
  private let limit: Int
  private let pollInterval: CInt
  private let logger: Logger
  private let state = Mutex(State())

  init(source: Source, limit: Int, pollInterval: Duration, logger: Logger) {
    self.source = source
    self.limit = limit
    self.pollInterval = CInt(
      clamping: pollInterval.components.seconds * 1000
        + pollInterval.components.attoseconds / 1_000_000_000_000_000)
    self.logger = logger
  }

  // MARK: - Readers

  /// The changes from now on.
  func changes() -> AsyncStream<ProviderChange> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: ProviderChange.self, bufferingPolicy: .bufferingNewest(Self.mostChanges))
    let (number, started, missed) = state.withLock { state -> (UInt64, Inotify?, Bool) in
      state.lastReader += 1
      state.readers[state.lastReader] = continuation
      let missed = state.isIncomplete
      guard state.queue == nil else { return (state.lastReader, nil, missed) }
      do {
        let queue = try Inotify()
        state.queue = queue
        // What was listed so far is said to have changed, and then is listed and watched.
        state.isIncomplete = false
        return (state.lastReader, queue, missed)
      } catch {
        logger.warning("changes of '\(source.path)' go unnoticed: inotify does not start: \(error)")
        return (state.lastReader, nil, missed)
      }
    }
    continuation.onTermination = { [weak self] _ in self?.leave(number) }
    if let started {
      if let root = try? source.root() { withExtendedLifetime(root) { watch($0.descriptor.rawValue, []) } }
      Threads.start("directory watch") { [weak self, pollInterval] in
        while true {
          // Nothing holds this object while its thread waits.
          let events = try? started.events(within: pollInterval)
          guard let self, self.serve(events, of: started) else { return }
        }
      }
    }
    if missed { continuation.yield(.everything) }
    return stream
  }

  private func leave(_ reader: UInt64) {
    let ended = state.withLock { state -> (Inotify, [CInt])? in
      state.readers[reader] = nil
      guard state.readers.isEmpty, let queue = state.queue else { return nil }
      state.queue = nil
      state.isIncomplete = true
      return (queue, state.directories.removeAll())
    }
    // The end of a watch is an event, which wakes the thread.
    if let ended { for watch in ended.1 { ended.0.remove(watch) } }
  }

  deinit {
    state.withLock { state in
      for reader in state.readers.values { reader.finish() }
    }
  }

  // MARK: - Directories

  /// Watches an open directory from now on, where somebody wants to know.
  func watch(_ directory: CInt, _ path: [UInt8]) {
    let failure = state.withLock { state -> Errno? in
      guard let queue = state.queue else {
        state.isIncomplete = true
        return nil
      }
      do throws(Errno) {
        guard state.directories.isWatched(path) || state.directories.count < limit else { throw .noSpace }
        let watch = try queue.add("/proc/self/fd/\(directory)", WatchedDirectories.mask)
        if let old = state.directories.add(watch, at: path) { queue.remove(old) }
        return nil
      } catch {
        defer { state.isIncomplete = true }
        return state.isIncomplete ? nil : error
      }
    }
    guard let failure else { return }
    logger.warning(
      """
      not all directories of '\(source.path)' can be watched (\(failure)): changes show after up to \
      \(pollInterval / 1000) s; a higher fs.inotify.max_user_watches helps
      """)
  }

  // MARK: - The thread

  /// Passes on what events mean; returns whether there is to be more.
  private func serve(_ events: [Inotify.Event]?, of queue: Inotify) -> Bool {
    guard isServing(queue) else { return false }
    var events = events ?? []
    if !events.isEmpty {
      // What else happens in this moment goes along.
      usleep(useconds_t(Self.gathering) * 1000)
      while let more = try? queue.events(within: 0), !more.isEmpty, events.count < 100_000 { events += more }
    }
    let change = state.withLock { $0.directories.take(events) }
    for watch in change.ended { queue.remove(watch) }
    if change.isRootLost { loseRoot() }
    let isBack = recoverRoot()
    if change.isEverything || change.isRootLost || isBack || isSweepDue
      || change.paths.count > Self.mostPaths
    {
      state.withLock { $0.lastSweep = .now }
      yield(.everything)
    } else if !change.paths.isEmpty {
      yield(.paths(change.paths.sorted { $0.lexicographicallyPrecedes($1) }))
    }
    return isServing(queue)
  }

  /// Whether there are directories that nobody watches, and it is time to look at them.
  private var isSweepDue: Bool {
    let interval = Duration.milliseconds(Int64(pollInterval))
    return state.withLock { $0.isIncomplete && .now - $0.lastSweep >= interval }
  }

  private func isServing(_ queue: Inotify) -> Bool { state.withLock { $0.queue === queue } }

  private func yield(_ change: ProviderChange) {
    for reader in state.withLock({ Array($0.readers.values) }) {
      // A change that falls out at the other end is one of everything.
      if case .dropped = reader.yield(change) { reader.yield(.everything) }
    }
  }

  private func loseRoot() {
    logger.warning("the source '\(source.path)' was moved or removed")
    source.lose()
    state.withLock { $0.isRootLost = true }
  }

  private func recoverRoot() -> Bool {
    guard state.withLock({ $0.isRootLost }), source.recover(), let root = try? source.root() else { return false }
    logger.notice("the source '\(source.path)' is there again")
    state.withLock { $0.isRootLost = false }
    withExtendedLifetime(root) { watch($0.descriptor.rawValue, []) }
    return true
  }
}
