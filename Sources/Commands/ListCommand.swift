internal import ArgumentParser
internal import Control

/// `projfs list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the views of this user: mounted, unmounted, dead.",
    discussion: """
      Example:
        projfs list --json
      """)

  /// One line of the list.
  private struct Line: Codable {
    enum State: String, Codable {
      case mounted
      case unmounted
      case dead
    }

    var mountpoint: String
    var state: State
    var source: String?
    var revision: String?
    var reference: String?
    var stateDirectory: String
  }

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let lines = Self.lines()
    if json { return try printJSON(lines) }
    if lines.isEmpty { return print("no views") }
    let width = lines.map(\.mountpoint.count).max() ?? 0
    for line in lines {
      let name = line.mountpoint.padding(to: width)
      let revision = line.reference ?? line.revision.map { String($0.prefix(12)) } ?? ""
      print("\(name)  \(line.state.rawValue.padding(to: 9))  \(line.source ?? "?")  \(revision)")
    }
  }

  private static func lines() -> [Line] {
    let mounts = MountTable.entries().filter(\.isView)
    var states = Dictionary(mounts.map { ($0.mountpoint, $0.source) }, uniquingKeysWith: { $1 })
    for entry in ViewRegistry().entries() where states[entry.mountpoint] == nil {
      states[entry.mountpoint] = entry.state
    }
    let mounted = Dictionary(mounts.map { ($0.mountpoint, $0) }, uniquingKeysWith: { $1 })
    return states.sorted { $0.key < $1.key }.map { mountpoint, state in
      let record = try? StateDirectory(existing: state).record()
      let last = record?.epochs.last
      return Line(
        mountpoint: mountpoint, state: mounted[mountpoint].map { $0.isDead ? .dead : .mounted } ?? .unmounted,
        source: record?.shownSource, revision: last?.revision, reference: last?.reference, stateDirectory: state)
    }
  }
}
