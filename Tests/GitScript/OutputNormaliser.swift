/// Takes out of what git prints what legitimately differs between two places, and nothing else.
struct OutputNormaliser {
  private let home: String
  private static let lineEnds = "warning: in the working copy of '"

  /// For the place at `home`.
  init(home: String) {
    self.home = home
  }

  /// The text of what a command printed.
  func normalise(_ bytes: [UInt8], of command: GitCommand) -> String {
    var text = String(decoding: bytes, as: UTF8.self)
    // Absolute paths: the two places have different names of one length.
    if text.utf8.count >= home.utf8.count { text = text.replacing(home, with: "{home}") }
    if text.contains(Self.lineEnds) {
      // Said for each file that git reads; which files it reads again though nothing has changed in them, depends on
      // whether they were written in the same tick of the clock as the index.
      text = text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix(Self.lineEnds) }.joined(separator: "\n")
    }
    switch command.subcommand {
    case "fsck":
      // In the order in which the file system lists the object directory.
      text = text.split(separator: "\n").sorted().joined(separator: "\n")
    case "worktree":
      // A view is locked so that it is not pruned while it is not mounted, and a lock's reason is free.
      text = text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { $0 != "locked" && !$0.hasPrefix("locked ") }
        .map { $0.hasSuffix(" locked") ? $0.dropLast(" locked".count) : $0 }.joined(separator: "\n")
    default: break
    }
    return text
  }
}

extension GitCommand {
  /// The name of the command, behind git's own options.
  package var subcommand: String {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "-C" || word == "-c" {
        rest = rest.dropFirst()
      } else if !word.hasPrefix("-") {
        return word
      }
    }
    return ""
  }
}
