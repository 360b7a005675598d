/// One result that is known to differ from the native file system's, with the reason.
///
/// A call that deviates otherwise, or does not deviate any more, fails the test.
struct Deviation: Sendable {
  let group: String
  let scenario: String
  /// The line of the script.
  let call: String
  let result: String
  let reason: String
  let families: Set<Place.Family>

  init(
    _ group: String, _ scenario: String, _ call: String, gives result: String, in families: Set<Place.Family>,
    because reason: String
  ) {
    (self.group, self.scenario, self.call, self.result) = (group, scenario, call, result)
    (self.families, self.reason) = (families, reason)
  }

  /// All there are.
  static let known: [Deviation] = []
}
