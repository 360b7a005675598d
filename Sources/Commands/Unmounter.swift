internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// Takes a view out of the tree and waits until its server has ended.
package struct Unmounter {
  private let view: ViewLocator.Found

  /// How long a server may take to end, in seconds, after its view was unmounted.
  private static let patience: UInt32 = 30
  /// How long it is left to find out by itself, in seconds.
  private static let grace: UInt32 = 2
  /// How often a view is tried that is in use by nobody who could be named.
  private static let attempts = 50
  /// Microseconds between two looks at the same thing.
  private static let pause: UInt32 = 20_000

  /// For one view.
  package init(_ view: ViewLocator.Found) {
    self.view = view
  }

  /// Unmounts; with `force`, also while files are open.
  package func unmount(force: Bool) throws(CommandFailure) {
    for attempt in 1... {
      do {
        try detach(lazily: force)
        break
      } catch .resourceBusy {
        let users = Self.users(of: view.mountpoint)
        // Who only looks in for a moment, as `projfs list` does, is gone in a moment.
        guard users.isEmpty, attempt < Self.attempts else {
          throw CommandFailure(
            .mountpoint, "'\(view.mountpoint)' is in use\(users); close it, or unmount with --force")
        }
        usleep(Self.pause)
      } catch .notPermitted {
        throw CommandFailure(.permission, "'\(view.mountpoint)' may be unmounted only by root and by who mounted it")
      } catch {
        throw CommandFailure(.inputOutput, "'\(view.mountpoint)' cannot be unmounted: \(error)")
      }
    }
    // A server whose view is detached but in use would stay; a dead one is not there to be asked.
    if force { _ = try? ControlClient.ask(.stop, of: view.state) }
    if hasServerEnded(within: Self.grace) { return }
    // Another mount namespace, of a container for instance, has a copy of the mount, and nobody there knows that the view
    // is gone here.
    _ = try? ControlClient.ask(.stop, of: view.state)
    guard hasServerEnded(within: Self.patience) else {
      throw CommandFailure(
        .inputOutput, "'\(view.mountpoint)' is unmounted, but its server has not ended; see '\(view.state)/log'")
    }
  }

  private func detach(lazily: Bool) throws(Errno) {
    if geteuid() == 0 {
      let flags = CInt(UMOUNT_NOFOLLOW) | (lazily ? CInt(MNT_DETACH) : 0)
      try FileCalls.retrying { umount2(view.mountpoint, flags) }
      return
    }
    let arguments = ["fusermount3", "-u", "-q"] + (lazily ? ["-z"] : []) + ["--", view.mountpoint]
    if (try? Subprocess.run(arguments).exitCode) == 0 { return }
    // fusermount3 gives no reason that a program could read.
    if !Self.users(of: view.mountpoint).isEmpty { throw .resourceBusy }
    try askServer(toUnmountLazily: lazily)
  }

  /// Root serves views for others, who may end them through the server.
  private func askServer(toUnmountLazily force: Bool) throws(Errno) {
    do throws(ControlError) {
      _ = try ControlClient.ask(force ? .stop : .unmount, of: view.state)
    } catch {
      switch error {
      case .busy: throw .resourceBusy
      case .failed(let error): throw error
      // A server that has nothing to serve any more may be quicker to end than to answer.
      case .notRunning where MountTable.view(at: view.mountpoint) == nil: return
      case .denied, .refused, .otherVersion, .unsupported, .missing, .notRunning: throw .notPermitted
      }
    }
  }

  /// Waits up to `seconds` for the server, which holds its lock as long as it lives.
  private func hasServerEnded(within seconds: UInt32) -> Bool {
    // Read-only, as the disk may have become.
    guard let lock = try? FileCalls.open(view.state + "/lock", O_RDONLY) else { return true }
    // By steps, because a wait for a lock has no limit of its own.
    for _ in 0..<seconds * 1_000_000 / Self.pause {
      do throws(Errno) {
        try FileCalls.lock(lock.rawValue)
        return true
      } catch {
        guard error == .wouldBlock else { return true }
        usleep(Self.pause)
      }
    }
    return false
  }

  /// Up to three processes that have something open below `mountpoint`, in words for a message.
  private static func users(of mountpoint: String) -> String {
    let users = MountUsers.of(mountpoint).map { "\($0.command) (pid \($0.process))" }
    return users.isEmpty ? "" : " by " + users.joined(separator: ", ")
  }
}
