internal import Glibc
package import Posix
internal import SystemPackage

/// What, outside of the tree, decides which files git calls untracked.
struct ExcludeFiles: Equatable {
  /// `info/exclude` in the common git directory.
  let info: UntrackedCacheWriter.ExcludeFile
  /// What `core.excludesFile` names, or git's default for it.
  let global: UntrackedCacheWriter.ExcludeFile
  /// Whether `status.showUntrackedFiles` is `all`.
  let listsEveryFile: Bool

  private static let sizeLimit: Int64 = 1 << 20

  /// Asks git for its settings in the worktree of `gitDirectory`, as the user of `home` has them, and reads the files.
  ///
  /// A file that cannot be read counts as none: git finds out, and looks into every directory once. Drafts of the files are
  /// hashed in `gitDirectory`.
  init(_ git: GitProgram, worktree gitDirectory: String, home: HomeDirectory) throws(GitWorktreeError) {
    let pattern = #"^(core\.excludesfile|status\.showuntrackedfiles)$"#
    let answer = try git.attempt(
      ["config", "--null", "--get-regexp", pattern], on: gitDirectory, variables: home.variables)
    var hasExcludesFile = false
    var listsEveryFile = false
    for setting in answer.output.split(separator: "\0") {
      let parts = setting.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.first == "core.excludesfile" { hasExcludesFile = true } else { listsEveryFile = parts.last == "all" }
    }
    self.listsEveryFile = listsEveryFile
    var path: String? = home.configuration.map { "\($0)/git/ignore" }
    if hasExcludesFile {
      // git itself expands what stands for a home directory.
      path = try git.attempt(
        ["config", "--null", "--type=path", "--get", "core.excludesfile"], on: gitDirectory, variables: home.variables
      ).output.split(separator: "\0").first.map(String.init)
    }
    let paths = [git.commonDirectory + "/info/exclude", path]
    var found: [UntrackedCacheWriter.ExcludeFile] = []
    for path in paths {
      found.append(
        try path.flatMap { Self.read($0) }.map { file throws(GitWorktreeError) in
          try Self.name(file, git, draft: gitDirectory + "/exclude.new")
        } ?? UntrackedCacheWriter.ExcludeFile())
    }
    (info, global) = (found[0], found[1])
  }

  private static func read(_ path: String) -> (status: stat, bytes: [UInt8])? {
    // One that is not absolute would lie in the view, which may not be served yet; and nothing here may wait for a pipe.
    guard path.hasPrefix("/"), let file = try? FileCalls.open(path, O_RDONLY | O_NONBLOCK),
      let status = try? FileCalls.status(file.rawValue), status.st_mode & S_IFMT == S_IFREG,
      Int64(status.st_size) <= sizeLimit,
      let bytes = try? FileCalls.read(file.rawValue, at: 0, count: Int(status.st_size))
    else { return nil }
    return (status, bytes)
  }

  private static func name(
    _ file: (status: stat, bytes: [UInt8]), _ git: GitProgram, draft: String
  ) throws(GitWorktreeError) -> UntrackedCacheWriter.ExcludeFile {
    // git appends a line feed to what it reads before it hashes it, but not to nothing.
    let bytes = file.bytes.isEmpty ? [] : file.bytes + [UInt8(ascii: "\n")]
    do throws(Errno) {
      let written = try FileCalls.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
      try FileCalls.writeAll(written.rawValue, bytes)
    } catch {
      throw .system(error, path: draft)
    }
    defer { try? FileCalls.remove(draft) }
    let digits = try git.run(["hash-object", "--no-filters", "--", draft])
    let values = digits.compactMap(\.hexDigitValue).map(UInt8.init)
    guard values.count == 2 * IndexReader.idLength else { throw .refused("no object id: '\(digits)'") }
    return UntrackedCacheWriter.ExcludeFile(
      status: numbers(file.status),
      id: stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] })
  }

  /// As git stores them: the low 32 bits.
  private static func numbers(_ status: stat) -> [UInt32] {
    [
      UInt32(truncatingIfNeeded: status.st_ctim.tv_sec), UInt32(truncatingIfNeeded: status.st_ctim.tv_nsec),
      UInt32(truncatingIfNeeded: status.st_mtim.tv_sec), UInt32(truncatingIfNeeded: status.st_mtim.tv_nsec),
      UInt32(truncatingIfNeeded: status.st_dev), UInt32(truncatingIfNeeded: status.st_ino), status.st_uid,
      status.st_gid, UInt32(truncatingIfNeeded: status.st_size),
    ]
  }
}

/// Where the user of a view keeps what git reads of theirs.
package struct HomeDirectory: Sendable {
  /// `$XDG_CONFIG_HOME`, or what stands for it.
  let configuration: String?
  /// What git has to be told where it runs as somebody else.
  let variables: [String: String]

  /// The home of `owner`, or of who runs this process where that is nil.
  package init(of owner: FileOwner?) {
    if let owner {
      let home = getpwuid(owner.user).map { String(cString: $0.pointee.pw_dir) } ?? "/nonexistent"
      configuration = home + "/.config"
      variables = ["HOME": home, "XDG_CONFIG_HOME": home + "/.config"]
    } else {
      let set = { (name: String) in getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
      configuration = set("XDG_CONFIG_HOME") ?? set("HOME").map { $0 + "/.config" }
      variables = [:]
    }
  }
}
