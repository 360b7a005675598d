internal import Synchronization

/// Which processes caused hydrations: the `limit` that caused most, and the sum of the others. In less than a megabyte.
package final class ProcessTable: Sendable {
  /// What somebody caused.
  package struct Usage: Sendable, Hashable {
    /// Contents fetched because of it.
    package var hydrations = 0
    /// Bytes that were fetched because of it, of contents and of pieces.
    package var bytes: Int64 = 0

    /// Nothing yet, by default.
    package init(hydrations: Int = 0, bytes: Int64 = 0) {
      self.hydrations = hydrations
      self.bytes = bytes
    }

    static func += (left: inout Usage, right: Usage) {
      left.hydrations += right.hydrations
      left.bytes &+= right.bytes
    }
  }

  private struct Known {
    let identity: NamedProcess
    let read: ContinuousClock.Instant
  }

  private struct State {
    var processOfThread: [UInt32: Known] = [:]
    var usages: [NamedProcess: Usage] = [:]
    var others = Usage()

    mutating func count(_ usage: Usage, for identity: NamedProcess) {
      if usages.count >= ProcessTable.limit, usages[identity] == nil { forgetSmallest() }
      usages[identity, default: Usage()] += usage
    }

    private mutating func forgetSmallest() {
      guard let smallest = usages.min(by: { $0.value.bytes < $1.value.bytes }) else { return }
      others += smallest.value
      usages.removeValue(forKey: smallest.key)
    }
  }

  static let limit = 512
  private static let threadLimit = 4096
  /// For so long a thread's process is taken for what it was: the kernel does not give an id out again so soon, and a
  /// process that runs another program is seen to.
  private static let validity = Duration.seconds(1)

  // A leaf lock. /proc is read outside of it.
  private let state = Mutex(State())

  package init() {}

  /// What was counted, most bytes first, and what others caused that are not remembered.
  package var usages: (known: [(identity: NamedProcess, usage: Usage)], others: Usage) {
    let (usages, others) = state.withLock { ($0.usages, $0.others) }
    let sorted = usages.sorted { ($0.value.bytes, $1.key.process) > ($1.value.bytes, $0.key.process) }
    return (sorted.map { ($0.key, $0.value) }, others)
  }

  /// Counts what was fetched.
  func count(contents: Int = 1, bytes: Int64, for identity: NamedProcess) {
    state.withLock { $0.count(Usage(hydrations: contents, bytes: bytes), for: identity) }
  }

  /// The process that a thread belongs to. Reads /proc, but for what was read within the last second.
  package func identity(of caller: Caller) -> NamedProcess {
    let now = ContinuousClock.now
    let known = state.withLock { $0.processOfThread[caller.thread] }
    if let known, known.read.duration(to: now) < Self.validity { return known.identity }
    // Gone by now: what it was is known from before, if at all.
    let found = NamedProcess.find(caller) ?? known?.identity ?? NamedProcess(process: caller.thread)
    state.withLock { state in
      if state.processOfThread.count >= Self.threadLimit { state.processOfThread.removeAll() }
      state.processOfThread[caller.thread] = Known(identity: found, read: now)
    }
    return found
  }
}
