internal import ArgumentParser

/// The providers that a command line can name.
package enum ProviderName: ExpressibleByArgument, Sendable, Hashable, CustomStringConvertible {
  /// A git repository.
  case git
  /// Another directory.
  case directory
  /// An archive.
  case archive
  /// What a manifest on a web server lists.
  case http
  /// What a program says, run by a shell.
  case exec(command: String)

  private static let execPrefix = "exec:"

  /// Reads the name; nil where there is no such provider.
  package init?(argument: String) {
    switch argument {
    case "git": self = .git
    case "directory": self = .directory
    case "archive": self = .archive
    case "http": self = .http
    default:
      guard argument.hasPrefix(Self.execPrefix), argument != Self.execPrefix else { return nil }
      self = .exec(command: String(argument.dropFirst(Self.execPrefix.count)))
    }
  }

  /// The name, as it can be read again.
  package var description: String {
    switch self {
    case .git: "git"
    case .directory: "directory"
    case .archive: "archive"
    case .http: "http"
    case .exec(let command): Self.execPrefix + command
    }
  }

  /// Whether what it is given is a path.
  package var takesPath: Bool {
    switch self {
    case .git, .directory, .archive: true
    case .exec, .http: false
    }
  }

  /// Whether what it projects has revisions, to choose one of.
  package var hasRevisions: Bool { self == .git }

  /// What a shell can complete.
  package static var allValueStrings: [String] { ["git", "directory", "archive", "http", execPrefix + "COMMAND"] }
}
