/// How quickly requests follow each other, as one thread sees it.
///
/// Waking a thread on an idle processor takes tens of microseconds, in a virtual machine above all: more than answering
/// takes. A client that works through small files asks again within that time; then it pays to stay awake for a moment.
struct RequestPace {
  /// For how long a thread stays awake for the next request: about what two wake-ups take.
  static let lookout = Duration.microseconds(50)

  /// A pause longer than this means that nobody is in a hurry. Longer than `lookout`, as it may contain a wake-up.
  private static let longestPause = Duration.microseconds(120)
  /// So many requests in a row make a pace.
  private static let run = 4

  private var answered: ContinuousClock.Instant?
  private var quickRequests = 0

  /// Whether the next request will probably come soon.
  var isQuick: Bool { quickRequests >= Self.run }

  /// A request came.
  mutating func requestCame() {
    guard let answered else { return }
    let isQuick = answered.duration(to: .now) < Self.longestPause
    quickRequests = isQuick ? min(quickRequests + 1, Self.run) : 0
  }

  /// It was answered, or is answered by somebody else from here on.
  mutating func requestWasAnswered() {
    answered = .now
  }
}
