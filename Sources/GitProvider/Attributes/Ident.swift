internal import Provider

/// A blob whose `$Id$` are expanded to `$Id: <id> $`, piece by piece.
///
/// git has two ways to do it, for contents that it streams and for those that it has in memory, and they differ in odd
/// cases: the one skips an `$Id$` right after another `$`, the other does not. Which one runs is a matter of the other
/// attributes, so both are here.
struct IdentText {
  let blob: UnsafeRawBufferPointer
  /// What follows `$Id`.
  let expansion: [UInt8]
  let ident: Conversion.Ident

  private static let dollar = UInt8(ascii: "$")

  /// Gives `output` all pieces in order, or the blob as it is.
  func forEachPiece(_ output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void) throws(ProviderError) {
    switch ident {
    case .unchanged: try output(blob)
    case .streamed: try streamed(output)
    case .whole: try whole(output)
    }
  }

  private func piece(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: blob[range])
  }

  private func give(
    _ bytes: [UInt8], to output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    let result: Result<Void, ProviderError> = bytes.withUnsafeBytes { buffer in
      Result { () throws(ProviderError) in try output(buffer) }
    }
    try result.get()
  }

  // MARK: - In memory

  private func whole(_ output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void) throws(ProviderError) {
    var start = 0
    var place = 0
    while let opening = blob[place...].firstIndex(of: Self.dollar) {
      place = opening + 1
      let rest = blob[place...]
      guard rest.starts(with: "Id".utf8), let third = rest.dropFirst(2).first else { continue }
      var end = place + 2
      if third == UInt8(ascii: ":") {
        // Nothing can follow where there is no closing dollar at all.
        guard let closing = blob[(place + 3)...].firstIndex(of: Self.dollar) else { break }
        if !isOurs(place + 3..<closing) { continue }
        end = closing
      } else if third != Self.dollar {
        continue
      }
      try output(piece(start..<place + 2))
      try give(expansion, to: output)
      start = end + 1
      place = start
    }
    try output(piece(start..<blob.count))
  }

  /// Whether what stands between the colon and the closing dollar may be replaced: no line end, and no blank but as
  /// its first and last byte, as another version control system would have it.
  private func isOurs(_ range: Range<Int>) -> Bool {
    let text = blob[range]
    if text.contains(UInt8(ascii: "\n")) { return false }
    guard let blank = text.dropFirst().firstIndex(of: UInt8(ascii: " ")) else { return true }
    return blank == range.upperBound - 1
  }

  // MARK: - Streamed

  /// git reads byte by byte here, and what does not look like a beginning goes out at once. Two consequences look like
  /// oversights but are what a checkout shows: after `$Id` and another byte what was held back stays there, to be lost
  /// if an expansion follows; and a NUL after `$Id` counts as one more byte of it.
  private func streamed(_ output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void) throws(ProviderError) {
    let head: [UInt8] = [Self.dollar, UInt8(ascii: "I"), UInt8(ascii: "d"), 0]
    let keyword = head[..<3]
    var held: [UInt8] = []
    var matched = 0
    var isInside = false
    var place = 0
    while place < blob.count {
      if matched == 0, !isInside, held.isEmpty {
        let opening = blob[place...].firstIndex(of: Self.dollar) ?? blob.count
        try output(piece(place..<opening))
        place = opening
        if place == blob.count { break }
      }
      let byte = blob[place]
      place += 1
      if isInside {
        held.append(byte)
        guard byte == UInt8(ascii: "\n") || byte == Self.dollar else { continue }
        if byte == Self.dollar, !Self.isForeign(held) { held = keyword + expansion }
        isInside = false
      } else if matched < head.count, head[matched] == byte {
        matched += 1
        continue
      } else {
        let found = matched
        matched = 0
        held += head[..<found]
        if found == keyword.count, byte == Self.dollar {
          held += expansion
        } else {
          held.append(byte)
          if found == keyword.count {
            isInside = byte == UInt8(ascii: ":")
            continue
          }
        }
      }
      try give(held, to: output)
      held.removeAll(keepingCapacity: true)
    }
    try give(held + head[..<matched], to: output)
  }

  /// Whether what was held back is the expansion of another system: a blank that is not before the closing dollar. git
  /// reads a C string here.
  private static func isForeign(_ held: [UInt8]) -> Bool {
    guard held.starts(with: "$Id: ".utf8) else { return false }
    let text = held.dropFirst(5)
    let end = text.firstIndex(of: 0) ?? text.endIndex
    return text[..<end].indices.contains { place in
      let isBlank = text[place] == 32 || text[place] == 9 || text[place] == 13
      return isBlank && (place + 1 >= text.endIndex || text[place + 1] != dollar)
    }
  }
}
