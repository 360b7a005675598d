internal import FoundationEssentials

/// Bytes in JSON, as Base64: for paths, which are no text, and for many things at once.
package struct PackedBytes: Codable, Sendable, Equatable {
  /// The bytes.
  package var bytes: [UInt8]

  /// Some bytes.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Several names, each with a NUL behind it.
  package init(names: some Sequence<[UInt8]>) {
    bytes = []
    for name in names {
      bytes += name
      bytes.append(0)
    }
  }

  /// Several pieces of up to 255 bytes, each behind its length.
  package init(pieces: some Sequence<[UInt8]>) {
    bytes = []
    for piece in pieces {
      bytes.append(UInt8(clamping: piece.count))
      bytes += piece.prefix(255)
    }
  }

  /// What `init(names:)` was given.
  package var names: [[UInt8]] {
    var names = bytes.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
    // Behind the last one there is nothing.
    if names.last?.isEmpty == true { names.removeLast() }
    return names
  }

  /// What `init(pieces:)` was given, as far as it is whole.
  package var pieces: [[UInt8]] {
    var pieces: [[UInt8]] = []
    var place = 0
    while place < bytes.count, place + 1 + Int(bytes[place]) <= bytes.count {
      let end = place + 1 + Int(bytes[place])
      pieces.append(Array(bytes[(place + 1)..<end]))
      place = end
    }
    return pieces
  }

  /// Reads Base64.
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let data = Data(base64Encoded: text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no Base64"))
    }
    bytes = Array(data)
  }

  /// Writes Base64.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Data(bytes).base64EncodedString())
  }
}
