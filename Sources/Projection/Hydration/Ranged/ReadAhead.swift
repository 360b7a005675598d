/// Finds out who reads a content from front to back, and how far ahead of them it is worth fetching. Fetches nothing.
struct ReadAhead: Sendable {
  /// What is worth fetching before it is asked for.
  struct Wish: Sendable, Equatable {
    /// From where on.
    let start: Int64
    /// Up to where.
    let end: Int64
    /// Less than this is not worth a fetch yet, unless it is the end of the content.
    let least: Int64
  }

  private struct Stream {
    var end: Int64
    var length: Int64
    var stamp: UInt64
  }

  /// How far ahead of a reader at most.
  static let farthest: Int64 = 16 << 20
  /// How far ahead of a reader that has just begun to read on.
  static let nearest: Int64 = 2 * PieceMap.pieceSize
  /// Requests of one reader may come out of order, and skip a little.
  private static let slack: Int64 = 512 << 10
  /// How many readers are told apart.
  private static let limit = 8

  private var streams: [Stream] = []
  private var lastStamp: UInt64 = 0

  /// Notes that `range` is being read. Nil where that is nobody's next piece.
  mutating func note(_ range: Range<Int64>) -> Wish? {
    lastStamp += 1
    let near = streams.indices.first { index in
      let end = streams[index].end
      return range.lowerBound >= end - Self.slack && range.lowerBound <= end + Self.slack
    }
    guard let index = near else {
      if streams.count == Self.limit, let oldest = streams.indices.min(by: { streams[$0].stamp < streams[$1].stamp }) {
        streams.remove(at: oldest)
      }
      streams.append(Stream(end: range.upperBound, length: Int64(range.count), stamp: lastStamp))
      return nil
    }
    streams[index].stamp = lastStamp
    let end = streams[index].end
    guard range.upperBound > end else { return nil }
    streams[index].length += range.upperBound - end
    streams[index].end = range.upperBound
    // As far again as it was read: a reader that stops early has cost little.
    let window = min(Self.farthest, max(Self.nearest, streams[index].length))
    return Wish(start: range.upperBound, end: range.upperBound + window, least: window / 2)
  }

  /// Forgets all readers: what was fetched ahead of them failed.
  mutating func reset() { streams = [] }
}
