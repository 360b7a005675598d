internal import Commands
internal import Control
internal import Dispatch
internal import Posix
internal import Projection
internal import Synchronization

/// What is hydrated ahead of use, and what was.
extension Steering {
  /// What a question is about, and how to say afterwards which of its paths are not there.
  private struct Selected: Sendable {
    let paths: any PathSelection
    /// For people, one each.
    let missing: @Sendable () -> [String]
  }

  /// Answers `prefetch`; says meanwhile how far it has come, and ends when nobody wants to hear it any more.
  func prefetch(_ request: ControlRequest, for peer: ControlPeer) -> ControlReply {
    do {
      let selected = try selection(request)
      let telling = Telling(peer)
      defer { telling.end() }
      let done = try blocking(started: { telling.cancel(with: $0) }) { [fileSystem] in
        try await fileSystem.prefetch(selected.paths) { telling.note($0) }
      }
      let missing = selected.missing()
      if let first = missing.first, request.selection?.mayBeMissing == false {
        return ControlReply(missing: "nothing in the view matches '\(first)'; what else was asked for is here")
      }
      var reply = ControlReply()
      reply.prefetched = PrefetchReport(done, missing: missing.count)
      telling.end()
      return reply
    } catch let mistake as Pathspec.Mistake {
      return ControlReply(error: mistake.reason, isUnsupported: true)
    } catch {
      return ControlReply(error: "contents cannot be prefetched: \(error)")
    }
  }

  /// Answers `hydrated`.
  func hydrated(_ request: ControlRequest) -> ControlReply {
    do {
      let selected = try selection(request)
      let paths = try blocking { [fileSystem] in try await fileSystem.hydratedPaths(selected.paths) }
      if let first = selected.missing().first, request.selection?.mayBeMissing == false {
        return ControlReply(missing: "nothing in the view matches '\(first)'")
      }
      var reply = ControlReply()
      reply.paths = PackedBytes(names: paths)
      return reply
    } catch let mistake as Pathspec.Mistake {
      return ControlReply(error: mistake.reason, isUnsupported: true)
    } catch {
      return ControlReply(error: "the files cannot be listed: \(error)")
    }
  }

  private func selection(_ request: ControlRequest) throws(Pathspec.Mistake) -> Selected {
    guard let paths = request.paths?.names else {
      let everything = PathTree([[]])
      return Selected(paths: everything, missing: { [] })
    }
    guard let meaning = request.selection, meaning.areSpecs else {
      let tree = PathTree(paths)
      return Selected(paths: tree, missing: { tree.missing.map { String(decoding: paths[$0], as: UTF8.self) } })
    }
    let specs = try PathspecList(
      paths.map { String(decoding: $0, as: UTF8.self) }, at: meaning.prefix, top: mountpoint)
    return Selected(paths: specs, missing: { specs.missing })
  }
}

/// Tells the one who asked how far a prefetch has come, ten times a second, and cancels it when he has gone.
private final class Telling: Sendable {
  private struct State {
    var progress = ProjectionCore.PrefetchProgress()
    var task: Task<Void, Never>?
    var hasEnded = false
  }

  private static let interval = DispatchTimeInterval.milliseconds(100)

  // A leaf lock.
  private let state = Mutex(State())
  private let ending = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  init(_ peer: ControlPeer) {
    Threads.start("prefetch progress") { [self] in
      while ending.wait(timeout: .now() + Self.interval) == .timedOut {
        let (progress, task) = state.withLock { ($0.progress, $0.task) }
        var reply = ControlReply()
        reply.prefetched = PrefetchReport(progress, missing: 0)
        reply.isUnderWay = true
        if !peer.tell(reply) { task?.cancel() }
      }
      ended.signal()
    }
  }

  func note(_ progress: ProjectionCore.PrefetchProgress) { state.withLock { $0.progress = progress } }

  func cancel(with task: Task<Void, Never>) { state.withLock { $0.task = task } }

  /// Says nothing any more, when this returns.
  func end() {
    let isFirst = state.withLock { state in
      defer { state.hasEnded = true }
      return !state.hasEnded
    }
    guard isFirst else { return }
    ending.signal()
    ended.wait()
  }
}

extension PrefetchReport {
  init(_ progress: ProjectionCore.PrefetchProgress, missing: Int) {
    self.init()
    total = progress.total
    files = progress.files
    fetched = progress.fetched
    bytes = progress.bytes
    failed = progress.failed
    limited = progress.isLimited
    self.missing = missing
  }
}
