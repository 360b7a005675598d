/// Makes a failing sequence shorter by leaving parts out, for as long as it still fails.
package struct Shrinker {
  /// How often a shorter sequence is tried.
  package var attempts: Int
  /// When no further one is begun.
  package var deadline: ContinuousClock.Instant

  /// A shrinker that gives up at some time.
  package init(attempts: Int = 400, time: Duration = .seconds(60)) {
    self.attempts = attempts
    deadline = .now + time
  }

  /// The shortest sequence found that fails, with how it fails, and how many attempts were made. Its end is where it
  /// fails.
  ///
  /// `failure` runs a sequence on fresh trees, and tells at which operation it fails (its count, where only the
  /// comparison at the end does) and how; or nil.
  package func shrink<Element, Failure>(
    _ sequence: [Element], failing failure: (count: Int, reason: Failure),
    _ run: ([Element]) -> (count: Int, reason: Failure)?
  ) -> (sequence: [Element], reason: Failure, attempts: Int) {
    var best = Array(sequence.prefix(failure.count))
    var reason = failure.reason
    var tried = 0
    var chunk = max(1, best.count / 2)
    while true {
      var hasShrunk = false
      var start = 0
      while start < best.count {
        guard tried < attempts, ContinuousClock.now < deadline else { return (best, reason, tried) }
        tried += 1
        let candidate = Array(best[..<start] + best[min(start + chunk, best.count)...])
        if let found = run(candidate) {
          best = Array(candidate.prefix(found.count))
          reason = found.reason
          hasShrunk = true
        } else {
          start += chunk
        }
      }
      if chunk > 1 {
        chunk = max(1, chunk / 2)
      } else if !hasShrunk {
        return (best, reason, tried)
      }
    }
  }
}
