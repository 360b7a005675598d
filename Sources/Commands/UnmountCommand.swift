internal import ArgumentParser
internal import Control

/// `projfs unmount`.
struct UnmountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmount",
    abstract: "Unmount a view. It stays known: 'projfs mount MOUNTPOINT' brings it back.",
    discussion: """
      Example:
        projfs unmount /tmp/view
      """)

  @Argument(help: "Where the view is mounted.", completion: .directory)
  var mountpoint: String

  @Flag(help: "Unmount even while files are open; who has them open keeps what the kernel serves by itself.")
  var force = false

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      guard view.isMounted else {
        throw CommandFailure(.notRunning, "the view at '\(mountpoint)' is not mounted")
      }
      try Unmounter(view).unmount(force: force)
    }
  }
}

/// `projfs remove`.
struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Unmount a view and forget it. The contents it shares with other views stay.",
    discussion: """
      Example:
        projfs remove /tmp/view
      """)

  @Argument(help: "Where the view is mounted, or was.", completion: .directory)
  var mountpoint: String

  @Flag(help: "Unmount even while files are open.")
  var force = false

  func run() throws {
    try reportingFailure {
      let locator = ViewLocator()
      let view = try locator.view(mountpoint)
      if view.isMounted { try Unmounter(view).unmount(force: force) }
      do throws(StateDirectory.Failure) {
        try StateDirectory(existing: view.state).remove()
      } catch .noView {
        // Its state has gone already; what is left is to forget it.
      } catch {
        throw ViewServer.failure(error, view.state)
      }
      do {
        try locator.registry.remove(view.mountpoint)
      } catch {
        throw CommandFailure(
          .inputOutput, "the view cannot be taken from the list in '\(locator.registry.directory)': \(error)")
      }
    }
  }
}
