package import Logging
package import Provider
internal import Synchronization

/// Says once for each content what is wrong with it, however often somebody reads it.
package final class FailureLog: Sendable {
  /// Beyond this many, a content may be reported again: memory is bounded.
  private static let limit = 10_000

  private let logger: Logger
  private let reported = Mutex<Set<ContentID>>([])

  package init(logger: Logger) {
    self.logger = logger
  }

  /// Logs one line, unless this content was reported before, or the failure is nobody's fault.
  package func report(_ content: ContentID, _ failure: ProjectionError) {
    switch failure {
    case .interrupted, .provider(.outdated): return
    default: break
    }
    let isNew = reported.withLock { reported in
      if reported.count >= Self.limit { reported.removeAll() }
      return reported.insert(content).inserted
    }
    if isNew { logger.error("content \(content) cannot be read: \(failure)") }
  }
}
