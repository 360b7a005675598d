internal import ArgumentParser
internal import Control
internal import FuseTransport
internal import Glibc
internal import Logging
internal import Posix
internal import SystemPackage

/// `projfs mount`.
struct MountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mount",
    abstract: "Mount a revision of a git repository.",
    discussion: """
      The command returns when the view serves, and leaves a server running in the background. With one argument it
      mounts a view that exists again, as it was.

      Example:
        projfs mount ~/src/linux /tmp/view --rev v6.9
      """)

  @Argument(
    help: ArgumentHelp("The repository (bare or not, a worktree of it, a directory in it).", valueName: "source"),
    completion: .directory)
  var first: String

  @Argument(help: ArgumentHelp("An existing, empty directory.", valueName: "mountpoint"), completion: .directory)
  var second: String?

  @Option(help: "What to project: anything that git rev-parse takes.")
  var rev: String?

  @Option(help: "Where the tree comes from.")
  var provider: ProviderName = .git

  @Option(help: "How contents reach the kernel; auto takes passthrough where it works.")
  var engine: EngineName = .auto

  @Flag(help: "Let nobody change anything.")
  var readOnly = false

  @Flag(help: "Stay in the foreground and log to the terminal.")
  var foreground = false

  @Option(name: .customLong("state"), help: "Where the view keeps its state.", completion: .directory)
  var stateDirectory: String?

  @Option(help: "The time of files: since when the view has them, or their commit's.")
  var mtime: ViewRecord.FileTime = .epoch

  @Flag(help: "Let other users look inside, too.")
  var allowOther = false

  @Flag(help: "Compare every object with its name when it is read.")
  var verifyObjects = false

  /// Where the background server reports to the command that started it.
  @Option(help: .hidden)
  var readyDescriptor: CInt?

  func run() throws {
    if let readyDescriptor { return try serve(reportingTo: ReadyPipe(descriptor: readyDescriptor)) }
    try reportingFailure {
      if foreground {
        // At once, even into a pipe: somebody may be waiting for it.
        try mount(openLog: false) { try FileCalls.writeAll(STDOUT_FILENO, Array("\($0)\n".utf8)) }
      } else {
        print(try ReadyPipe.startServer())
      }
    }
  }

  private func serve(reportingTo pipe: ReadyPipe) throws {
    do {
      try mount(openLog: true) { try pipe.reportReady($0) }
    } catch let failure as CommandFailure {
      pipe.report(failure)
      throw ExitCode(failure.status.rawValue)
    }
  }

  private func mount(openLog: Bool, isReady: @escaping (String) throws -> Void) throws {
    let registry = ViewRegistry()
    let plan = try MountPlan(try request(registry), registry: registry)
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
      verifyObjects: verifyObjects || record.verifyObjects)
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

/// The providers that a command line can name.
enum ProviderName: String, ExpressibleByArgument, CaseIterable {
  case git
}

/// The engines that a command line can name.
enum EngineName: String, ExpressibleByArgument, CaseIterable {
  case auto
  case passthrough
  case cached

  /// nil for the best that works.
  var engine: Engine? {
    switch self {
    case .auto: nil
    case .passthrough: .passthrough
    case .cached: .cached
    }
  }
}

extension ViewRecord.FileTime: ExpressibleByArgument {}
