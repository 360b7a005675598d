import Glibc
import Posix
import TestSupport

/// Runs all scenarios at a place, once, and keeps what they printed. One place at a time: the machine has few cores.
actor ParityRun {
  static let shared = ParityRun()

  /// The lines that scenarios print, by group and in order.
  typealias Outcome = [String: [ScenarioOutcome]]

  private var outcomes: [Place: Outcome] = [:]
  private var repository: GitFixture?
  private var home: TemporaryDirectory?

  /// What the scenarios print at a place.
  func outcome(at place: Place) throws -> Outcome {
    if let known = outcomes[place] { return known }
    let outcome = try run(at: place)
    outcomes[place] = outcome
    return outcome
  }

  private func run(at place: Place) throws -> Outcome {
    switch place {
    case .native, .repeated:
      let home = try TemporaryDirectory()
      return try runScripts(in: home.path)
    case .tmpfs:
      let home = try TemporaryDirectory()
      let mountpoint = try home.makeDirectory("tmpfs")
      try succeed(["mount", "-t", "tmpfs", "-o", "size=256m", "parity", mountpoint])
      defer { _ = try? Subprocess.run(["umount", "-l", mountpoint]) }
      return try runScripts(in: mountpoint)
    case .view(let engine, let state):
      // A repository of its own, and so a content store of its own: nothing is there that this view did not fetch.
      let home = try TemporaryDirectory()
      let source = home.path + "/repository.git"
      try succeed(["git", "clone", "-q", "--bare", fixture().path, source])
      let view = try MountedView(source, in: home, options: ["--engine", engine.rawValue, "--allow-other"])
      switch state {
      case .created:
        try FileCalls.makeDirectory(view.path + "/new")
        return try runScripts(in: view.path + "/new")
      case .virtual:
        break
      case .placeholder:
        try succeed(["find", view.path, "-size", "+1000000"])
      case .hydrated:
        try succeed(["find", view.path, "-type", "f", "-exec", "cat", "{}", "+"])
      }
      return try runScripts(in: view.path, ["--prepared"])
    }
  }

  /// A repository with one directory for each scenario.
  private func fixture() throws -> GitFixture {
    if let repository { return repository }
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    _ = try runScripts(in: repository.path, ["--prepare"])
    try repository.git("add", "--all")
    try repository.commit()
    (self.home, self.repository) = (home, repository)
    return repository
  }

  private func runScripts(in directory: String, _ options: [String] = []) throws -> Outcome {
    let home = try TemporaryDirectory()
    let scripts = try home.write("scripts", StartTree.script + ScenarioGroup.all.map(\.script).joined(separator: "\n"))
    let program = Projfs.executable.replacing("/projfs", with: "/SystemCalls", maxReplacements: 1)
    let output = try succeed(
      ["sh", "-c", "input=$1; shift; exec \"$@\" <\"$input\"", "sh", scripts, program] + options + [directory])
    return Self.outcome(of: output)
  }

  @discardableResult
  private func succeed(_ arguments: [String]) throws -> String {
    let outcome = try Subprocess.run(arguments)
    guard outcome.exitCode == 0 else { throw Projfs.Failure(arguments: arguments, outcome: outcome) }
    return outcome.output
  }

  /// Gives each group the scenarios that are its own.
  private static func outcome(of output: String) -> Outcome {
    var scenarios: [ScenarioOutcome] = []
    for line in output.split(separator: "\n") {
      if line.hasPrefix("scenario ") {
        scenarios.append(ScenarioOutcome(name: String(line.dropFirst(9)), lines: []))
      } else if !scenarios.isEmpty {
        scenarios[scenarios.count - 1].lines.append(String(line))
      }
    }
    var outcome: Outcome = [:]
    for group in ScenarioGroup.all {
      let count = min(group.scenarios.count, scenarios.count)
      outcome[group.name] = Array(scenarios.prefix(count))
      scenarios.removeFirst(count)
    }
    return outcome
  }
}

/// What one scenario printed: a line for each call.
struct ScenarioOutcome: Sendable {
  let name: String
  var lines: [String]
}
