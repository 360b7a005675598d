/// Which processes a rule of the policy is about, as people write it.
package enum CommandPattern: Sendable, Hashable {
  /// `*`: every process.
  case anyone
  /// `grep`: by the name of the program, of the script, or that the process has given itself.
  case name([UInt8])
  /// `/usr/bin/grep`: by the file of the program or script.
  case path([UInt8])
  /// `cgroup:/system.slice`: everything in this control group and those below it.
  case cgroup([UInt8])

  /// Why a text is no pattern.
  package struct Mistake: Error, Sendable {
    /// For people.
    package let reason: String
  }

  private static let groupPrefix = "cgroup:"
  /// So much of a name the kernel keeps (TASK_COMM_LEN, less the NUL).
  static let keptName = 15

  /// Reads a pattern.
  package init(_ text: String) throws(Mistake) {
    if text.isEmpty { throw Mistake(reason: "an empty name is no command") }
    if text == "*" {
      self = .anyone
    } else if text.hasPrefix(Self.groupPrefix) {
      let group = text.dropFirst(Self.groupPrefix.count)
      guard group.hasPrefix("/") else { throw Mistake(reason: "a control group begins with a slash: '\(text)'") }
      self = .cgroup(Array(group.count > 1 && group.hasSuffix("/") ? group.dropLast().utf8 : group.utf8))
    } else if text.contains("*") {
      throw Mistake(reason: "'*' stands alone, for every command: '\(text)'")
    } else if text.hasPrefix("/") {
      self = .path(Array(text.utf8))
    } else if text.contains("/") {
      throw Mistake(reason: "the path of a command begins with a slash: '\(text)'")
    } else {
      self = .name(Array(text.utf8))
    }
  }

  /// Whether the pattern is about a process.
  package func matches(_ process: ProcessFacts) -> Bool {
    switch self {
    case .anyone: return true
    case .name(let name):
      if process.program.map(Self.last) == name[...] || process.name == name { return true }
      // The kernel has cut the name. Of a script, whose program is the interpreter, the arguments have all of it.
      return isCut(process.name, of: name[...]) && process.words.contains { Self.last($0) == name[...] }
    case .path(let path):
      if process.program == path { return true }
      // A script is known by its name; that it is this one is seen from what the interpreter was given.
      let name = Self.last(path)
      return (process.name[...] == name || isCut(process.name, of: name)) && process.words.contains(path)
    case .cgroup(let group):
      return process.controlGroups.contains { $0 == group || group == [slash] || $0.starts(with: group + [slash]) }
    }
  }

  private var slash: UInt8 { UInt8(ascii: "/") }

  private func isCut(_ kept: [UInt8], of name: ArraySlice<UInt8>) -> Bool {
    kept.count == Self.keptName && name.count > Self.keptName && name.starts(with: kept)
  }

  /// What comes behind the last slash.
  private static func last(_ path: [UInt8]) -> ArraySlice<UInt8> {
    path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
  }
}
