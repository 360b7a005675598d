internal import ArgumentParser
internal import Control
internal import Posix

/// `projfs policy`.
struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Show or set which commands may hydrate a view, and how fast.",
    discussion: """
      A denied command sees names, sizes and times, and may read what is hydrated already; for the contents of anything else
      it gets EACCES. A slow command hydrates at a limited rate, each process group for itself. An allowed command is neither,
      whatever else is said. Without options the policy is shown. It belongs to the view, and is there again after a mount.

      COMMAND is the name of a program or script (grep), its file (/usr/bin/grep), a control group with all below it
      (cgroup:/system.slice), or '*' for everybody. It is on one of the lists at a time. --deny-indexers adds well-known
      indexers and scanners, which --json lists.

      Example:
        projfs policy --deny-indexers --deny grep --slow rg
        projfs policy --deny '*' --allow make cc1 ld
        projfs policy --clear
      """)

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Give these no contents of virtual files.", valueName: "command"))
  var deny: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Except these from everything else that is said.", valueName: "command"))
  var allow: [String] = []

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Let these hydrate slowly.", valueName: "command"))
  var slow: [String] = []

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Take these from all lists.", valueName: "command"))
  var forget: [String] = []

  @Flag(inversion: .prefixedNo, help: "Deny well-known indexers and scanners.")
  var denyIndexers: Bool?

  @Option(help: ArgumentHelp("Files a second for each slow process group. (default: 100)", valueName: "number"))
  var rateFiles: Int?

  @Option(help: ArgumentHelp("Bytes a second for each slow process group. (default: 16M)", valueName: "size"))
  var rateBytes: ByteCount?

  @Flag(help: "Begin with no policy: everybody may hydrate.")
  var clear = false

  @Option(
    name: [.customShort("C")], help: ArgumentHelp("The view.", valueName: "mountpoint"), completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    var named: Set<String> = []
    for command in deny + allow + slow + forget where !named.insert(command).inserted {
      throw ValidationError("'\(command)' is named twice")
    }
    if let rateFiles, rateFiles < 1 { throw ValidationError("--rate-files takes a number from 1 on") }
    if let rateBytes, rateBytes.bytes < 1 { throw ValidationError("--rate-bytes takes a size from 1 on") }
  }

  func run() throws {
    try reportingFailure {
      let view = try ViewLocator().view(mountpoint)
      var request = ControlRequest(.policy)
      request.policy = change
      let report = try ViewLocator.ask(for: \.policy, request, of: view)
      // A change is silent, as long as nobody asks.
      if json { try printJSON(report) } else if change == nil { print(Self.text(report)) }
    }
  }

  /// nil where the policy is only to be shown.
  private var change: PolicyChange? {
    var change = PolicyChange()
    if clear { change.clears = true }
    change.deny = commands(deny)
    change.allow = commands(allow)
    change.slow = commands(slow)
    change.forget = commands(forget)
    change.indexers = denyIndexers
    change.filesPerSecond = rateFiles
    change.bytesPerSecond = rateBytes?.bytes
    return change == PolicyChange() ? nil : change
  }

  /// The path of a program is that of its file, as the kernel has it.
  private func commands(_ names: [String]) -> [String]? {
    guard !names.isEmpty else { return nil }
    return names.map { name in
      guard name.contains("/"), !name.hasPrefix("cgroup:") else { return name }
      return ViewLocator.absolute(name)
    }
  }

  private static func text(_ report: PolicyReport) -> String {
    var lines: [String] = []
    func add(_ name: String, _ commands: [String]) {
      if !commands.isEmpty { lines.append(name.padding(to: 10) + commands.joined(separator: " ")) }
    }
    let indexers = report.indexers ? ["(and \(report.indexerCommands.count) indexers and scanners)"] : []
    add("denied", report.denied + indexers)
    add("slow", report.slow)
    if !report.slow.isEmpty {
      let rate = report.rate
      lines.append(
        "".padding(to: 10) + "each process group \(Format.count(rate.filesPerSecond)) files and "
          + "\(Format.bytes(rate.bytesPerSecond)) a second")
    }
    add("allowed", report.allowed)
    return lines.isEmpty ? "everybody may hydrate" : lines.joined(separator: "\n")
  }
}
