internal import Commands
internal import Control
internal import Dispatch
internal import FuseTransport
internal import GitProvider
internal import Glibc
internal import Logging
internal import Posix
internal import Projection
internal import Provider
internal import SystemPackage
internal import ViewStorage

/// One running view: mounts, serves, and leaves everything in order.
final class ViewServer: Sendable {
  private let plan: MountPlan
  private let fileSystem: ProjectionCore
  private let journal: ChangeJournal
  private let session: FuseSession
  /// nil where the source is no git repository.
  private let git: GitView?
  /// nil where it is one.
  private let tree: TreeView?
  private let steering: Steering
  private let started = ContinuousClock.now
  private let ended = DispatchSemaphore(value: 0)

  /// How long an unmounted view may take to see that it is, before it ends all the same.
  private static let farewell = DispatchTimeInterval.seconds(2)

  /// Serves a view until it is unmounted or a signal ends it. Blocks.
  ///
  /// `isReady` is called when the view serves, with the line that says so; what it throws ends the view again.
  static func run(
    _ plan: MountPlan, registry: ViewRegistry, logger: Logger, openLog: Bool, isReady: (String) throws -> Void
  ) throws {
    var plan = plan
    Heap.configure()
    // It may have been started by a link of /proc, whose name says nothing.
    Threads.nameCurrent("projfs-server")
    SignalThread.block()
    let state = try Self.state(of: plan)
    let lock = try Self.lock(state, plan)
    // Who waits for the lock waits for the end of everything.
    defer {
      plan.source.end()
      withExtendedLifetime(lock.rawValue) {}
    }
    let earlier = try Self.earlierRecord(in: state)
    try Self.refuseOtherTree(plan, earlier, in: state)
    plan.continueView(earlier, now: Self.now)
    // The store is shared by all views of the source: not clean for one is suspect for all.
    let wasClean = try Self.attempt(state) { state throws(StateDirectory.Failure) in try state.takeCleanMark() }
    var worktree: ViewWorktree?
    do {
      try Self.refuseLosingCommits(plan, earlier)
      if case .git(let source) = plan.source { worktree = ViewWorktree(source, &plan, earlier: earlier, state: state) }
      try Self.attempt(state) { [record = plan.record] state throws(StateDirectory.Failure) in try state.write(record) }
      if openLog {
        let log = try Self.attemptLog(state)
        dup2(log.rawValue, STDOUT_FILENO)
        dup2(log.rawValue, STDERR_FILENO)
      }
      let journal = try Self.journal(in: state, plan, afterCleanStop: wasClean && earlier.map(plan.shows) == true)
      let server = try ViewServer(
        plan, journal, worktree, state.history(plan.record), registry, suspectAll: earlier != nil && !wasClean,
        logger: logger)
      try server.serve(state: state, registry: registry, logger: logger, isReady: isReady)
      do {
        try journal.close(clean: true)
      } catch {
        logger.error("the journal cannot be closed, so the view counts as not stopped in order: \(error)")
        return
      }
    } catch {
      // No half-made view: one that never served is as if it had not been asked for.
      if earlier == nil {
        worktree?.discard()
        try? state.remove()
      } else if wasClean {
        // And what was in doubt before stays in doubt.
        try? state.leaveCleanMark()
      }
      throw error
    }
    try Self.attempt(state) { state throws(StateDirectory.Failure) in try state.leaveCleanMark() }
  }

  private init(
    _ plan: MountPlan, _ journal: ChangeJournal, _ worktree: ViewWorktree?, _ history: PathHistory?,
    _ registry: ViewRegistry, suspectAll: Bool, logger: Logger
  ) throws {
    self.plan = plan
    self.journal = journal
    let store: ContentStore
    do throws(Errno) {
      store = try ContentStore(path: plan.contentDirectory, owner: plan.owner, suspectAll: suspectAll)
    } catch {
      throw CommandFailure(.inputOutput, "the content store '\(plan.contentDirectory)' cannot be used: \(error)")
    }
    let local = try Self.localTree(of: plan)
    if history == nil { logger.error("what has happened to paths is damaged: files show times that they had before") }
    let content: any ContentProvider
    do {
      content = try plan.source.content(for: plan.record)
      fileSystem = try blocking { [options = plan.fileSystemOptions(history ?? PathHistory())] in
        try await ProjectionCore(
          provider: content, store: store, local: local, journal: journal, options: options, logger: logger)
      }
      // From here on what is made gets the permissions that the kernel says.
      umask(0)
    } catch {
      throw CommandFailure(.damaged, "'\(plan.record.shownSource)' cannot be read: \(error)")
    }
    let policy = try PolicyKeeper(plan, fileSystem.gate)
    try Self.checkDevice()
    do {
      session = try FuseSession(fileSystem, plan.sessionOptions(), logger: logger)
    } catch {
      throw Self.failure(error, plan)
    }
    steering = Steering(plan, fileSystem, session, policy, registry)
    if case .git(let source) = plan.source, let worktree, let content = content as? GitContent {
      git = GitView(source, plan, worktree, content, fileSystem, session, logger: logger)
      tree = nil
    } else {
      git = nil
      tree = TreeView(plan, fileSystem)
    }
  }

  private func serve(
    state: borrowing StateDirectory, registry: ViewRegistry, logger: Logger, isReady: (String) throws -> Void
  ) throws {
    git?.prepare()
    defer {
      git?.stop()
      tree?.stop()
    }
    Threads.start("fuse") { [self] in
      session.run()
      ended.signal()
    }
    do {
      let decision: EngineSwitch.Decision
      do throws(MountError) {
        decision = try session.ready()
      } catch {
        throw Self.failure(error, plan)
      }
      let control: ControlServer
      do throws(Errno) {
        control = try ControlServer(
          in: state.descriptor, owner: fileSystem.options.owner, answer: { [self] in answer($0, for: $1) },
          fsmonitor: { [git] in git?.answer($0) ?? [] },
          follow: { [fileSystem] in TraceStreamer(fileSystem.trace).stream($0, to: $1) })
        try registry.add(ViewRegistry.Entry(mountpoint: plan.record.mountpoint, state: plan.stateDirectory))
      } catch {
        throw CommandFailure(.inputOutput, "the view's state in '\(plan.stateDirectory)' cannot be written: \(error)")
      }
      steering.start()
      control.start()
      git?.follow()
      tree?.follow()
      SignalThread.start { [self] in end() }
      let line = readyLine(decision)
      logger.info("\(line)")
      try isReady(line)
    } catch {
      end()
      ended.wait()
      throw error
    }
    ended.wait()
    endTrace()
    fileSystem.putPartsAway()
    logger.info("unmounted \(plan.record.mountpoint)")
  }

  /// Lets those who follow the view hear that it has ended; who does not listen is not waited for.
  private func endTrace() {
    fileSystem.trace.end()
    let deadline = ContinuousClock.now + .seconds(1)
    while !fileSystem.trace.isDone, ContinuousClock.now < deadline { usleep(5000) }
  }

  /// Ends the view, whatever is open in it.
  private func end() {
    session.detach()
    session.stop()
    // Open files keep the connection alive; the process does not stay for them. The kernel has what it serves itself.
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.farewell) { [self] in ended.signal() }
  }

  private func readyLine(_ decision: EngineSwitch.Decision) -> String {
    let facts = plan.source.facts
    let revision = facts.reference.map { "\($0) (\(facts.revision.prefix(12)))" } ?? facts.revision
    let access = session.options.readOnly ? ", read-only" : ""
    return "mounted \(plan.record.shownSource) at \(plan.record.mountpoint), \(revision)\(access); "
      + "engine \(decision.engine.rawValue): \(decision.reason)"
  }

  private func answer(_ request: ControlRequest, for peer: ControlPeer) -> ControlReply {
    switch request.action {
    case .status:
      return ControlReply(status: status)
    case .stats:
      do {
        var report = try StatsCollector(fileSystem, session, request.stats ?? StatsQuestion()).report()
        report.uptimeSeconds = uptime
        return ControlReply(stats: report)
      } catch {
        return ControlReply(error: "the files cannot be counted: \(error)")
      }
    case .changes:
      awaitMove()
      let changes = fileSystem.changes(since: request.token.flatMap { .init($0) })
      return ControlReply(changes: ChangesReport(changes ?? .unknown(token: journal.token)))
    case .settle:
      return git?.settle() ?? noRevisions
    case .switchTo:
      return git?.switchTo(request) ?? noRevisions
    case .evict: return steering.evict(request)
    case .prefetch: return steering.prefetch(request, for: peer)
    case .hydrated: return steering.hydrated(request)
    case .policy: return steering.policy.answer(request)
    case .letGo: return steering.letGo(request)
    case .unmount:
      do {
        try session.unmount()
        return ControlReply()
      } catch {
        return error == .resourceBusy ? ControlReply(isBusy: true) : ControlReply(error: "cannot unmount: \(error)")
      }
    case .trace:
      // `follow` has it.
      return ControlReply()
    case .stop:
      DispatchQueue.global().async { [self] in end() }
      return ControlReply()
    }
  }

  private var noRevisions: ControlReply {
    ControlReply(
      error: "the provider '\(plan.record.provider)' has no revisions to switch between", isUnsupported: true)
  }

  /// What a switch has changed is in the journal when it has ended in the background.
  private func awaitMove() { try? blocking { [fileSystem] in try await fileSystem.awaitMove() } }

  private var journalProblems: [String] {
    guard !journal.isOnDisk, let failure = journal.lastFailure else { return [] }
    return ["the journal cannot be written (\(failure)); what changed is known until the view is unmounted"]
  }

  private var uptime: Double { started.duration(to: .now).microseconds / 1e6 }

  private var status: StatusReport {
    let decision = session.engine.current
    let epoch = git?.shown.epoch
    return StatusReport(
      mountpoint: plan.record.mountpoint, source: plan.record.shownSource, provider: plan.record.provider,
      revision: epoch?.revision ?? fileSystem.root.description, reference: epoch?.reference,
      engine: decision?.engine.rawValue ?? "undecided", engineReason: decision?.reason ?? "",
      protocol: session.protocolVersion, pid: getpid(),
      uptimeSeconds: uptime,
      readOnly: session.options.readOnly,
      remarks: plan.remarks + (git?.remarks ?? []), problems: journalProblems + (git?.problems ?? []))
  }
}
