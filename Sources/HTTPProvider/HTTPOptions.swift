/// How a server is asked: time-outs, repetitions, connections.
public struct HTTPOptions: Sendable {
  /// How long making a connection may take.
  public var connectTimeout: Duration = .seconds(10)
  /// How long a connection may give nothing while something is to come.
  public var idleTimeout: Duration = .seconds(30)
  /// How often a request is made in all that gets nowhere. What goes on where it was cut begins to count anew.
  public var attempts = 5
  /// The wait before the second attempt; doubled each time, up to `longestBackOff`, and cut by up to a half at random.
  public var backOff: Duration = .milliseconds(200)
  /// The longest wait between attempts.
  public var longestBackOff: Duration = .seconds(10)
  /// The longest `Retry-After` that is waited for. Where it is longer the request fails.
  public var longestRetryAfter: Duration = .seconds(60)
  /// How many requests are under way at a time.
  public var connections = 16
  /// How often the manifest is looked at. Nil: as often as its `Cache-Control: max-age` says, between 5 seconds and an
  /// hour, and every minute where it says nothing.
  public var interval: Duration?
  /// The largest manifest, in bytes.
  public var largestManifest = 1 << 30

  /// What is good for most servers.
  public init() {}
}
