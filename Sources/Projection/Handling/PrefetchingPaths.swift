internal import Glibc
internal import Provider
internal import Synchronization

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

    /// Nothing yet.
    package init() {}
  }

  /// Hydrates the provider's files at and below some paths, up to `width` at a time, counting on from
  /// `before`. `progress` is called after each file, by one caller at a time. Throws `interrupted` when its task is cancelled, and what hinders it from finding the files.
  package func prefetch(
    at paths: [[[UInt8]]], width: Int = 8, after before: PrefetchProgress = PrefetchProgress(),
    progress: @escaping @Sendable (PrefetchProgress) -> Void = { _ in }
  ) async throws(ProjectionError) -> PrefetchProgress {
    let done = Mutex(before)
    for path in paths {
      let walk = ProvidedWalk(core: self, passesFailures: true)
      try await walk.forEach(at: path) { [self] files throws(ProjectionError) in
        try await hydrate(files, width: width) { outcome in
          done.withLock { done in
            switch outcome {
            case .fetched(let bytes):
              done.files += 1
              done.fetched += 1
              done.bytes += bytes
            case .there: done.files += 1
            case .failed: done.failed += 1
            }
            progress(done)
          }
        }
      }
    }
    return done.withLock { $0 }
  }

  private enum Prefetched: Sendable {
    case fetched(Int64)
    case there
    case failed
  }

  private func hydrate(
    _ files: [ProvidedContent], width: Int, _ note: @escaping @Sendable (Prefetched) -> Void
  ) async throws(ProjectionError) {
    let missing = files.filter { !store.contains($0.content) }
    for _ in missing.count..<files.count { note(.there) }
    let demand = Demand(.prefetch, by: Caller(thread: UInt32(getpid())))
    await withTaskGroup(of: Void.self) { group in
      for (index, file) in missing.enumerated() {
        if Task.isCancelled { return }
        if index >= max(1, width) { await group.next() }
        group.addTask { [self] in
          do {
            let size = try await size(of: file)
            _ = try await hydrator.contents(of: file.content, size: size, for: demand)
            note(.fetched(size))
          } catch {
            if !Task.isCancelled { note(.failed) }
          }
        }
      }
    }
    if Task.isCancelled { throw .interrupted }
  }

  private func size(of file: ProvidedContent) async throws -> Int64 {
    if let size = file.size { return size }
    guard let size = try await timed.sizes(of: [file.content]).first else {
      throw ProviderError.wrongSize("no size came")
    }
    return size
  }
}
