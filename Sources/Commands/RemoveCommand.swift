package import ArgumentParser

/// `projfs remove`.
package struct RemoveCommand: ServerCommand {
  /// Name and help.
  package static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Unmount a view and forget it. The contents it shares with other views stay.",
    discussion: """
      Ends with 1, and changes nothing, where changes or commits would be lost. With --force they are.

      Example:
        projfs remove /tmp/view
      """)

  @Argument(help: "Where the view is mounted, or was.", completion: .directory)
  package var mountpoint: String

  @Flag(help: "Lose the changes made in the view, and unmount even while files are open.")
  package var force = false

  /// No arguments yet.
  package init() {}
}
