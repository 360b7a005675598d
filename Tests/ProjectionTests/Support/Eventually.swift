import TestSupport
import Testing

/// Waits until `condition` holds; records an issue where it never does.
func eventually(
  _ what: Comment, at location: SourceLocation = #_sourceLocation, isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async rethrows {
  if try await !TestSupport.eventually(condition) { Issue.record(what, sourceLocation: location) }
}
