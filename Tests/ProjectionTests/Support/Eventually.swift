import Testing

/// Waits until `condition` holds; records an issue where it does not for half a minute.
func eventually(
  _ what: Comment, at location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async rethrows {
  let deadline = ContinuousClock.now + .seconds(30)
  while try await !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record(what, sourceLocation: location)
      return
    }
    await Task.yield()
  }
}
