internal import Provider
internal import Synchronization

/// One prefetch: what is to be fetched, and how far that has come.
final class PrefetchRun: Sendable {
  /// One content, which any number of files may have.
  struct Item: Sendable {
    let content: ContentID
    /// Bytes; nil where nobody has asked.
    let size: Int64?
    /// Where the first of the files is.
    let path: [UInt8]
    var files = 1
  }

  private struct State {
    var missing: [Item] = []
    var next = 0
    var done: ProjectionCore.PrefetchProgress
  }

  /// How many a worker takes at once: neighbours are read by one, whose caches they share.
  private static let stride = 32

  // A leaf lock. `progress` is called under it, and must be quick.
  private let state: Mutex<State>
  private let progress: @Sendable (ProjectionCore.PrefetchProgress) -> Void

  init(
    _ before: ProjectionCore.PrefetchProgress, _ progress: @escaping @Sendable (ProjectionCore.PrefetchProgress) -> Void
  ) {
    state = Mutex(State(done: before))
    self.progress = progress
  }

  /// Whether what was missing at the beginning is taken to be missing still. Others hydrate meanwhile, and what they have
  /// fetched would be fetched once more; a look at each costs a tenth of fetching it.
  var isFresh: Bool { began.duration(to: .now) < Self.freshness }

  private static let freshness = Duration.seconds(3)
  private let began = ContinuousClock.now

  /// What was done so far.
  var done: ProjectionCore.PrefetchProgress { state.withLock { $0.done } }

  /// Puts what is missing in order; returns how much that is.
  func begin(
    _ files: [ProvidedContent], isStored: (ContentID) -> Bool, order: (any FetchOrderProvider)?
  ) async throws(ProjectionError) -> Int {
    var items: [Item] = []
    var places: [ContentID: Int] = [:]
    var there = 0
    for file in files {
      if let place = places[file.content] {
        items[place].files += 1
      } else if isStored(file.content) {
        there += 1
      } else {
        places[file.content] = items.count
        items.append(Item(content: file.content, size: file.size, path: file.path))
      }
    }
    if let order, items.count > 1 {
      do {
        let places = try await order.fetchOrder(of: items.map(\.content))
        // A provider that has got it wrong has given no advice.
        if Set(places) == Set(items.indices), places.count == items.count { items = places.map { items[$0] } }
      } catch {
        throw ProjectionError(error)
      }
    }
    state.withLock { [items] state in
      state.missing = items
      state.done.total += files.count
      state.done.files += there
      // Of a tree that is here already these may be all there are: told at once.
      if there > 0 { progress(state.done) }
    }
    return items.count
  }

  /// The next ones; nil where all are taken.
  func take() -> ArraySlice<Item>? {
    state.withLock { state in
      guard state.next < state.missing.count else { return nil }
      let taken = state.missing[state.next...].prefix(Self.stride)
      state.next = taken.endIndex
      return taken
    }
  }

  /// Notes that a content is there, and how many bytes were fetched for it, if any.
  func note(_ item: Item, fetched bytes: Int64?) {
    change { done in
      done.files += item.files
      if let bytes {
        done.fetched += item.files
        done.bytes += bytes
      }
    }
  }

  /// Notes that one could not be fetched.
  func noteFailure(_ item: Item) { change { $0.failed += item.files } }

  /// Notes that the store has as much as it may have: nothing more is taken.
  func noteLimited() {
    state.withLock { $0.next = $0.missing.count }
    change { $0.isLimited = true }
  }

  private func change(_ body: (inout ProjectionCore.PrefetchProgress) -> Void) {
    state.withLock { state in
      body(&state.done)
      progress(state.done)
    }
  }
}
