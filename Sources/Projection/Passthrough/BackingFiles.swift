internal import DequeModule
internal import Posix
package import SystemPackage

/// The kernel's number for a file that it reads and writes by itself.
package struct BackingID: Hashable, Sendable {
  /// The kernel's number, above 0.
  package let rawValue: Int32

  /// A number that the kernel gave.
  package init(rawValue: Int32) {
    self.rawValue = rawValue
  }
}

/// Tells the kernel of backing files. Implemented by the transport.
package protocol BackingRegistrar: Sendable {
  /// Has the kernel open the file of `descriptor` for itself; the descriptor may be closed afterwards.
  func register(_ descriptor: CInt) throws(Errno) -> BackingID
  /// Lets the kernel's file go. Only for ids that no open file and no reply on its way uses.
  func unregister(_ id: BackingID)
}

/// Which inodes the kernel serves by itself, and from which backing file: one for each inode, kept while it lives.
///
/// The kernel takes a second backing file for an open inode, or an ordinary open beside a passthrough one, as an error;
/// so the first open decides for all until the last is closed.
package final class BackingFiles: Sendable {
  /// How an inode's opens are served.
  enum Mode: Sendable, Equatable {
    /// By the kernel.
    case passthrough(BackingID)
    /// By READ and WRITE requests: the kernel refused the backing file, or there is none as long as the file is hydrated in
    /// part.
    case served
  }

  /// Which of the two branches the backing file is on.
  enum Source: Sendable {
    /// The content store: never written to.
    case store
    /// The local tree.
    case local
  }

  /// What became of an open.
  enum Outcome: Sendable, Equatable {
    /// It was counted.
    case opened(Mode)
    /// Nobody has decided yet how to serve the inode.
    case undecided
    /// Others have it open from the other branch, and it can be served from one only.
    case conflict
  }

  /// How many backing files are kept for inodes that nobody has open, so that opening them again is cheap.
  private static let idleLimit = 16_384

  // A leaf lock. The registrar is called outside of it.
  private let state = InvariantMutex(State())
  private let registrar: any BackingRegistrar

  package init(registrar: any BackingRegistrar) {
    self.registrar = registrar
  }

  /// How many backing files the kernel holds.
  package var active: Int {
    state.withLock { state in state.records.values.count { $0.mode != .served } }
  }

  /// Counts an open of `node` from `source` if it is decided how to serve it. `using` is called where the last time that a
  /// use was noted is a while ago.
  func open(
    _ node: NodeID, from source: Source, mapping: Bool = false, using: () -> Void = {}
  ) -> Outcome {
    let now = TimeStamp.now.seconds
    let (outcome, isDue) = state.withLock { state in
      let outcome = state.open(node, source, mapping: mapping)
      return (outcome, state.isDue(node, at: now))
    }
    if isDue, case .opened = outcome { using() }
    return outcome
  }

  /// Counts an open of `node`, whose backing file is the open `file`, unless another open was quicker to decide.
  func open(
    _ node: NodeID, backedBy file: borrowing OwnedDescriptor, from source: Source, mapping: Bool = false
  ) -> Outcome {
    let known = open(node, from: source, mapping: mapping)
    guard known == .undecided else { return known }
    let mode: Mode
    do {
      mode = .passthrough(try registrar.register(file.rawValue))
    } catch {
      mode = .served
    }
    let (decided, unused) = state.withLock { $0.decide(node, mode, source, mapping: mapping) }
    for id in unused { registrar.unregister(id) }
    return decided
  }

  /// Counts an open of `node`, to be served by requests, unless another open was quicker to decide.
  func openServed(_ node: NodeID, from source: Source) -> Outcome {
    let (decided, unused) = state.withLock { $0.decide(node, .served, source, mapping: false) }
    for id in unused { registrar.unregister(id) }
    return decided
  }

  /// Counts a close, or takes back an open whose reply did not arrive.
  package func release(_ node: NodeID, mapping: Bool = false) {
    let unused = state.withLock { $0.release(node, mapping: mapping) }
    for id in unused { registrar.unregister(id) }
  }

  /// Lets the backing file of a forgotten inode go.
  package func forget(_ node: NodeID) {
    let unused = state.withLock { $0.forget(node) }
    if let unused { registrar.unregister(unused) }
  }

  /// Lets the backing file of an inode go whose content moves to the other branch. False while somebody has it open.
  func leaveBranch(_ node: NodeID) -> Bool {
    let (hasLeft, unused) = state.withLock { $0.leaveBranch(node) }
    if let unused { registrar.unregister(unused) }
    return hasLeft
  }

  /// Whether somebody may have mapped `node` for writing: what the kernel was told of it may be out of date.
  package func mayBeMapped(_ node: NodeID) -> Bool {
    state.withLock { ($0.records[node]?.mappers ?? 0) > 0 }
  }

  /// The inodes whose backing files the kernel holds.
  var held: [(node: NodeID, isStored: Bool, opens: Int)] {
    state.withLock { state in
      state.records.compactMap { $1.mode == .served ? nil : ($0, $1.source == .store, $1.opens) }
    }
  }

  /// The inodes that are served from the content store, and whether somebody has them open.
  var nodesInStore: [(node: NodeID, isOpen: Bool)] {
    state.withLock { state in
      state.records.compactMap { $1.source == .store ? ($0, $1.opens > 0) : nil }
    }
  }

  private struct Record {
    var mode: Mode
    let source: Source
    var opens: Int
    var mappers: Int
    /// Which of its entries in `idle` counts, if several do.
    var idleSince: UInt64 = 0
    /// When it was noted last that somebody uses it, in seconds.
    var noted = TimeStamp.now.seconds
  }

  private struct State: InvariantChecked {
    var records: [NodeID: Record] = [:]
    /// Inodes that became idle, oldest first; entries whose stamp is not the record's are void.
    private var idle: Deque<(node: NodeID, stamp: UInt64)> = []
    private var idleCount = 0
    private var lastStamp: UInt64 = 0

    mutating func open(_ node: NodeID, _ source: Source, mapping: Bool) -> Outcome {
      guard let record = records[node] else { return .undecided }
      // Requests that come here find the right branch by themselves. Otherwise what is idle gives way; what is open
      // cannot.
      guard record.source == source || record.mode == .served else {
        return record.opens == 0 ? .undecided : .conflict
      }
      if record.opens == 0 { idleCount -= 1 }
      records[node]?.opens += 1
      if mapping { records[node]?.mappers += 1 }
      return .opened(record.mode)
    }

    /// Whether a use at this moment is to be noted; it then counts as noted.
    mutating func isDue(_ node: NodeID, at now: Int64) -> Bool {
      guard let noted = records[node]?.noted, now - noted >= ContentStore.usePrecision else { return false }
      records[node]?.noted = now
      return true
    }

    /// Drops an idle record. False where it is in use.
    mutating func leaveBranch(_ node: NodeID) -> (Bool, BackingID?) {
      guard let record = records[node] else { return (true, nil) }
      // Without a backing file the requests come here, and find the new branch by themselves.
      if record.mode == .served, record.opens > 0 { return (true, nil) }
      return record.opens == 0 ? (true, forget(node)) : (false, nil)
    }

    /// What became of the open, and backing files that turned out not to be needed.
    mutating func decide(_ node: NodeID, _ mode: Mode, _ source: Source, mapping: Bool) -> (Outcome, [BackingID]) {
      let known = open(node, source, mapping: mapping)
      guard known == .undecided else { return (known, mode.backing.map { [$0] } ?? []) }
      let old = forget(node)
      records[node] = Record(mode: mode, source: source, opens: 1, mappers: mapping ? 1 : 0)
      return (.opened(mode), old.map { [$0] } ?? [])
    }

    mutating func release(_ node: NodeID, mapping: Bool) -> [BackingID] {
      guard let record = records[node], record.opens > 0 else { return [] }
      records[node]?.opens -= 1
      if mapping { records[node]?.mappers -= 1 }
      guard record.opens == 1 else { return [] }
      // Without a backing file there is nothing to keep: the next open tries again.
      guard case .passthrough = record.mode else {
        records.removeValue(forKey: node)
        return []
      }
      lastStamp += 1
      records[node]?.idleSince = lastStamp
      idle.append((node, lastStamp))
      idleCount += 1
      return trim()
    }

    /// Backing files over the limit. An idle inode's opens have all been closed, so none of them is in use.
    private mutating func trim() -> [BackingID] {
      var unused: [BackingID] = []
      while idleCount > idleLimit || idle.count > 2 * idleLimit, let oldest = idle.popFirst() {
        guard let record = records[oldest.node], record.opens == 0, record.idleSince == oldest.stamp else { continue }
        records.removeValue(forKey: oldest.node)
        idleCount -= 1
        if let id = record.mode.backing { unused.append(id) }
      }
      return unused
    }

    mutating func forget(_ node: NodeID) -> BackingID? {
      guard let record = records.removeValue(forKey: node) else { return nil }
      if record.opens == 0 { idleCount -= 1 }
      return record.mode.backing
    }

    func checkInvariants() {
      assert(idleCount >= 0 && idleCount <= idle.count, "every idle inode has an entry")
      guard records.count <= 64 else { return }
      assert(idleCount == records.values.count { $0.opens == 0 }, "idle inodes are those without an open")
    }
  }
}

extension BackingFiles.Mode {
  /// The kernel's backing file, if it has one.
  fileprivate var backing: BackingID? {
    switch self {
    case .passthrough(let id): id
    case .served: nil
    }
  }
}
