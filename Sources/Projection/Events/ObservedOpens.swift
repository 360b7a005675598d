internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// The opens of which somebody may want to hear that they end, each with what it takes to say whether the file was
/// changed meanwhile. Empty where nobody wants closes.
final class ObservedOpens: Sendable {
  /// What a write does not leave as it is.
  struct Stamp: Equatable, Sendable {
    let size: Int64
    let modified: TimeStamp

    init(_ status: stat) {
      size = Int64(status.st_size)
      modified = TimeStamp(status.st_mtim)
    }
  }

  /// One open.
  struct Record: Sendable {
    let node: NodeID
    let caller: CallerIdentity
    let isWriting: Bool
    /// The local file when it was opened for writing; nil where it could not be asked.
    var stamp: Stamp?
    /// By which names it was known then.
    let names: [[UInt8]]?
    /// Whether it is known to have changed, whatever the stamp says.
    var isModified = false

    /// Whether the file was written to since it was opened, as far as its size and time tell. Where they cannot, it was.
    func hasChanged(_ now: Stamp?) -> Bool {
      guard !isModified, let stamp, let now else { return true }
      return stamp != now
    }
  }

  private struct State {
    var records: [UInt64: Record] = [:]
    var lastHandle: UInt64 = 0
  }

  // A leaf lock.
  private let state = Mutex(State())
  private let count = Atomic<Int>(0)

  /// Notes an open; returns its handle, above 0.
  func add(_ record: Record) -> UInt64 {
    count.add(1, ordering: .relaxed)
    return state.withLock { state in
      state.lastHandle += 1
      state.records[state.lastHandle] = record
      return state.lastHandle
    }
  }

  func take(_ handle: UInt64) -> Record? {
    guard let record = state.withLock({ $0.records.removeValue(forKey: handle) }) else { return nil }
    count.subtract(1, ordering: .relaxed)
    return record
  }

  /// Notes that somebody writes to a file by a request.
  func noteWriting(to node: NodeID) {
    change(node) { $0.isModified = true }
  }

  /// Whether there are any.
  var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

  /// Notes that the time of change of a file was set, by which it was `before` and is `now`.
  func noteTime(of node: NodeID, before: Stamp?, now: Stamp?) {
    change(node) { record in
      record.isModified = record.hasChanged(before)
      record.stamp = now
    }
  }

  private func change(_ node: NodeID, _ body: (inout Record) -> Void) {
    if isEmpty { return }
    state.withLock { state in
      for (handle, var record) in state.records where record.node == node && record.isWriting {
        body(&record)
        state.records[handle] = record
      }
    }
  }
}

extension ProjectionCore {
  /// Notes that a file was opened, if somebody may want to hear that it is closed. Returns the open's handle, or 0.
  func noteOpen(of node: NodeID, for mode: OpenMode, by caller: Caller) -> UInt64 {
    guard observers.mayWant([.closeModified, .closeUnmodified]) else { return 0 }
    let identity = CallerIdentity(caller)
    let isWriting = mode.contains(.writing)
    let (operations, stamp) = namespace.shared {
      // As it will be told.
      (
        describe([.close(isModified: false), .close(isModified: true)], of: node),
        isWriting ? self.stamp(of: node) : nil
      )
    }
    // Who opened it is asked for while they wait for it: the kernel closes on nobody's behalf.
    if operations.contains(where: { observers.want($0).after }) { _ = identity.described }
    return opens.add(
      ObservedOpens.Record(
        node: node, caller: identity, isWriting: isWriting, stamp: stamp, names: operations.first?.paths))
  }

  /// Tells that an open has ended.
  func tellClosed(_ handle: UInt64) {
    guard let record = opens.take(handle), observers.mayWant([.closeModified, .closeUnmodified]) else { return }
    namespace.shared {
      let isModified = record.isWriting && record.hasChanged(stamp(of: record.node))
      for operation in describe([.close(isModified: isModified)], of: record.node, asOpened: record.names) {
        observers.tell(operation, for: record.caller)
      }
    }
  }

  /// Runs `body`, which sets a file's time of change: that is no change of its content.
  func settingTime<Result>(
    of node: NodeID, _ body: () async throws(ProjectionError) -> Result
  ) async throws(ProjectionError) -> Result {
    if opens.isEmpty { return try await body() }
    let before = namespace.shared { stamp(of: node) }
    let result = try await body()
    opens.noteTime(of: node, before: before, now: namespace.shared { stamp(of: node) })
    return result
  }

  private func stamp(of node: NodeID) -> ObservedOpens.Stamp? {
    try? withFile(node) { _, spot throws(ProjectionError) in
      guard case .local(let directory, let name) = spot.branch else { throw .stale }
      return ObservedOpens.Stamp(
        try ProjectionError.local { () throws(Errno) in try EntryCalls.status(at: directory, name) })
    }
  }
}
