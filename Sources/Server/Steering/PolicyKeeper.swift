internal import Commands
internal import Control
internal import Posix
internal import Projection
internal import Synchronization

/// Keeps the policy of a running view, on disk and in force.
final class PolicyKeeper: Sendable {
  private let gate: HydrationGate
  private let directory: String
  private let owner: FileOwner?
  // A leaf lock, but for the state directory's file, which is written under it.
  private let record: Mutex<PolicyRecord>

  /// Puts the policy that a view has in force. Throws where it cannot be read: without it everybody might hydrate.
  init(_ plan: MountPlan, _ gate: HydrationGate) throws {
    self.gate = gate
    directory = plan.stateDirectory
    owner = plan.owner
    do {
      let state = try StateDirectory(making: plan.stateDirectory, owner: plan.owner)
      var policy = try state.policy()
      if plan.deniesIndexers, !policy.indexers {
        policy.indexers = true
        try state.write(policy)
      }
      record = Mutex(policy)
    } catch {
      throw ViewServer.failure(error, plan.stateDirectory)
    }
    do throws(CommandPattern.Mistake) {
      gate.set(try Self.rules(record.withLock { $0 }))
    } catch {
      throw CommandFailure(.damaged, "the policy in '\(plan.stateDirectory)' makes no sense: \(error.reason)")
    }
  }

  /// Answers `policy`.
  func answer(_ request: ControlRequest) -> ControlReply {
    do {
      var reply = ControlReply()
      let policy = try request.policy.map(change) ?? record.withLock { $0 }
      reply.policy = PolicyReport(policy, indexerCommands: HydrationRules.indexers)
      return reply
    } catch let mistake as CommandPattern.Mistake {
      return ControlReply(error: mistake.reason, isUnsupported: true)
    } catch {
      return ControlReply(error: "the policy cannot be kept: \(error)")
    }
  }

  private func change(_ change: PolicyChange) throws -> PolicyRecord {
    try record.withLock { record in
      var changed = record
      changed.apply(change)
      let rules = try Self.rules(changed)
      try StateDirectory(making: directory, owner: owner).write(changed)
      record = changed
      gate.set(rules)
      return changed
    }
  }

  private static func rules(_ policy: PolicyRecord) throws(CommandPattern.Mistake) -> HydrationRules {
    func patterns(_ texts: [String]) throws(CommandPattern.Mistake) -> [CommandPattern] {
      var patterns: [CommandPattern] = []
      for text in texts { patterns.append(try CommandPattern(text)) }
      return patterns
    }
    return HydrationRules(
      denied: try patterns(policy.denied + (policy.indexers ? HydrationRules.indexers : [])),
      slow: try patterns(policy.slow), allowed: try patterns(policy.allowed),
      rate: HydrationRules.Rate(files: policy.filesPerSecond, bytes: policy.bytesPerSecond))
  }
}
