package import ArgumentParser

/// `projfs doctor`.
package struct DoctorCommand: ServerCommand {
  /// Name and help.
  package static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Find, explain and mend: dead mounts, lost or damaged state, missing privilege.",
    discussion: """
      The local changes of views that are not mounted are looked through as well. Nothing of them is ever deleted: what has
      lost its place is moved to 'lost+found' in the view's state directory.

      Ends with 1 if something was found that is not mended.

      Example:
        projfs doctor --fix
      """)

  @Argument(help: "Only this view.", completion: .directory)
  package var mountpoint: String?

  @Flag(help: "Mend what can be mended.")
  package var fix = false

  /// No arguments yet.
  package init() {}
}
