package import ArgumentParser
package import Control

/// `projfs mount`.
package struct MountCommand: ServerCommand {
  /// Name and help.
  package static let configuration = CommandConfiguration(
    commandName: "mount",
    abstract: "Mount a revision of a git repository, or the tree of another provider.",
    discussion: """
      The command returns when the view serves, and leaves a server running in the background. With one argument it
      mounts a view that exists again, as it was.

      Example:
        projfs mount ~/src/linux /tmp/view --rev v6.9
        projfs mount --provider directory /srv/data /tmp/data
        projfs mount --provider http https://example.com/data/manifest.json /tmp/data
      """)

  @Argument(
    help: ArgumentHelp(
      "The repository (bare or not, a worktree of it, a directory in it), or what the provider takes.",
      valueName: "source"),
    completion: .directory)
  package var first: String

  @Argument(help: ArgumentHelp("An existing, empty directory.", valueName: "mountpoint"), completion: .directory)
  package var second: String?

  @Option(help: "What to project of a repository: anything that git rev-parse takes.")
  package var rev: String?

  @Option(help: "Where the tree comes from. (default: git)")
  package var provider: ProviderName?

  @Option(help: "How contents reach the kernel; auto takes passthrough where it works.")
  package var engine: EngineName = .auto

  @Flag(help: "Let nobody change anything.")
  package var readOnly = false

  @Flag(help: "Stay in the foreground and log to the terminal.")
  package var foreground = false

  @Option(name: .customLong("state"), help: "Where the view keeps its state.", completion: .directory)
  package var stateDirectory: String?

  @Option(help: "The time of files: since when the view has them, or their commit's.")
  package var mtime: ViewRecord.FileTime = .epoch

  @Flag(help: "Let other users look inside, too.")
  package var allowOther = false

  @Flag(help: "Compare every object with its name when it is read.")
  package var verifyObjects = false

  @Option(
    help: ArgumentHelp(
      "From what size on a file is fetched piece by piece, of a provider that can do that; K, M and G are taken.",
      valueName: "size"))
  package var rangedThreshold: ByteCount?

  @Option(
    help: ArgumentHelp(
      "How much of contents may be stored; what was not used for longest goes first. 0 for any amount.",
      valueName: "size"))
  package var contentLimit: ByteCount?

  @Flag(help: "Deny well-known indexers and scanners the contents of virtual files, as 'projfs policy' does.")
  package var denyIndexers = false

  /// Where the background server reports to the command that started it.
  @Option(help: .hidden)
  package var readyDescriptor: CInt?

  /// No arguments yet.
  package init() {}
}

/// The engines that a command line can name.
package enum EngineName: String, ExpressibleByArgument, CaseIterable {
  case auto
  case passthrough
  case cached
}

extension ViewRecord.FileTime: ExpressibleByArgument {}

extension ByteCount: ExpressibleByArgument {
  /// What the command line says; nil where that is no number of bytes.
  package init?(argument: String) { self.init(argument) }
}

extension TimeSpan: ExpressibleByArgument {
  /// What the command line says; nil where that is no length of time.
  package init?(argument: String) { self.init(argument) }
}
