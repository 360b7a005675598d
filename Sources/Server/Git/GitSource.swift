internal import Commands
internal import Control
internal import GitProvider
internal import Glibc
internal import Posix
internal import Provider

/// A revision of a git repository as a view's source.
struct GitSource: Sendable {
  /// The repository.
  let repository: GitRepository
  /// What is projected.
  let revision: GitRevision
  /// What is known of it.
  let facts: SourceFacts

  /// Finds the repository and the revision. Changes nothing.
  init(_ request: MountPlan.Request, registry: ViewRegistry) throws(CommandFailure) {
    let named = request.revision ?? "HEAD"
    do {
      repository = try GitRepository(path: request.source)
      var found = try repository.revision(named)
      found.reference = found.reference ?? request.reference
      revision = found
    } catch {
      throw Self.failure(error)
    }
    if request.fileTime == .commit, revision.commitTime == nil {
      throw CommandFailure(.usage, "'\(named)' is a tree and no commit, so it has no time for --mtime commit")
    }
    facts = SourceFacts(
      provider: "git", location: repository.path, requested: named, revision: revision.id,
      reference: revision.reference, time: revision.commitTime, isProven: true, owner: Self.owner(of: repository),
      home: Self.home(of: repository, registry))
  }

  /// The revision, and those that the view had before, by their names.
  func content(for record: ViewRecord) throws(ProviderError) -> GitContent {
    try GitContent(
      repository: repository, revision: revision, earlier: record.epochs.map(\.revision),
      verifyObjects: record.verifyObjects)
  }

  /// For whom root makes files in a repository; nil for the process itself.
  static func owner(of repository: GitRepository) -> FileOwner? {
    geteuid() == 0 && repository.owner.user != 0
      ? FileOwner(user: repository.owner.user, group: repository.owner.group) : nil
  }

  private static func home(of repository: GitRepository, _ registry: ViewRegistry) -> SourceHome {
    let common = repository.commonDirectory
    if access(common, W_OK) == 0 {
      return SourceHome(contents: common + "/projfs/content", views: common + "/projfs/views")
    }
    // Another user's repository, or one on a read-only disk: contents are kept where this user may write.
    var home = SourceHome(of: common, in: registry)
    home.remarks = ["the repository cannot be written to; contents are kept in \(home.contents)"]
    return home
  }

  private static func failure(_ error: GitSourceError) -> CommandFailure {
    switch error {
    case .gitMissing:
      CommandFailure(.fuseUnavailable, "the program 'git' cannot be run; install git and have it in PATH")
    case .notARepository(let path, let reason):
      CommandFailure(.noSource, "'\(path)' is not a git repository: \(reason)")
    case .unsupportedFormat(let path, let format):
      CommandFailure(.noSource, "'\(path)' is a \(format) repository, and only sha1 repositories are supported")
    case .empty(let path):
      CommandFailure(
        .noSource, "the repository '\(path)' is empty; make a first commit, or name another revision by --rev")
    case .unknownRevision(let name, let path):
      CommandFailure(.noSource, "revision '\(name)' does not exist in '\(path)'")
    case .notATree(let name, let kind):
      CommandFailure(.noSource, "revision '\(name)' is a \(kind); name a commit, a tag or a tree")
    case .damaged(let path, let reason):
      CommandFailure(.damaged, "the repository '\(path)' is damaged: \(reason); 'git fsck' says more")
    }
  }
}
