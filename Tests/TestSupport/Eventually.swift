/// How long a test waits for what must come: longer than a busy machine ever keeps it waiting, so that only what never
/// comes is a failure.
///
/// The tests share a pool of as many threads as there are processors, and one of them may have none for minutes.
package let patience = Duration.seconds(600)

/// Waits until `condition` holds; false where it does not for as long as there is `patience`.
package func eventually(
  isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async rethrows -> Bool {
  let deadline = ContinuousClock.now + patience
  while try await !condition() {
    guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
    // Leaves the thread to those that are waited for, which a yield does not if everybody yields.
    try? await Task.sleep(for: .milliseconds(1))
  }
  return true
}
