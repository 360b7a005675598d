internal import Glibc
internal import Posix
internal import Provider

/// Why a git source cannot be mounted.
public enum GitSourceError: Error, Sendable, Equatable {
  /// There is no `git` program to ask.
  case gitMissing
  /// The path does not exist or is no git repository; git's reason.
  case notARepository(path: String, reason: String)
  /// The repository's objects have other names than SHA-1's.
  case unsupportedFormat(path: String, format: String)
  /// The repository has no commit yet.
  case empty(path: String)
  /// The revision names nothing.
  case unknownRevision(String, path: String)
  /// The revision names something without a tree.
  case notATree(String, kind: String)
  /// The objects cannot be read.
  case damaged(path: String, reason: String)
}

/// A git repository, found as git finds it: bare or not, a linked worktree, a subdirectory of either.
public struct GitRepository: Sendable {
  /// What the user named.
  public let path: String
  /// The git directory that all worktrees of the repository share; absolute, without symbolic links.
  public let commonDirectory: String
  /// Where the objects are; alternates are followed from there.
  public let objectsDirectory: String
  /// Who owns the repository: a view started by root belongs to this user.
  public let owner: (user: UInt32, group: UInt32)

  /// Asks git for the repository at `path`. Blocks for a few milliseconds.
  public init(path: String) throws(GitSourceError) {
    let outcome = try Self.git(
      Self.command(
        in: path,
        ["rev-parse", "--path-format=absolute", "--git-common-dir", "--git-path", "objects", "--show-object-format"]))
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard outcome.exitCode == 0, lines.count >= 3 else {
      throw .notARepository(path: path, reason: Self.reason(outcome.errors))
    }
    guard lines[2] == "sha1" else { throw .unsupportedFormat(path: path, format: lines[2]) }
    do {
      self.path = try FileCalls.resolve(path)
      commonDirectory = try FileCalls.resolve(lines[0])
      objectsDirectory = try FileCalls.resolve(lines[1])
      let status = try FileCalls.status(commonDirectory, follow: true)
      owner = (status.st_uid, status.st_gid)
    } catch {
      throw .notARepository(path: path, reason: "\(error)")
    }
  }

  /// Resolves anything that `git rev-parse` takes to a tree.
  public func revision(_ name: String) throws(GitSourceError) -> GitRevision {
    let parsed = try ask(["rev-parse", "--verify", "--quiet", "--end-of-options", name])
    // An exclusion such as ^main parses as well, to an id with a prefix.
    guard parsed.exitCode == 0, let id = Self.firstLine(parsed.output), Self.bytes(id) != nil else {
      let any = try ask(["rev-list", "--all", "--max-count=1"])
      if name == "HEAD", any.output.isEmpty { throw .empty(path: path) }
      throw .unknownRevision(name, path: path)
    }
    // Before git 2.30 and without --verify, the option itself is printed as well.
    let symbolic = try ask(["rev-parse", "--symbolic-full-name", "--end-of-options", name])
    let reference = symbolic.output.split(separator: "\n").last.map(String.init).flatMap {
      $0.hasPrefix("refs/") ? $0 : nil
    }
    // One question for both: a commit has a time, a bare tree has none.
    let tree = try ask(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(id)^{tree}"])
    guard tree.exitCode == 0, let treeID = Self.firstLine(tree.output), let treeBytes = Self.bytes(treeID) else {
      let kind = try ask(["cat-file", "-t", id])
      guard kind.exitCode == 0, let kind = Self.firstLine(kind.output) else {
        throw .damaged(path: path, reason: "the object \(id) of revision '\(name)' cannot be read")
      }
      throw .notATree(name, kind: kind)
    }
    let commit = try ask(["log", "-1", "--no-show-signature", "--format=%H %ct", id, "--"])
    let fields = commit.exitCode == 0 ? commit.output.split(whereSeparator: \.isWhitespace) : []
    return GitRevision(
      id: fields.first.map(String.init) ?? treeID, reference: reference,
      commitTime: fields.last.flatMap { Int64($0) }, tree: treeBytes)
  }

  /// The trees of commits, as far as they are there any more.
  func trees(of commits: [String]) -> [[UInt8]] {
    Set(commits).compactMap { commit in
      let outcome = try? Self.git(
        command(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(commit)^{tree}"]))
      guard let outcome, outcome.exitCode == 0, let id = Self.firstLine(outcome.output) else { return nil }
      return Self.bytes(id)
    }
  }

  /// Asks git where the user pointed to: HEAD is a worktree's own.
  private func ask(_ arguments: [String]) throws(GitSourceError) -> Subprocess.Outcome {
    try Self.git(Self.command(in: path, arguments))
  }

  /// The arguments that run git on this repository, whoever owns it.
  func command(_ arguments: [String]) -> [String] {
    Self.command(in: commonDirectory, arguments)
  }

  // Root serves repositories of other users: naming one on our own command line is the consent that git's
  // safe.directory asks for. Nothing run here executes a hook, a filter or an alias of the repository.
  private static func command(in path: String, _ arguments: [String]) -> [String] {
    ["git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", path] + arguments
  }

  /// What `git rev-parse --local-env-vars` lists, which a hook's environment has: it would win over the path.
  package static let hiddenVariables: Set<String> = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS",
    "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
  ]

  private static func git(_ arguments: [String]) throws(GitSourceError) -> Subprocess.Outcome {
    do {
      return try Subprocess.run(arguments, hiding: hiddenVariables)
    } catch {
      throw .gitMissing
    }
  }

  private static func firstLine(_ output: String) -> String? {
    output.split(separator: "\n").first.map(String.init)
  }

  private static func reason(_ errors: String) -> String {
    let line = firstLine(errors) ?? "git gives no reason"
    return line.hasPrefix("fatal: ") ? String(line.dropFirst("fatal: ".count)) : line
  }

  static func bytes(_ digits: String) -> [UInt8]? {
    let values = digits.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map(UInt8.init) }
    guard values.count == 40, digits.utf8.count == 40 else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }
}

/// One revision of a git repository.
public struct GitRevision: Sendable, Equatable {
  /// The full id of the commit, or of the tree where a tree was named.
  public let id: String
  /// The full name of the branch or tag that was named, if one was.
  public var reference: String?
  /// The committer's time in seconds since 1970; nil for a bare tree.
  public let commitTime: Int64?
  let tree: [UInt8]

  /// A commit, as git has told of it; nil where that makes no sense.
  package init?(commit: String, reference: String?, commitTime: Int64, treeID: String) {
    guard let tree = GitRepository.bytes(treeID), GitRepository.bytes(commit) != nil else { return nil }
    id = commit
    self.reference = reference
    self.commitTime = commitTime
    self.tree = tree
  }

  init(id: String, reference: String?, commitTime: Int64?, tree: [UInt8]) {
    self.id = id
    self.reference = reference
    self.commitTime = commitTime
    self.tree = tree
  }

  /// The id of the tree, as git writes it.
  package var treeID: String { hexadecimal(tree) }
}
