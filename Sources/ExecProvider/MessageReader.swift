/// Cuts what a program writes into messages, however it comes.
///
/// Holds at most one header line. Bodies are passed on as they come.
struct MessageReader {
  /// What was read.
  enum Piece {
    /// A header, whose body follows.
    case header(ProgramMessage)
    /// Some bytes of the body, never none.
    case body(UnsafeRawBufferPointer)
    /// The body is complete.
    case end
  }

  /// The longest header line, in bytes.
  static let longestHeader = 65_536

  private var line: [UInt8] = []
  /// How much of the current body is still to come.
  private var missing = 0

  /// Whether a message has begun and not ended.
  var isInside: Bool { missing > 0 || !line.isEmpty }

  /// Reads what came next; calls `take` with each piece.
  mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ take: (Piece) throws(ExecError) -> Void
  ) throws(ExecError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if missing > 0 {
        let piece = rest.prefix(missing)
        missing -= piece.count
        rest = rest.dropFirst(piece.count)
        try take(.body(UnsafeRawBufferPointer(rebasing: piece)))
        if missing == 0 { try take(.end) }
        continue
      }
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let piece = rest[..<(end ?? rest.endIndex)]
      guard line.count + piece.count <= Self.longestHeader else {
        throw .nonsense("a header longer than \(Self.longestHeader) bytes")
      }
      line += piece
      guard let end else { return }
      rest = rest[(end + 1)...]
      let message = try ProgramMessage(header: line)
      line.removeAll(keepingCapacity: true)
      missing = message.length
      try take(.header(message))
      if missing == 0 { try take(.end) }
    }
  }
}

extension ProgramMessage {
  /// How many bytes follow the header.
  var length: Int {
    switch self {
    case .answer(_, let length, _), .change(_, let length): length
    case .hello, .refusal, .failure: 0
    }
  }
}
