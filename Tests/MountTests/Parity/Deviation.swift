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
  static let known: [Deviation] =
    [
      // tmpfs, which has no blocks of a disk to mind.
      Deviation(
        "changes of times", "truncating an empty file", "changed empty", gives: "-", in: [.tmpfs],
        because: "it leaves times alone where the size stays; truncate(2) leaves that open"),
      Deviation(
        "changes of times", "a file that is written by mapping", "changed file", gives: "-", in: [.tmpfs],
        because: "it does not notice stores to memory"),
      Deviation(
        "changes of times", "atime when nothing is read", "accessed new", gives: "a", in: [.tmpfs],
        because: "it does not look whether a read was of nothing"),
      Deviation(
        "mappings", "what is written beyond the end is not in the file", "pread h 100 29",
        gives: "11 beyond%00%00%00%00%00", in: [.tmpfs],
        because: "it clears the rest of a page only when the file shrinks"),
    ]
}
