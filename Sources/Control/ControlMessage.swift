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
  /// Why there is no answer.
  package var error: String?
  /// Whether the one who asks may not.
  package var isDenied: Bool?
  /// Whether the view is in use.
  package var isBusy: Bool?
  /// Whether views of this kind never can.
  package var isUnsupported: Bool?

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
