internal import ArgumentParser
internal import Commands
internal import Control
internal import FuseTransport
internal import Glibc
internal import Logging
internal import Posix
internal import SystemPackage

extension MountCommand: ServedCommand {
  func serve() throws {
    var command = self
    if let source = HiddenSource.take(for: first) {
      command.first = source
    } else if SourceAddress.hasSecrets(first) {
      return try reportingFailure { throw HiddenSource.restart(hiding: first) }
    }
    if let readyDescriptor { return try command.serveInBackground(reportingTo: ReadyPipe(descriptor: readyDescriptor)) }
    try reportingFailure {
      if foreground {
        // At once, even into a pipe: somebody may be waiting for it.
        try command.mount(openLog: false) { try FileCalls.writeAll(STDOUT_FILENO, Array("\($0)\n".utf8)) }
      } else {
        print(try ReadyPipe.startServer(for: command.first))
      }
    }
  }

  private func serveInBackground(reportingTo pipe: ReadyPipe) throws {
    do {
      try mount(openLog: true) { try pipe.reportReady($0) }
    } catch let failure as CommandFailure {
      pipe.report(failure)
      throw ExitCode(failure.status.rawValue)
    }
  }

  private func mount(openLog: Bool, isReady: @escaping (String) throws -> Void) throws {
    let registry = ViewRegistry()
    var logger = Logger(label: "projfs") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = foreground ? .warning : .info
    var wanted = try request(registry).anywhere
    wanted.deniesIndexers = denyIndexers
    if let contentLimit { wanted.contentLimit = contentLimit.bytes > 0 ? contentLimit.bytes : nil }
    if let rangedThreshold { wanted.rangedThreshold = rangedThreshold.bytes }
    // The server must not keep a file system busy that it was only started from. Before the source is opened, which may
    // start a program.
    guard foreground || chdir("/") == 0 else { throw CommandFailure(.inputOutput, "cannot change to /") }
    let plan = try MountPlan(wanted, by: SourceOpener(registry: registry, logger: logger))
    try ViewServer.run(plan, registry: registry, logger: logger, openLog: openLog, isReady: isReady)
  }

  private func request(_ registry: ViewRegistry) throws(CommandFailure) -> MountPlan.Request {
    guard let mountpoint = second else { return try requestAsBefore(registry) }
    let provider = provider ?? .git
    let known = rev == nil ? try knownRevision(of: mountpoint, by: provider, registry) : nil
    return MountPlan.Request(
      provider: provider, source: first, mountpoint: mountpoint, revision: known?.revision ?? rev,
      reference: known?.reference, engine: engine.engine, stateDirectory: stateDirectory, fileTime: mtime,
      allowOther: allowOther, readOnly: readOnly, verifyObjects: verifyObjects)
  }

  /// A view that exists, mounted as it was but for what the arguments say.
  private func requestAsBefore(_ registry: ViewRegistry) throws(CommandFailure) -> MountPlan.Request {
    guard let entry = registry.entry(for: ViewLocator.absolute(first)) else {
      throw CommandFailure(.noSource, "no view of '\(first)' is known; name the SOURCE and the MOUNTPOINT")
    }
    let record: ViewRecord
    do {
      record = try StateDirectory(existing: entry.state).record()
    } catch {
      throw ViewServer.failure(error, entry.state)
    }
    var request = try MountPlan.Request(asIn: record)
    if let provider, provider != request.provider {
      throw CommandFailure(
        .usage, "the view of '\(first)' is of the provider '\(record.provider)'; leave --provider away")
    }
    if let rev { (request.revision, request.reference) = (rev, nil) }
    if engine != .auto { request.engine = engine.engine }
    request.stateDirectory = stateDirectory ?? entry.state
    request.allowOther = request.allowOther || allowOther
    request.readOnly = request.readOnly || readOnly
    request.verifyObjects = request.verifyObjects || verifyObjects
    return request
  }

  /// What a view of the same repository projects that was mounted there before. It is mounted as it was, but for one that
  /// follows the repository's HEAD and has not gone a way of its own.
  private func knownRevision(
    of mountpoint: String, by provider: ProviderName, _ registry: ViewRegistry
  ) throws(CommandFailure) -> ViewRecord.Epoch? {
    guard provider == .git, let entry = registry.entry(for: ViewLocator.absolute(mountpoint)), stateDirectory == nil,
      let record = try? StateDirectory(existing: entry.state).record(), record.provider == provider.description,
      record.source == ViewLocator.absolute(first)
    else { return nil }
    let follows = record.requestedRevision == "HEAD" && record.epochs.count == 1
    return follows ? nil : record.epochs.last
  }
}

extension EngineName {
  /// nil for the best that works.
  fileprivate var engine: Engine? {
    switch self {
    case .auto: nil
    case .passthrough: .passthrough
    case .cached: .cached
    }
  }
}
