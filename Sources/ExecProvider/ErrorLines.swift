internal import Logging

/// What a program writes to its standard error, for the log: line by line, cut, and not more than `most` in `span`.
struct ErrorLines {
  /// The most lines in a span of time.
  static let most = 200
  /// The longest line, in bytes; what is beyond is left out.
  static let longest = 2048

  private static let span: Duration = .seconds(10)

  private let logger: Logger
  private var line: [UInt8] = []
  private var isCut = false
  private var begin = ContinuousClock.now
  private var count = 0

  /// The last line that was not empty.
  private(set) var last = ""

  init(logger: Logger) {
    self.logger = logger
  }

  /// Takes what came next.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        flush()
      } else if line.count < Self.longest {
        line.append(byte)
      } else {
        isCut = true
      }
    }
  }

  /// Logs a line that has no end.
  mutating func flush() {
    defer {
      line.removeAll(keepingCapacity: true)
      isCut = false
    }
    guard !line.isEmpty else { return }
    last = Self.shown(line) + (isCut ? "…" : "")
    let now = ContinuousClock.now
    if now - begin > Self.span {
      if count > Self.most { logger.notice("\(count - Self.most) lines of the program left out") }
      (begin, count) = (now, 0)
    }
    count += 1
    if count <= Self.most { logger.notice("program: \(last)") }
  }

  /// Bytes as text for the log: without control characters.
  static func shown(_ bytes: some Sequence<UInt8>) -> String {
    let text = String(decoding: Array(bytes), as: UTF8.self)
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
  }
}
