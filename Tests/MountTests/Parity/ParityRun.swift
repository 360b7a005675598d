import Glibc
import Posix
import TestSupport

/// Runs all scenarios at all places, once, and keeps what they printed.
actor ParityRun {
  static let shared = ParityRun()

  private var outcomes: [Place: Result<ParityOutcome, any Error>]?

  /// What the scenarios print at a place.
  func outcome(at place: Place) throws -> ParityOutcome {
    let outcomes = outcomes ?? Self.runEverywhere()
    self.outcomes = outcomes
    guard let outcome = outcomes[place] else { throw NotRun(place: place) }
    return try outcome.get()
  }

  struct NotRun: Error {
    let place: Place
  }

  /// One place after the other: the machine has few cores. All that it makes is gone at the end.
  private static func runEverywhere() -> [Place: Result<ParityOutcome, any Error>] {
    let disk: NativeDisk
    let fixture: GitFixture?
    do {
      disk = try NativeDisk()
      fixture = Availability.fuse ? try makeFixture(on: disk) : nil
    } catch {
      return [.native: .failure(error)]
    }
    var outcomes: [Place: Result<ParityOutcome, any Error>] = [:]
    for place in [.native] + Place.others {
      outcomes[place] = Result { try run(at: place, on: disk) }
    }
    if let fixture {
      for case .view(let engine, let state) in Place.views {
        outcomes[.view(engine, state)] = Result { try run(fixture, engine, state, on: disk) }
      }
    }
    return outcomes
  }

  private static func run(at place: Place, on disk: NativeDisk) throws -> ParityOutcome {
    let directory = try disk.home.makeDirectory(place.testDescription)
    guard place == .tmpfs else { return try runScripts(in: directory) }
    try succeed(["mount", "-t", "tmpfs", "-o", "size=256m", "parity", directory])
    defer { _ = try? Subprocess.run(["umount", "-l", directory]) }
    return try runScripts(in: directory)
  }

  private static func run(
    _ fixture: GitFixture, _ engine: Place.Engine, _ state: Place.FileState, on disk: NativeDisk
  ) throws -> ParityOutcome {
    // A repository of its own, and so a content store of its own: nothing is there that this view did not fetch.
    let name = "\(engine)-\(state)"
    let source = "\(disk.home.path)/\(name).git"
    try succeed(["git", "clone", "-q", "--bare", fixture.path, source])
    let view = try MountedView(
      source, in: disk.home, at: name, options: ["--engine", engine.rawValue, "--allow-other"])
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

  /// A repository with one directory for each scenario.
  private static func makeFixture(on disk: NativeDisk) throws -> GitFixture {
    let repository = try GitFixture(at: disk.home.path + "/repository")
    _ = try runScripts(in: repository.path, ["--prepare"])
    try repository.git("add", "--all")
    try repository.commit()
    return repository
  }

  private static func runScripts(in directory: String, _ options: [String] = []) throws -> ParityOutcome {
    let home = try TemporaryDirectory()
    let scripts = try home.write("scripts", StartTree.script + ScenarioGroup.all.map(\.script).joined(separator: "\n"))
    let program = Projfs.executable.replacing("/projfs", with: "/SystemCalls", maxReplacements: 1)
    let output = try succeed(
      ["sh", "-c", "input=$1; shift; exec \"$@\" <\"$input\"", "sh", scripts, program] + options + [directory])
    return ParityOutcome(output: output)
  }

  @discardableResult
  private static func succeed(_ arguments: [String]) throws -> String {
    let outcome = try Subprocess.run(arguments)
    guard outcome.exitCode == 0 else { throw Projfs.Failure(arguments: arguments, outcome: outcome) }
    return outcome.output
  }
}
