public import ArgumentParser

/// The `projfs` command.
public struct ProjfsCommand: ParsableCommand {
  /// Name, help and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "projfs",
    abstract: "Mount a git repository as a virtual tree whose files appear when they are read.",
    discussion: """
      Names and attributes are read when somebody looks, contents when somebody opens a file. From then on the kernel
      serves the local copy by itself.

      Example:
        mkdir /tmp/view
        projfs mount ~/src/linux /tmp/view --rev v6.9
        projfs stats /tmp/view
        projfs unmount /tmp/view
      """,
    version: projfsVersion,
    subcommands: [
      MountCommand.self, UnmountCommand.self, RemoveCommand.self, ListCommand.self, StatusCommand.self,
      SwitchCommand.self, PrefetchCommand.self, EvictCommand.self, PolicyCommand.self, StatsCommand.self,
      TopCommand.self, TraceCommand.self, ReportCommand.self, ChangesCommand.self, DoctorCommand.self,
      VersionCommand.self,
    ])

  /// Runs the command that the process was started with.
  public static func start() { main() }

  /// A command without a subcommand shows its help.
  public init() {}
}

/// This program's version.
let projfsVersion = "0.1.0"
