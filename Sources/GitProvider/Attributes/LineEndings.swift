internal import Provider

/// Counts what git looks at before it takes a content for text (gather_stats in convert.c).
struct TextStatistics: Sendable {
  private var nul = 0
  private var loneCR = 0
  private var loneLF = 0
  private var crlf = 0
  private var printable = 0
  private var nonprintable = 0
  private var last: UInt8 = 0

  /// Goes on with the next bytes.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"):
        if last == UInt8(ascii: "\r") {
          loneCR -= 1
          crlf += 1
        } else {
          loneLF += 1
        }
      // Lone until a line feed follows.
      case UInt8(ascii: "\r"): loneCR += 1
      case 0:
        nul += 1
        nonprintable += 1
      case 8, 9, 12, 27: printable += 1
      case 1..<32, 127: nonprintable += 1
      default: printable += 1
      }
      last = byte
    }
  }

  /// Whether a guess makes CRLF of the LFs: it is text, and no CR is in it yet.
  var isPlainText: Bool {
    // A Ctrl-Z at the end was the end of a text once.
    let strange = last == 0x1a ? nonprintable - 1 : nonprintable
    return loneLF > 0 && loneCR == 0 && crlf == 0 && nul == 0 && printable >> 7 >= strange
  }
}

/// Makes CRLF of every lone LF, or leaves all as it is.
struct LineEndingWriter: Sendable {
  private let convertsToCRLF: Bool
  private var endsWithCR = false

  private static let carriageReturn: StaticString = "\r"

  init(convertsToCRLF: Bool) {
    self.convertsToCRLF = convertsToCRLF
  }

  /// Gives `output` what the next bytes of a content become.
  mutating func forEachPiece(
    of bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    guard convertsToCRLF, let last = bytes.last else { return try output(bytes) }
    var start = 0
    var place = 0
    while let feed = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) {
      place = feed + 1
      if feed > 0 ? bytes[feed - 1] == UInt8(ascii: "\r") : endsWithCR { continue }
      try output(UnsafeRawBufferPointer(rebasing: bytes[start..<feed]))
      try output(UnsafeRawBufferPointer(start: Self.carriageReturn.utf8Start, count: 1))
      start = feed
    }
    try output(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    endsWithCR = last == UInt8(ascii: "\r")
  }
}
