/// A length of time as people write it: `30s`, `5m`, `12h`, `7d`; without a letter it is seconds.
package struct TimeSpan: Sendable, Hashable {
  /// Its seconds.
  package let seconds: Int64

  /// So many seconds.
  package init(seconds: Int64) {
    self.seconds = seconds
  }

  /// What `text` says; nil where it is no length of time.
  package init?(_ text: String) {
    let factors: [String: Int64] = ["": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let seconds = ScaledNumber.value(of: text, factors) else { return nil }
    self.seconds = seconds
  }
}
