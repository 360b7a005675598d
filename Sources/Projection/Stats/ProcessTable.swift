internal import Synchronization

/// Which processes caused hydrations. Remembers the last `limit` of them.
package final class ProcessTable: Sendable {
  /// One process, and what it caused.
  package struct Usage: Sendable, Hashable {
    /// The process id in the server's PID namespace.
    package let process: UInt32
    /// The command's name, as ps shows it.
    package let command: String
    /// Contents fetched because of it.
    package var hydrations = 0
    /// Bytes that were fetched because of it, of contents and of pieces.
    package var bytes: Int64 = 0
  }

  fileprivate struct State {
    /// The process of each thread seen, so that /proc is read once a thread.
    var processOfThread: [UInt32: UInt32] = [:]
    var usages: [UInt32: Usage] = [:]
  }

  private static let limit = 512

  private let state = Mutex(State())

  /// What was counted, most bytes first.
  package var usages: [Usage] {
    state.withLock { $0.usages.values.sorted { ($0.bytes, $1.process) > ($1.bytes, $0.process) } }
  }

  /// Counts what was fetched. Reads /proc the first time that a thread appears.
  func count(contents: Int = 1, bytes: Int64, for caller: Caller) {
    let known = state.withLock { state in
      guard let process = state.processOfThread[caller.thread] else { return false }
      state.usages[process]?.add(contents, bytes)
      return true
    }
    if known { return }
    let (process, command) = caller.process
    state.withLock { state in
      if state.usages.count >= Self.limit, state.usages[process] == nil { state.forgetSmallest() }
      if state.processOfThread.count >= Self.limit * 8 { state.processOfThread.removeAll() }
      state.processOfThread[caller.thread] = process
      state.usages[process, default: Usage(process: process, command: command)].add(contents, bytes)
    }
  }
}

extension ProcessTable.Usage {
  fileprivate mutating func add(_ contents: Int, _ bytes: Int64) {
    hydrations += contents
    self.bytes += bytes
  }
}

extension ProcessTable.State {
  fileprivate mutating func forgetSmallest() {
    guard let smallest = usages.values.min(by: { $0.bytes < $1.bytes })?.process else { return }
    usages.removeValue(forKey: smallest)
    processOfThread = processOfThread.filter { $0.value != smallest }
  }
}
