internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// Takes a view out of the tree and waits until its server has ended.
struct Unmounter {
  private let view: ViewLocator.Found

  /// How long a server may take to end, in seconds, after its view was unmounted.
  private static let patience: UInt32 = 30

  init(_ view: ViewLocator.Found) {
    self.view = view
  }

  /// Unmounts; with `force`, also while files are open.
  func unmount(force: Bool) throws(CommandFailure) {
    do {
      try detach(lazily: force)
    } catch .resourceBusy {
      let users = Self.users(of: view.mountpoint)
      throw CommandFailure(
        .mountpoint, "'\(view.mountpoint)' is in use\(users); close it, or unmount with --force")
    } catch .notPermitted {
      // Root serves views for others, who may end them through the server.
      if try !askServer(toUnmountLazily: force) {
        throw CommandFailure(.permission, "'\(view.mountpoint)' may be unmounted only by root and by who mounted it")
      }
    } catch {
      throw CommandFailure(.inputOutput, "'\(view.mountpoint)' cannot be unmounted: \(error)")
    }
    // A server whose view is detached but in use would stay; a dead one is not there to be asked.
    if force { _ = try? ControlClient.ask(.stop, of: view.state) }
    try waitForServer()
  }

  /// Has the server unmount its own view; false where it would not.
  private func askServer(toUnmountLazily force: Bool) throws(CommandFailure) -> Bool {
    do throws(ControlError) {
      _ = try ControlClient.ask(force ? .stop : .unmount, of: view.state)
      return true
    } catch {
      guard case .refused(let reason) = error else { return false }
      throw CommandFailure(.mountpoint, "'\(view.mountpoint)' \(reason); close it, or unmount with --force")
    }
  }

  private func detach(lazily: Bool) throws(Errno) {
    if geteuid() == 0 {
      let flags = CInt(UMOUNT_NOFOLLOW) | (lazily ? CInt(MNT_DETACH) : 0)
      try FileCalls.retrying { umount2(view.mountpoint, flags) }
      return
    }
    let arguments = ["fusermount3", "-u", "-q"] + (lazily ? ["-z"] : []) + ["--", view.mountpoint]
    if try Subprocess.run(arguments).exitCode == 0 { return }
    // fusermount3 gives no reason that a program could read. Its own attempt, which fails, gives one.
    do {
      try FileCalls.retrying { umount2(view.mountpoint, CInt(UMOUNT_NOFOLLOW)) }
    } catch {
      throw Self.users(of: view.mountpoint).isEmpty ? error : .resourceBusy
    }
  }

  /// The server holds its lock as long as it lives.
  private func waitForServer() throws(CommandFailure) {
    guard let lock = try? FileCalls.open(view.state + "/lock", O_RDWR) else { return }
    // SIGALRM interrupts the wait for the lock, and nothing else of this process: it would end it. So ask by steps.
    for _ in 0..<Self.patience * 50 {
      do throws(Errno) {
        return try FileCalls.lock(lock.rawValue)
      } catch {
        guard error == .wouldBlock else { return }
        usleep(20_000)
      }
    }
    throw CommandFailure(
      .inputOutput, "'\(view.mountpoint)' is unmounted, but its server has not ended; see '\(view.state)/log'")
  }

  /// Up to three processes that have something open below `mountpoint`, in words for a message.
  private static func users(of mountpoint: String) -> String {
    var users: [String] = []
    for process in (try? FileCalls.names("/proc")) ?? [] where process.allSatisfy(\.isNumber) && users.count < 3 {
      let links =
        ["cwd", "root", "exe"] + ((try? FileCalls.names("/proc/\(process)/fd")) ?? []).map { "fd/\($0)" }
      let isUser = links.contains { link in
        guard let target = try? FileCalls.linkTarget("/proc/\(process)/\(link)") else { return false }
        return target == mountpoint || target.hasPrefix(mountpoint + "/")
      }
      guard isUser else { continue }
      let name = (try? FileCalls.contents("/proc/\(process)/comm")) ?? Array("?\n".utf8)
      users.append("\(String(decoding: name.dropLast(), as: UTF8.self)) (pid \(process))")
    }
    return users.isEmpty ? "" : " by " + users.joined(separator: ", ")
  }
}
