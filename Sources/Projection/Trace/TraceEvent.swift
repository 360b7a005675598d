internal import Glibc

/// Something that a view did for somebody, or would not do: a request that was answered, a fetch that ended or was denied.
package struct TraceEvent: Sendable {
  /// What hydrations are called among operations.
  package static let hydration = "HYDRATION"

  /// When it ended, in nanoseconds since 1970.
  package var time: Int64
  /// The request's name in the kernel's header, or `HYDRATION`.
  package var operation: String
  /// What it is about, from the root; nil where that has no name.
  package var path: [UInt8]?
  /// The other name, of what is renamed or linked.
  package var newPath: [UInt8]?
  /// From the arrival to the reply, or how long the fetch took.
  package var latency: Duration
  /// The error number that was answered; nil where it was none, and of a fetch.
  package var error: CInt?
  /// Who caused it.
  package var identity: NamedProcess
  /// The fetch, where it is one.
  package var hydration: Hydration?

  /// What only a fetch has.
  package struct Hydration: Sendable {
    /// Why.
    package var cause: Demand.Cause
    /// What came of it.
    package var outcome: HydrationRecord.Outcome
    /// How many bytes came.
    package var bytes: Int64
  }

  /// A request that was answered.
  package init(
    _ operation: String, at path: [UInt8]?, to newPath: [UInt8]? = nil, latency: Duration, error: CInt?,
    by identity: NamedProcess
  ) {
    time = Self.now
    self.operation = operation
    self.path = path
    self.newPath = newPath
    self.latency = latency
    self.error = error
    self.identity = identity
  }

  /// A fetch.
  init(_ record: HydrationRecord) {
    time = record.time
    operation = Self.hydration
    path = record.path
    latency = record.latency
    identity = record.identity
    hydration = Hydration(cause: record.cause, outcome: record.outcome, bytes: record.bytes)
  }

  /// About how much memory it takes.
  var footprint: Int { 256 + (path?.count ?? 0) + (newPath?.count ?? 0) }

  /// The time, in nanoseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
