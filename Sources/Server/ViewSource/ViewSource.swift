internal import Control
internal import Posix
internal import Provider

/// Where a view's tree comes from: opened and checked, with nothing mounted or written yet.
///
/// git's is one kind: it has revisions, and a view of it is a worktree. All others are trees that a provider has.
enum ViewSource: Sendable {
  /// A revision of a git repository.
  case git(GitSource)
  /// The tree of any other provider.
  case tree(TreeSource)

  /// What is known of it.
  var facts: SourceFacts {
    switch self {
    case .git(let source): source.facts
    case .tree(let source): source.facts
    }
  }

  /// What to project for a view with this record.
  func content(for record: ViewRecord) throws(ProviderError) -> any ContentProvider {
    switch self {
    case .git(let source): try source.content(for: record)
    case .tree(let source): source.content
    }
  }

  /// Ends what is going on for the source outside of this process. Blocks until then.
  func end() {
    guard case .tree(let source) = self else { return }
    // It throws nothing itself; without an answer there is nothing left to end.
    try? blocking { await source.end() }
  }
}

/// What a view has to know of its source.
struct SourceFacts: Sendable {
  /// The provider, as `--provider` names it.
  var provider: String
  /// What the provider was given, in the form that brings it back from any directory.
  var location: String
  /// What was asked for, such as `main` or `v1.2^`; empty where the provider has no revisions.
  var requested: String
  /// The full id of what is projected: a commit's or, where there are no revisions, the root directory's.
  var revision: String
  /// The branch or tag that the revision was known by.
  var reference: String?
  /// The revision's own time, in seconds since 1970; nil where it has none.
  var time: Int64?
  /// Whether the revision's id says what is in the tree. Otherwise the tree may be another one at each mount.
  var isProven: Bool
  /// For whom files are made; nil for the process itself.
  var owner: FileOwner?
  /// Where its views keep what they keep.
  var home: SourceHome
}

/// Where the views of a source keep what they keep.
struct SourceHome: Sendable {
  /// The directory of the content store, which all of them share.
  var contents: String
  /// The directory of their state directories.
  var views: String
  /// Why these are not where one would look for them; shown by `status`.
  var remarks: [String] = []

  /// The place for what belongs to a source that cannot keep it: `identity` says which source it is.
  init(of identity: String, in registry: ViewRegistry) {
    contents = registry.directory + "/content/" + ViewRegistry.viewName(identity)
    views = registry.directory + "/state"
  }

  /// Beside the source.
  init(contents: String, views: String) {
    self.contents = contents
    self.views = views
  }
}
