import Testing

/// Scenarios about one kind of calls, as a script of the program `SystemCalls`.
///
/// Each begins with a `scenario NAME` line, in a directory of its own with the start tree in it. What its lines return
/// must not depend on the file system; what does, deviates, and stands in `Deviation.known`.
struct ScenarioGroup: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether all file systems of the kernel's do the same; otherwise only the native one's results are meant.
  var isPortable = true
  let script: String

  var testDescription: String { name }

  /// The names of the scenarios, in order.
  var scenarios: [String] {
    script.split(separator: "\n").filter { $0.hasPrefix("scenario ") }.map { String($0.dropFirst(9)) }
  }

  /// All groups; `scripts/parity` finds them by the files in `Groups`.
  static let all: [ScenarioGroup] = [
    open, openFlags, openErrors, nodes, directories, unlink, rename, renameErrors, renameFlags, links, modes, owners,
    times, changes, nameChanges, accessTimes, contents, space, mappings, locks, attributes, listing, programs, paths,
  ]
}
