internal import ArgumentParser
internal import Control

/// `projfs evict`.
struct EvictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evict",
    abstract: "Drop contents that were fetched, to make room; they are fetched again when somebody wants them.",
    discussion: """
      What nobody has used for longest goes first. What somebody has open stays, in this view and in every other one that
      shares the store, and so does what users changed. With paths, the contents of these files go, and of those below these
      directories; with --all everything that is stored, of whatever revision. --older-than and --to-size take a part of
      either: without paths, of everything. Paths are taken from the working directory if that lies in the view, else from
      the view's root. Sizes are such as 500M, times such as 30s, 5m, 12h, 7d.

      Example:
        projfs evict --to-size 10G
        projfs evict --older-than 7d third-party
      """)

  @Argument(
    help: ArgumentHelp("Files, and directories with everything in them.", valueName: "path"), completion: .file())
  var paths: [String] = []

  @Flag(help: "Drop everything that nobody needs now.")
  var all = false

  @Option(help: ArgumentHelp("Only what was not used for so long.", valueName: "time"))
  var olderThan: TimeSpan?

  @Option(help: ArgumentHelp("Only until no more than this is stored.", valueName: "size"))
  var toSize: ByteCount?

  @Option(
    name: [.customShort("C")], help: ArgumentHelp("The view.", valueName: "mountpoint"), completion: .directory)
  var mountpoint: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if all, !paths.isEmpty { throw ValidationError("--all and paths exclude each other") }
    if !all, paths.isEmpty, olderThan == nil, toSize == nil {
      throw ValidationError("name paths, or --all, --older-than or --to-size")
    }
  }

  func run() throws {
    try reportingFailure {
      let arguments = try PathArguments(mountpoint, paths)
      var request = ControlRequest(.evict)
      request.eviction = EvictWish(unusedFor: olderThan?.seconds, size: toSize?.bytes)
      if !paths.isEmpty {
        var names: [[UInt8]] = []
        for path in paths { names.append(try arguments.fromRoot(path)) }
        request.paths = PackedBytes(names: names)
      }
      let report = try ViewLocator.ask(for: \.evicted, request, of: arguments.view)
      if json { try printJSON(report) } else { print(Self.text(report)) }
    }
  }

  private static func text(_ report: EvictReport) -> String {
    let freed =
      report.files == 0
      ? "nothing to evict"
      : "evicted \(Format.count(report.files)) \(report.files == 1 ? "file" : "files"), \(Format.bytes(report.bytes))"
    return report.kept == 0 ? freed : "\(freed); \(Format.count(report.kept)) stayed, which are in use"
  }
}
