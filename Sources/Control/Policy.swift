/// Who may hydrate a view, as `policy.json` in its state directory keeps it. Commands are written as `projfs policy` takes
/// them.
package struct PolicyRecord: Codable, Sendable, Equatable {
  /// Who gets no contents of virtual files.
  package var denied: [String] = []
  /// Who gets them slowly.
  package var slow: [String] = []
  /// Who is neither, whatever the others say.
  package var allowed: [String] = []
  /// Whether well-known indexers are denied.
  package var indexers = false
  /// How many files a second each process group of the slow ones may hydrate.
  package var filesPerSecond = 100
  /// How many bytes a second.
  package var bytesPerSecond: Int64 = 16 << 20

  /// Everybody may.
  package init() {}

  /// Makes a change. A command is on one list at a time.
  package mutating func apply(_ change: PolicyChange) {
    if change.clears == true { self = PolicyRecord() }
    let named = Set((change.deny ?? []) + (change.slow ?? []) + (change.allow ?? []) + (change.forget ?? []))
    denied = denied.filter { !named.contains($0) } + (change.deny ?? [])
    slow = slow.filter { !named.contains($0) } + (change.slow ?? [])
    allowed = allowed.filter { !named.contains($0) } + (change.allow ?? [])
    if let indexers = change.indexers { self.indexers = indexers }
    if let files = change.filesPerSecond { filesPerSecond = files }
    if let bytes = change.bytesPerSecond { bytesPerSecond = bytes }
  }
}

/// What is to be different in a policy.
package struct PolicyChange: Codable, Sendable, Equatable {
  /// Whether it begins with none.
  package var clears: Bool?
  /// To be denied.
  package var deny: [String]?
  /// To be slowed down.
  package var slow: [String]?
  /// To be excepted.
  package var allow: [String]?
  /// To be taken from all lists.
  package var forget: [String]?
  /// Whether indexers are denied.
  package var indexers: Bool?
  /// How fast the slow ones may be.
  package var filesPerSecond: Int?
  /// The same in bytes.
  package var bytesPerSecond: Int64?

  /// No change.
  package init() {}
}

/// What `projfs policy --json` prints; fields are added, never renamed.
package struct PolicyReport: Codable, Sendable, Equatable {
  /// A rate.
  package struct Rate: Codable, Sendable, Equatable {
    package var filesPerSecond: Int
    package var bytesPerSecond: Int64
  }

  package var denied: [String]
  package var slow: [String]
  package var allowed: [String]
  package var indexers: Bool
  package var rate: Rate
  /// Which commands `indexers` is about.
  package var indexerCommands: [String]

  /// A policy, and what its indexers are.
  package init(_ record: PolicyRecord, indexerCommands: [String]) {
    denied = record.denied
    slow = record.slow
    allowed = record.allowed
    indexers = record.indexers
    rate = Rate(filesPerSecond: record.filesPerSecond, bytesPerSecond: record.bytesPerSecond)
    self.indexerCommands = indexerCommands
  }
}
