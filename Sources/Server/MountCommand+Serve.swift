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
    if let readyDescriptor { return try serveInBackground(reportingTo: ReadyPipe(descriptor: readyDescriptor)) }
    try reportingFailure {
      if foreground {
        // At once, even into a pipe: somebody may be waiting for it.
        try mount(openLog: false) { try FileCalls.writeAll(STDOUT_FILENO, Array("\($0)\n".utf8)) }
      } else {
        print(try ReadyPipe.startServer())
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
    var wanted = try request(registry)
    if let rangedThreshold { wanted.rangedThreshold = rangedThreshold.bytes }
    let plan = try MountPlan(wanted, registry: registry)
    // The server must not keep a file system busy that it was only started from.
    guard foreground || chdir("/") == 0 else { throw CommandFailure(.inputOutput, "cannot change to /") }
    var logger = Logger(label: "projfs") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = foreground ? .warning : .info
    try ViewServer.run(plan, registry: registry, logger: logger, openLog: openLog, isReady: isReady)
  }

  private func request(_ registry: ViewRegistry) throws(CommandFailure) -> MountPlan.Request {
    if let mountpoint = second {
      if rev == nil, let known = try knownView(of: mountpoint, registry) {
        return MountPlan.Request(
          source: first, mountpoint: mountpoint, revision: known.revision, reference: known.reference,
          engine: engine.engine, stateDirectory: stateDirectory, fileTime: mtime, allowOther: allowOther,
          readOnly: readOnly, verifyObjects: verifyObjects)
      }
      return MountPlan.Request(
        source: first, mountpoint: mountpoint, revision: rev, reference: nil, engine: engine.engine,
        stateDirectory: stateDirectory, fileTime: mtime, allowOther: allowOther, readOnly: readOnly,
        verifyObjects: verifyObjects)
    }
    guard let entry = registry.entry(for: ViewLocator.absolute(first)) else {
      throw CommandFailure(.noSource, "no view of '\(first)' is known; name the SOURCE and the MOUNTPOINT")
    }
    let record: ViewRecord
    do {
      record = try StateDirectory(existing: entry.state).record()
    } catch {
      throw ViewServer.failure(error, entry.state)
    }
    return MountPlan.Request(
      source: record.source, mountpoint: record.mountpoint,
      revision: rev ?? record.epochs.last?.revision ?? record.requestedRevision,
      reference: rev == nil ? record.epochs.last?.reference : nil,
      engine: engine == .auto ? record.engine.flatMap(Engine.init(rawValue:)) : engine.engine,
      stateDirectory: stateDirectory ?? entry.state, fileTime: record.fileTime,
      allowOther: allowOther || record.allowOther, readOnly: readOnly || record.readOnly ?? false,
      verifyObjects: verifyObjects || record.verifyObjects, rangedThreshold: record.rangedThreshold)
  }
}

extension MountCommand {
  /// What a view of the same source projects that was mounted there before. It is mounted as it was, but for one that
  /// follows the source's HEAD and has not gone a way of its own.
  private func knownView(
    of mountpoint: String, _ registry: ViewRegistry
  ) throws(CommandFailure) -> ViewRecord.Epoch? {
    guard let entry = registry.entry(for: ViewLocator.absolute(mountpoint)), stateDirectory == nil,
      let record = try? StateDirectory(existing: entry.state).record(),
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
