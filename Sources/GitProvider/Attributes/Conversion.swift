internal import Provider

/// What git does to a blob's bytes on their way into a working tree. As a byte it is part of a content ID.
struct Conversion: Hashable, Sendable {
  /// What happens to the line endings.
  enum LineEndings: UInt8, Sendable {
    /// Nothing.
    case unchanged
    /// Every lone LF becomes CRLF.
    case crlf
    /// The same where the content looks like text and has no CR yet.
    case crlfIfText
  }

  /// What happens to `$Id$`.
  enum Ident: UInt8, Sendable {
    /// Nothing.
    case unchanged
    /// It is expanded as git does it where it need not see the whole content.
    case streamed
    /// It is expanded as git does it where it guesses line endings, and so has the whole content in memory.
    case whole
  }

  let lineEndings: LineEndings
  let ident: Ident

  /// The conversion that changes nothing.
  static let none = Conversion(lineEndings: .unchanged, ident: .unchanged)

  init(lineEndings: LineEndings, ident: Ident) {
    self.lineEndings = lineEndings
    self.ident = ident
  }

  /// The conversion that `byte` names.
  init?(byte: UInt8) {
    guard let lineEndings = LineEndings(rawValue: byte & 15), let ident = Ident(rawValue: byte >> 4) else { return nil }
    self.init(lineEndings: lineEndings, ident: ident)
  }

  /// Its name in a content ID.
  var byte: UInt8 { lineEndings.rawValue | ident.rawValue << 4 }

  /// What git does with these attributes (convert_attrs in convert.c).
  init(
    text: AttributeSetting, crlf: AttributeSetting, eol: AttributeSetting, ident: AttributeSetting,
    settings: ConversionSettings
  ) {
    var guesses = false
    var becomesCRLF = false
    // `crlf` is the older name of `text`, and means something only where `text` does not.
    let wanted = Self.saysWhetherText(text) ? text : crlf
    switch (wanted, eol) {
    case (.unset, _): break
    case (.auto, .crlf): (guesses, becomesCRLF) = (true, true)
    // Saying `eol=lf` spares git from guessing, on the way out.
    case (_, .lf): break
    case (_, .crlf): becomesCRLF = true
    case (.auto, _): (guesses, becomesCRLF) = (true, settings.textIsCRLF)
    case (.set, _): becomesCRLF = settings.textIsCRLF
    case (.input, _): break
    default:
      let isOn = settings.autoCRLF == .on
      (guesses, becomesCRLF) = (isOn, isOn)
    }
    lineEndings = becomesCRLF ? (guesses ? .crlfIfText : .crlf) : .unchanged
    self.ident = ident == .set ? (guesses ? .whole : .streamed) : .unchanged
  }

  private static func saysWhetherText(_ setting: AttributeSetting) -> Bool {
    switch setting {
    case .set, .unset, .input, .auto: true
    case .undecided, .unspecified, .lf, .crlf, .other: false
    }
  }

  /// How much is given to `output` at once.
  private static let pieceSize = 64 << 10

  /// Converts the blob with this id, piece by piece.
  func convert(
    _ blob: UnsafeRawBufferPointer, id: [UInt8],
    _ output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    let text = IdentText(blob: blob, expansion: Array(": \(hexadecimal(id)) $".utf8), ident: ident)
    var statistics = TextStatistics()
    if lineEndings == .crlfIfText { try text.forEachPiece { piece throws(ProviderError) in statistics.add(piece) } }
    var ending = LineEndingWriter(
      convertsToCRLF: lineEndings == .crlf || lineEndings == .crlfIfText && statistics.isPlainText)
    var waiting: [UInt8] = []
    waiting.reserveCapacity(Self.pieceSize)
    try text.forEachPiece { piece throws(ProviderError) in
      try ending.forEachPiece(of: piece) { piece throws(ProviderError) in
        if waiting.count + piece.count > Self.pieceSize {
          try Self.give(waiting, to: output)
          waiting.removeAll(keepingCapacity: true)
        }
        if piece.count > Self.pieceSize { try output(piece) } else { waiting.append(contentsOf: piece) }
      }
    }
    try Self.give(waiting, to: output)
  }

  private static func give(
    _ bytes: [UInt8], to output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    if bytes.isEmpty { return }
    let result: Result<Void, ProviderError> = bytes.withUnsafeBytes { buffer in
      Result { () throws(ProviderError) in try output(buffer) }
    }
    try result.get()
  }
}
