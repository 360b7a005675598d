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
    let digits = text.prefix { ("0"..."9").contains($0) }
    let factor: Int64? =
      switch text.dropFirst(digits.count).lowercased() {
      case "", "s": 1
      case "m": 60
      case "h": 3600
      case "d": 86_400
      default: nil
      }
    guard let factor, let number = Int64(digits) else { return nil }
    let (seconds, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    if isTooLarge { return nil }
    self.seconds = seconds
  }
}
