/// What a command asks a running view. One line of JSON each way.
package struct ControlRequest: Codable, Sendable {
  /// What is asked.
  package enum Action: String, Codable, Sendable {
    /// A `StatusReport`.
    case status
    /// A `StatsReport`, with what `stats` asks for.
    case stats
    /// Events as they happen, as far as `trace` lets them through: after the reply follow lines of their own.
    case trace
    /// A `ChangesReport` on what changed since `token`.
    case changes
    /// A `SwitchReport`: move to another revision.
    case switchTo
    /// Let what equals the projection go from the local tree, now.
    case settle
    /// An `EvictReport`: drop contents from the store.
    case evict
    /// A `PrefetchReport`: hydrate `paths`, and say meanwhile how far that is.
    case prefetch
    /// `paths`: those of the files whose contents are stored.
    case hydrated
    /// A `PolicyReport`: change the policy if `policy` says so, and show it.
    case policy
    /// Let contents go that nobody uses in this view; `ids` are those that somebody uses. Another view asks it.
    case letGo
    /// Unmount the view, unless it is in use.
    case unmount
    /// Detach the view, and end whatever is open in it.
    case stop
  }

  /// What every version of a question can be read as.
  struct Version: Decodable {
    let version: Int
  }

  /// The version of this protocol; a server refuses a newer one.
  package static let currentVersion = 1

  /// The version that the client speaks.
  package var version: Int
  /// What is asked.
  package var action: Action
  /// Since when, for `changes`; nil for "I know of nothing".
  package var token: String?
  /// To which revision, for `switchTo`.
  package var revision: String?
  /// The branch to be made there, for `switchTo`.
  package var newBranch: String?
  /// Whether local changes are to go, for `switchTo`: that is left to git.
  package var discardsChanges: Bool?
  /// Which parts, for `stats`; nil for those that are always there.
  package var stats: StatsQuestion?
  /// Which events, for `trace`; nil for all.
  package var trace: TraceQuestion?
  /// Which paths, from the view's root, each with a NUL behind it; nil where the question is about everything.
  package var paths: PackedBytes?
  /// How `paths` are meant, for `prefetch` and `hydrated`.
  package var selection: PathMeaning?
  /// What is to go, for `evict`.
  package var eviction: EvictWish?
  /// What is to be different, for `policy`.
  package var policy: PolicyChange?
  /// Which contents, for `letGo`: each as one byte with its length, and its bytes.
  package var ids: PackedBytes?

  /// A question in the current version.
  package init(_ action: Action, token: String? = nil) {
    version = Self.currentVersion
    self.action = action
    self.token = token
  }
}

/// What the view answers: one of the fields.
package struct ControlReply: Codable, Sendable {
  /// The answer to `status`.
  package var status: StatusReport?
  /// The answer to `stats`.
  package var stats: StatsReport?
  /// The answer to `changes`.
  package var changes: ChangesReport?
  /// The answer to `switchTo`.
  package var switched: SwitchReport?
  /// The answer to `evict`.
  package var evicted: EvictReport?
  /// The answer to `prefetch`.
  package var prefetched: PrefetchReport?
  /// The answer to `hydrated`.
  package var paths: PackedBytes?
  /// Whether the answer is still to come: this is how far it has come.
  package var isUnderWay: Bool?
  /// The answer to `policy`.
  package var policy: PolicyReport?
  /// The answer to `letGo`.
  package var ids: PackedBytes?
  /// Why there is no answer.
  package var error: String?
  /// Whether the one who asks may not.
  package var isDenied: Bool?
  /// Whether the view is in use.
  package var isBusy: Bool?
  /// Whether views of this kind never can.
  package var isUnsupported: Bool?
  /// Whether what was asked for does not exist.
  package var isMissing: Bool?
  /// Whether the server has not understood the question. A command that does not know this field shows `error`.
  package var isOtherVersion: Bool?

  /// An answer; empty for `stop`.
  package init(
    status: StatusReport? = nil, stats: StatsReport? = nil, changes: ChangesReport? = nil,
    switched: SwitchReport? = nil, error: String? = nil,
    isDenied: Bool? = nil,
    isBusy: Bool? = nil, isUnsupported: Bool? = nil
  ) {
    self.isUnsupported = isUnsupported
    self.isBusy = isBusy
    self.isDenied = isDenied
    self.status = status
    self.stats = stats
    self.changes = changes
    self.switched = switched
    self.error = error
  }
}
