/// How much was fetched when: at most `limit` spans of equal length since the beginning. Not synchronised.
///
/// A span is a second at first. When all are used, each two become one, so the whole life of a view always fits.
package struct HydrationTimeline: Sendable {
  /// What was fetched in one span.
  package struct Span: Sendable, Hashable {
    /// Contents.
    package var contents = 0
    /// Bytes.
    package var bytes: Int64 = 0

    static func + (left: Span, right: Span) -> Span {
      Span(contents: left.contents + right.contents, bytes: left.bytes &+ right.bytes)
    }
  }

  static let limit = 512

  /// How long each span is, in seconds: a power of two.
  package private(set) var spanSeconds: Int64 = 1
  /// From the beginning to the last span in which something was fetched.
  package private(set) var spans: [Span] = []

  /// Counts what was fetched, so many seconds after the beginning.
  mutating func count(contents: Int, bytes: Int64, at seconds: Int64) {
    let seconds = max(0, seconds)
    while seconds / spanSeconds >= Int64(Self.limit) { halve() }
    let index = Int(seconds / spanSeconds)
    while spans.count <= index { spans.append(Span()) }
    spans[index] = spans[index] + Span(contents: contents, bytes: bytes)
  }

  private mutating func halve() {
    spanSeconds *= 2
    spans = stride(from: 0, to: spans.count, by: 2).map { index in
      index + 1 < spans.count ? spans[index] + spans[index + 1] : spans[index]
    }
  }
}
