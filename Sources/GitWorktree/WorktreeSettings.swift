internal import Glibc
package import Posix
internal import SystemPackage

/// The git settings of one view's worktree.
///
/// They stand in `projfs.config` in the worktree's directory, and the repository's configuration includes it for that
/// directory alone. `extensions.worktreeConfig` would be git's own way, but git copies what it says into worktrees that
/// are added from inside the view, and programs that do not know the extension refuse the repository.
package struct WorktreeSettings: Sendable {
  private let git: GitProgram
  private let registration: WorktreeRegistration

  /// The settings of a worktree.
  package init(_ registration: WorktreeRegistration) {
    git = GitProgram(commonDirectory: registration.commonDirectory)
    self.registration = registration
  }

  private static let fileName = "projfs.config"
  private static let attempts = 50
  /// Microseconds between two attempts to get git's lock on the configuration.
  private static let pause: UInt32 = 20_000

  private var configuration: String { registration.commonDirectory + "/config" }
  private var file: String { "\(registration.directory)/\(Self.fileName)" }
  private var section: String { "includeIf.gitdir:\(Self.pattern(registration.directory))" }

  /// Writes the settings, and the line that includes them where it is missing. With a `hook`, git asks it what changed.
  package func apply(hook: String?, owner: FileOwner?) throws(GitWorktreeError) {
    do throws(Errno) {
      let directory = try FileCalls.open(registration.directory, O_RDONLY | O_DIRECTORY)
      let bytes = Array(Self.text(hook: hook).utf8)
      if (try? FileCalls.contents(file)) != bytes {
        try FileCalls.replace(at: directory.rawValue, Self.fileName, with: bytes, owner: owner, isLasting: false)
      }
    } catch {
      throw .system(error, path: file)
    }
    let found = try git.attempt(["config", "--file", configuration, "--get-all", section + ".path"])
    if found.output == file + "\n" { return }
    try change(["--replace-all", section + ".path", file], owner: owner)
  }

  /// Takes the line out of the repository's configuration. Not an error where there is none.
  package func remove() throws(GitWorktreeError) {
    let found = try git.attempt(["config", "--file", configuration, "--get-all", section + ".path"])
    guard found.exitCode == 0 else { return }
    // As it is: whoever owns it goes on owning it.
    let owner = (try? FileCalls.status(configuration, follow: true)).map {
      FileOwner(user: $0.st_uid, group: $0.st_gid)
    }
    try change(["--remove-section", section], owner: owner)
  }

  /// Has git change the configuration, when nobody else does.
  private func change(_ arguments: [String], owner: FileOwner?) throws(GitWorktreeError) {
    for attempt in 1... {
      let outcome = try git.attempt(["config", "--file", configuration] + arguments)
      if outcome.exitCode == 0 { break }
      guard outcome.errors.contains("could not lock"), attempt < Self.attempts else {
        throw .refused(GitProgram.reason(outcome))
      }
      usleep(Self.pause)
    }
    // git puts a new file in the place of the old one.
    guard let owner, geteuid() == 0 else { return }
    do throws(Errno) {
      let file = try FileCalls.open(configuration, O_RDONLY)
      try FileCalls.changeOwner(file.rawValue, user: owner.user, group: owner.group)
    } catch {
      throw .system(error, path: configuration)
    }
  }

  // MARK: - Text

  static func text(hook: String?) -> String {
    let asked = hook.map { "\tfsmonitor = \(quoted(shellWord($0)))\n\tfsmonitorHookVersion = 2\n" } ?? ""
    return """
      # Written by projfs at every mount of the view.
      [core]
      \(asked)\tuntrackedCache = true
      \tcheckStat = minimal
      \ttrustctime = false
      [fsmonitor]
      \tallowRemote = true

      """
  }

  /// A path as a pattern that matches it alone (or, where it has a closing bracket, its like with another character there).
  static func pattern(_ path: String) -> String {
    var pattern = ""
    for character in path.unicodeScalars {
      // git does not find a section again, to remove it, that has a closing bracket in its name.
      if character == "]" {
        pattern += "?"
        continue
      }
      if "*?[\\".unicodeScalars.contains(character) { pattern += "\\" }
      pattern.unicodeScalars.append(character)
    }
    return pattern
  }

  /// git starts a hook through the shell where its path has characters that mean something there.
  static func shellWord(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "/._-+,@".utf8.contains(byte)
    }
    if isPlain { return path }
    return "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }

  /// A value in git's configuration.
  private static func quoted(_ value: String) -> String {
    var text = "\""
    for character in value.unicodeScalars {
      switch character {
      case "\"", "\\": text += "\\" + String(character)
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      default: text.unicodeScalars.append(character)
      }
    }
    return text + "\""
  }
}
