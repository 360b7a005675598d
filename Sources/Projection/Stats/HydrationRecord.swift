/// One fetch that ended, or that was denied.
package struct HydrationRecord: Sendable {
  /// What came of it.
  package enum Outcome: Sendable, Hashable {
    /// A whole content.
    case content
    /// Some pieces of one.
    case pieces
    /// Nothing.
    case failure
    /// It was not begun: the policy of the view denies it.
    case denied
  }

  /// When it ended, in nanoseconds since 1970.
  package let time: Int64
  /// What came of it.
  package let outcome: Outcome
  /// Why.
  package let cause: Demand.Cause
  /// The path of the file for which it was fetched, from the root; nil where that is not known.
  package let path: [UInt8]?
  /// How many bytes came; of a content that came by pieces, all it has.
  package let bytes: Int64
  /// How long it took, storing included; 0 for a content that came by pieces.
  package let latency: Duration
  /// For whom; the first of those who waited.
  package let identity: NamedProcess
}

/// The last `limit` fetches of contents, oldest first. Paths of at most 4 KiB, so at most about 300 KB. Not synchronised.
struct RecentHydrations: Sendable {
  static let limit = 64

  private var records: [HydrationRecord] = []
  private var next = 0

  mutating func add(_ record: HydrationRecord) {
    if records.count < Self.limit {
      records.append(record)
    } else {
      records[next] = record
      next = (next + 1) % Self.limit
    }
  }

  var all: [HydrationRecord] { Array(records[next...] + records[..<next]) }
}
