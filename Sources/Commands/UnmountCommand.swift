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
