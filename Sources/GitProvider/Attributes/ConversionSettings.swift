internal import Glibc
internal import Posix
internal import Provider

/// What git's configuration and the attributes files outside the tree say about conversions.
///
/// Read once, at the mount: a view does not change under those who read it.
struct ConversionSettings: Sendable {
  /// `core.autocrlf`
  enum AutoCRLF: UInt8, Sendable {
    case off
    case on
    case input
  }

  var autoCRLF = AutoCRLF.off
  /// Whether `core.eol` is `crlf`.
  var endsLinesWithCRLF = false
  /// The lines of /etc/gitattributes, then those of `core.attributesFile`, from the least to the more important.
  var outer: [AttributeLine] = []
  /// The lines of `info/attributes`, more important than the tree's.
  var info: [AttributeLine] = []

  /// The settings of a git that was never configured.
  init() {}

  /// Asks git for the configuration that holds in `repository`. Blocks for a few milliseconds.
  init(of repository: GitRepository) throws(ProviderError) {
    let pattern = #"^core\.(autocrlf|eol|attributesfile)$"#
    let answer = try Self.run(repository.command(["config", "--null", "--get-regexp", pattern]))
    var attributesFile: String?
    for entry in answer.split(separator: "\0") {
      let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? parts[1].lowercased() : nil
      switch parts[0] {
      case "core.autocrlf": autoCRLF = value == "input" ? .input : Self.isTrue(value) ? .on : .off
      case "core.eol": endsLinesWithCRLF = value == "crlf"
      // git itself expands what stands for a home directory.
      default:
        let question = ["config", "--null", "--type=path", "--get", "core.attributesfile"]
        attributesFile = String(try Self.run(repository.command(question)).prefix { $0 != "\0" })
      }
    }
    if !Self.isTrue(Self.environment("GIT_ATTR_NOSYSTEM") ?? "false") { outer += Self.lines("/etc/gitattributes") }
    if let file = attributesFile ?? Self.defaultAttributesFile {
      outer += Self.lines(file.hasPrefix("/") ? file : "\(repository.path)/\(file)")
    }
    info = Self.lines("\(repository.commonDirectory)/info/attributes")
  }

  /// Whether a line of text ends with CRLF where no attribute says how it ends.
  var textIsCRLF: Bool {
    switch autoCRLF {
    case .on: true
    case .input: false
    case .off: endsLinesWithCRLF
    }
  }

  private static var defaultAttributesFile: String? {
    if let home = environment("XDG_CONFIG_HOME"), !home.isEmpty { return "\(home)/git/attributes" }
    return environment("HOME").map { "\($0)/.config/git/attributes" }
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// As git reads a boolean; a key without a value is true.
  private static func isTrue(_ value: String?) -> Bool {
    guard let value = value?.lowercased() else { return true }
    return ["true", "yes", "on"].contains(value) || Int(value).map { $0 != 0 } ?? false
  }

  /// The lines of a file; none where there is no such file that can be read.
  private static func lines(_ path: String) -> [AttributeLine] {
    // A pipe in its place must not keep the mount waiting.
    guard let file = try? FileCalls.open(path, O_RDONLY | O_NONBLOCK),
      let status = try? FileCalls.status(file.rawValue), status.st_mode & S_IFMT == S_IFREG,
      status.st_size < AttributeFile.maximumSize,
      let bytes = try? FileCalls.read(file.rawValue, at: 0, count: Int(status.st_size))
    else { return [] }
    return AttributeFile.lines(onDisk: bytes)
  }

  /// What git prints; nothing where it finds no such setting.
  private static func run(_ arguments: [String]) throws(ProviderError) -> String {
    do {
      return try Subprocess.run(arguments).output
    } catch {
      throw .system(error, "cannot run git config")
    }
  }
}
