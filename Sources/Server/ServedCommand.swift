internal import ArgumentParser
internal import Commands

/// A command that this program does itself.
protocol ServedCommand: ServerCommand {
  /// Does it.
  func serve() throws
}

/// The program `projfs-server`, which `projfs` becomes for what needs git or FUSE.
public enum ServerMain {
  /// Does what the arguments say, which are those of `projfs`. Ends the process.
  public static func start() {
    do {
      var command = try ProjfsCommand.parseAsRoot()
      switch command {
      case let served as any ServedCommand: try served.serve()
      case is any ServerCommand: preconditionFailure("no program does \(type(of: command))")
      default: try command.run()
      }
    } catch {
      ProjfsCommand.exit(withError: error)
    }
  }
}
