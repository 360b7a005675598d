internal import Provider

/// Passes on the bytes of a range, of chunks that were verified only.
///
/// Holds one chunk.
struct ChunkVerifier {
  private let chunks: Manifest.Chunks
  private let size: Int64
  private let range: Range<Int64>
  private var chunk: [UInt8] = []
  /// Where the current chunk begins.
  private var start: Int64

  /// The chunks that the range lies in: what has to be fetched.
  let fetched: Range<Int64>

  init(chunks: Manifest.Chunks, size: Int64, range: Range<Int64>) {
    self.chunks = chunks
    self.size = size
    self.range = range
    start = range.lowerBound / chunks.size * chunks.size
    // The last chunk ends with the content.
    let end = ((range.upperBound - 1) / chunks.size + 1).multipliedReportingOverflow(by: chunks.size)
    fetched = start..<(end.overflow ? size : min(end.partialValue, size))
  }

  /// Takes what comes next of `fetched`.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ pass: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let length = Int(min(chunks.size, size - start))
      let piece = rest.prefix(length - chunk.count)
      chunk.append(contentsOf: piece)
      rest = rest.dropFirst(piece.count)
      guard chunk.count == length else { return }
      let index = Int(start / chunks.size)
      guard try Digest(of: chunk) == chunks.digest(at: index) else {
        throw .damaged("chunk \(index) has other bytes than the manifest says")
      }
      let wanted = range.clamped(to: start..<start + Int64(length))
      let outcome: Result<Void, ProviderError> = chunk.withUnsafeBytes { bytes in
        Result { () throws(ProviderError) in
          try pass(
            UnsafeRawBufferPointer(rebasing: bytes[Int(wanted.lowerBound - start)..<Int(wanted.upperBound - start)]))
        }
      }
      try outcome.get()
      start += Int64(length)
      chunk.removeAll(keepingCapacity: true)
    }
  }
}
