internal import CFuse
internal import Glibc
package import Logging
internal import Posix
package import Projection
internal import Synchronization
package import SystemPackage

/// Why a view cannot be mounted.
package enum MountError: Error, Sendable {
  /// libfuse or the kernel refuses; the reason as libfuse gave it.
  case refused(String)
  /// The engine asked for does not work here.
  case engineUnavailable(EngineSwitch.Decision)
  /// The session ended before it served.
  case ended
}

/// One mounted view: the connection to the kernel, from mount to unmount.
package final class FuseSession: Sendable {
  /// How to mount.
  package struct Options: Sendable {
    /// Where; an existing empty directory, as an absolute path.
    package var mountpoint: String
    /// The name that mount(8) and df(1) show as the source.
    package var source: String
    /// Whether users other than the one who mounts may look inside.
    package var allowOther: Bool
    /// Whether nothing may be changed.
    package var readOnly: Bool
    /// nil: the best engine that works.
    package var engine: Engine?

    /// How to mount.
    package init(mountpoint: String, source: String, allowOther: Bool, readOnly: Bool, engine: Engine?) {
      self.mountpoint = mountpoint
      self.source = source
      self.allowOther = allowOther
      self.readOnly = readOnly
      self.engine = engine
    }
  }

  /// The threads that answer requests which do not have to wait. More than cores, as a disk may block them.
  private static let workers = 16

  /// What came so far, by kind of request.
  package var statistics: RequestStatistics { server.statistics }
  /// How contents reach the kernel.
  package let engine: EngineSwitch
  /// What is mounted.
  package let options: Options

  private let server: RequestServer
  private let registrar: KernelBackingIDs
  private let session: SessionHandle
  /// The connection's number in /sys/fs/fuse/connections, once it is known; -1 before.
  private let connection = Atomic<Int>(-1)
  private let notifier: KernelNotifier
  private let logger: Logger

  /// Mounts `fileSystem`. Requests wait until `run` serves them.
  package init(_ fileSystem: ProjectionCore, _ options: Options, logger: Logger) throws(MountError) {
    self.options = options
    self.logger = logger
    registrar = KernelBackingIDs()
    engine = EngineSwitch(wanted: options.engine, store: fileSystem.store, registrar: registrar)
    server = RequestServer(fileSystem, engine: engine)
    LibfuseLog.start(logger)

    let negotiation = UnsafeMutablePointer<projfs_negotiation>.allocate(capacity: 1)
    negotiation.initialize(to: projfs_negotiation())
    negotiation.pointee.context = Unmanaged.passUnretained(server).toOpaque()
    negotiation.pointee.want_passthrough = options.engine != .cached
    // Decided before the kernel can be asked: without the privilege there is no passthrough, and opens are refused once.
    negotiation.pointee.needs_opens = fileSystem.observersWantOpens
    negotiation.pointee.answers_opens =
      negotiation.pointee.needs_opens || (options.engine != .cached && Privileges.allowPassthrough)
    negotiation.pointee.backing_stack_depth = fileSystem.isStacked ? 2 : 1

    var table = OperationTable.make()
    var arguments = Self.arguments(options).map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    guard let raw = projfs_session_new(CInt(arguments.count), &arguments, &table, negotiation) else {
      negotiation.deallocate()
      throw .refused(LibfuseLog.lastLine ?? "libfuse makes no session")
    }
    guard fuse_session_mount(raw, options.mountpoint) == 0 else {
      fuse_session_destroy(raw)
      negotiation.deallocate()
      throw .refused(LibfuseLog.lastLine ?? "the mount was refused")
    }
    session = SessionHandle(raw, negotiation)
    notifier = KernelNotifier(session)
    server.keep(session)
    fileSystem.onOutdated { [notifier] node, name in
      if let name { notifier.invalidateEntry(name, in: node) } else { notifier.invalidateNode(node) }
    }
    fileSystem.onOutdatedContents { [notifier] node in notifier.invalidateContents(node) }
    registrar.attach(to: fuse_session_fd(raw))
    guard projfs_session_negotiate(raw) == 0 else {
      fuse_session_unmount(raw)
      throw .refused("libfuse does not let its traffic be seen")
    }
  }

  /// Serves requests until the view is unmounted. Blocks the calling thread.
  package func run() {
    let workers = WorkerPool(session.raw, limit: Self.workers)
    server.fileSystem.onWait { workers.ensureReader() }
    workers.run()
    // Somebody else's file may get its number now.
    registrar.attach(to: -1)
    notifier.stop()
    fuse_session_unmount(session.raw)
  }

  /// Waits until the view serves, and returns the engine that it took.
  ///
  /// Blocks; not on the thread that runs `run`. Throws where the view went away or the engine asked for does not work.
  package func ready() throws(MountError) -> EngineSwitch.Decision {
    // The kernel answers this after INIT, and by a request to the server.
    var space = statvfs()
    guard statvfs(options.mountpoint, &space) == 0 else { throw .ended }
    if let status = try? FileCalls.status(options.mountpoint) {
      // The minor number, as makedev(3) has it: a macro.
      let device = UInt64(status.st_dev)
      connection.store(Int(device & 0xff | (device >> 12) & 0xffff_ff00), ordering: .releasing)
    }
    registrar.setOffered(session.negotiation.pointee.passthrough_offered)
    let decision = engine.decide()
    if let wanted = options.engine, wanted != decision.engine { throw .engineUnavailable(decision) }
    return decision
  }

  /// The version of the FUSE protocol that the kernel speaks, such as 7.45. Only after `ready`.
  package var protocolVersion: String {
    "\(session.negotiation.pointee.protocol_major).\(session.negotiation.pointee.protocol_minor)"
  }

  /// The files that are open, where opens are answered.
  package var openFiles: BackingFiles? { engine.openFiles }

  /// Waits until the kernel was told of everything that is outdated so far.
  package func finishNotifications() { notifier.finish() }

  /// Has the kernel read a file anew, from when this returns. Waits for who is reading it.
  package func forgetContents(of node: NodeID) {
    notifier.invalidateContents(node)
    notifier.finish()
  }

  /// Unmounts the view. Throws `resourceBusy` while something in it is in use. Only as root.
  package func unmount() throws(Errno) {
    try FileCalls.retrying { umount2(options.mountpoint, CInt(UMOUNT_NOFOLLOW)) }
  }

  /// Unmounts the view as this user may. Throws `resourceBusy` while something in it is in use. Blocks.
  package func unmountInOrder() throws(Errno) {
    if geteuid() == 0 { return try unmount() }
    let outcome = try Subprocess.run(["fusermount3", "-u", "-q", "--", options.mountpoint])
    // fusermount3 gives no reason that a program could read; of its own mount there is but one.
    if outcome.exitCode != 0 { throw .resourceBusy }
  }

  /// Detaches the view from the tree at once; it is served until its last file is closed.
  package func detach() {
    guard umount2(options.mountpoint, CInt(MNT_DETACH) | CInt(UMOUNT_NOFOLLOW)) != 0 else { return }
    // Not by libfuse, which would take the connection from under the threads that still read from it, and which forgets
    // the mount in a way that only one thread may use: that which ends `run`. Where this fails, `stop` ends the view.
    _ = try? Subprocess.run(["fusermount3", "-u", "-z", "-q", "--", options.mountpoint])
  }

  /// Has the kernel look every name up again when it is used next, those too that are not there. Waits until it was told;
  /// not on a request's thread. Throws what the kernel says: before Linux 6.16 it cannot.
  package func forgetNames() throws(Errno) { try notifier.forgetNames() }

  /// Ends the connection at once: what is open in the view fails from now on, and `run` returns. Unmounts the view.
  package func abort() {
    if geteuid() == 0 {
      _ = umount2(options.mountpoint, CInt(MNT_FORCE) | CInt(MNT_DETACH) | CInt(UMOUNT_NOFOLLOW))
    }
    let number = connection.load(ordering: .acquiring)
    if number >= 0, let file = try? FileCalls.open("/sys/fs/fuse/connections/\(number)/abort", O_WRONLY) {
      try? FileCalls.writeAll(file.rawValue, Array("1".utf8))
    }
    if geteuid() != 0 { detach() }
    stop()
  }

  /// Makes `run` return soon, whatever is open.
  package func stop() {
    fuse_session_exit(session.raw)
  }

  private static func arguments(_ options: Options) -> [String] {
    let escaped = options.source.flatMap { $0 == "," || $0 == "\\" ? "\\\($0)" : "\($0)" }
    var list = ["default_permissions", "subtype=projfs", "fsname=\(String(escaped))"]
    if options.readOnly { list.append("ro") }
    // What root may do on the disk below, it may do here; for others the kernel insists on the opposite.
    if geteuid() == 0 { list += ["suid", "dev"] }
    if options.allowOther { list.append("allow_other") }
    return ["projfs", "-o", list.joined(separator: ",")]
  }
}
