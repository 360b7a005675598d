internal import ArgumentParser
internal import Control
internal import Glibc
internal import Posix
internal import SystemPackage

/// `projfs prefetch`.
struct PrefetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prefetch",
    abstract: "Fetch the contents of files ahead of use.",
    discussion: """
      What is here is left alone, so an interrupted prefetch goes on where it ended when it is run again. Shows its progress
      on a terminal, and is silent otherwise.

      PATH is a file, a directory with everything in it, or a pathspec as git has them: '*.c', ':(glob)src/**/*.h',
      ':(icase)readme*', ':(literal)a*', ':!vendor', ':/from/the/top'. Attributes (':(attr:…)') are not supported. Paths are
      taken from the working directory if that lies in the view, else from the view's root. --stdin reads paths, one a line,
      or each with a NUL behind it (-z), which are no pathspecs; one that does not exist is counted.

      --record writes the paths of what is hydrated, of all files or of those that PATH names, into a profile; --profile
      brings those files into another view. '-' is the standard output, or input.

      Example:
        projfs prefetch src ':!src/testdata'
        git diff --name-only -z main | projfs prefetch --stdin -z
        projfs prefetch --record build.profile -C /tmp/view
        projfs prefetch --profile build.profile -C /tmp/other
      """)

  @Argument(help: ArgumentHelp("Files, directories, pathspecs.", valueName: "path"), completion: .file())
  var paths: [String] = []

  @Flag(help: "Fetch everything.")
  var all = false

  @Flag(help: "Read paths from the standard input, one a line.")
  var stdin = false

  @Flag(name: [.customShort("z")], help: "With --stdin, paths end with NUL in the place of a line feed.")
  var terminatedByNull = false

  @Option(help: ArgumentHelp("Write what is hydrated into a file, and fetch nothing.", valueName: "file"))
  var record: String?

  @Option(help: ArgumentHelp("Fetch what a profile names.", valueName: "file"))
  var profile: String?

  @Option(
    name: [.customShort("C")], help: ArgumentHelp("The view.", valueName: "mountpoint"), completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print JSON at the end.")
  var json = false

  func validate() throws {
    let sources = [!paths.isEmpty, all, stdin, profile != nil].count { $0 }
    if record == nil, sources == 0 { throw ValidationError("name paths, or --all, --stdin or --profile") }
    if sources > 1 { throw ValidationError("paths, --all, --stdin and --profile exclude each other") }
    if record != nil, profile != nil { throw ValidationError("--record and --profile exclude each other") }
    if terminatedByNull, !stdin { throw ValidationError("-z goes with --stdin") }
  }

  func run() throws {
    try reportingFailure {
      let arguments = try PathArguments(mountpoint, paths)
      var request = ControlRequest(record == nil ? .prefetch : .hydrated)
      try select(&request, arguments)
      if let record { return try write(request, arguments.view, into: record) }
      let bar = ProgressBar()
      defer { bar.end() }
      let report = try ViewLocator.ask(for: \.prefetched, request, of: arguments.view) { reply in
        if let report = reply.prefetched { bar.show(report) }
      }
      bar.end()
      if json { try printJSON(report) } else if isatty(STDOUT_FILENO) == 1 { print(Self.text(report)) }
      try check(report, arguments.view)
    }
  }

  /// Puts into the question which files are meant.
  private func select(_ request: inout ControlRequest, _ arguments: PathArguments) throws {
    var meaning = PathMeaning(areSpecs: false, prefix: arguments.prefix, mayBeMissing: true)
    var names: [[UInt8]]?
    if !paths.isEmpty {
      meaning = PathMeaning(areSpecs: true, prefix: arguments.prefix, mayBeMissing: false)
      names = paths.map { Array($0.utf8) }
    } else if stdin {
      let end = terminatedByNull ? UInt8(0) : UInt8(ascii: "\n")
      names = try Self.contents("-").split(separator: end).map { try arguments.fromRoot(Array($0)) }
    } else if let profile {
      guard let read = PrefetchProfile(file: try Self.contents(profile)) else {
        throw CommandFailure(.damaged, "'\(profile)' is no profile that 'projfs prefetch --record' wrote")
      }
      names = read.paths
    }
    request.paths = names.map { PackedBytes(names: $0) }
    request.selection = meaning
  }

  private static func contents(_ file: String) throws(CommandFailure) -> [UInt8] {
    do {
      if file != "-" { return try FileCalls.contents(file) }
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      while true {
        let count = try FileCalls.retrying { read(STDIN_FILENO, &chunk, chunk.count) }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
      }
    } catch {
      throw CommandFailure(
        error == .noSuchFileOrDirectory ? .noSource : .inputOutput, "'\(file)' cannot be read: \(error)")
    }
  }

  private func write(_ request: ControlRequest, _ view: ViewLocator.Found, into file: String) throws {
    let paths = try ViewLocator.ask(for: \.paths?.names, request, of: view)
    let bytes = PrefetchProfile(paths).file
    do throws(Errno) {
      if file == "-" { return try FileCalls.writeAll(STDOUT_FILENO, bytes) }
      try FileCalls.replace(at: FileCalls.workingDirectory, file, with: bytes, isLasting: false)
    } catch {
      throw CommandFailure(.inputOutput, "'\(file)' cannot be written: \(error)")
    }
  }

  private func check(_ report: PrefetchReport, _ view: ViewLocator.Found) throws {
    if report.missing > 0 {
      printError("\(Format.count(report.missing)) of the paths do not exist in '\(view.mountpoint)'")
    }
    if report.failed > 0 {
      throw CommandFailure(
        .inputOutput,
        "\(Format.count(report.failed)) files could not be fetched; the log of '\(view.mountpoint)' says why")
    }
    if report.limited {
      throw CommandFailure(
        .found,
        "the content store has as much as '--content-limit' lets it have: \(Format.count(report.total - report.files)) files "
          + "were not fetched")
    }
  }

  private static func text(_ report: PrefetchReport) -> String {
    let fetched =
      report.fetched == 0
      ? "nothing to fetch" : "fetched \(Format.count(report.fetched)) files, \(Format.bytes(report.bytes))"
    return "\(fetched); \(Format.count(report.files)) of \(Format.count(report.total)) files are here"
  }
}
