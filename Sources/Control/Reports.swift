/// What `projfs status --json` prints; fields are added, never renamed.
package struct StatusReport: Codable, Sendable {
  package var mountpoint: String
  package var source: String
  package var provider: String
  package var revision: String
  @ExplicitNull package var reference: String?
  package var engine: String
  package var engineReason: String
  package var `protocol`: String
  package var pid: Int32
  package var uptimeSeconds: Double
  package var readOnly: Bool
  package var healthy: Bool
  package var problems: [String]
  /// What is unusual, but not wrong.
  package var remarks: [String]?

  /// A report.
  package init(
    mountpoint: String, source: String, provider: String, revision: String, reference: String?, engine: String,
    engineReason: String, protocol: String, pid: Int32, uptimeSeconds: Double, readOnly: Bool, remarks: [String],
    problems: [String]
  ) {
    self.mountpoint = mountpoint
    self.source = source
    self.provider = provider
    self.revision = revision
    self.reference = reference
    self.engine = engine
    self.engineReason = engineReason
    self.protocol = `protocol`
    self.pid = pid
    self.uptimeSeconds = uptimeSeconds
    self.readOnly = readOnly
    healthy = problems.isEmpty
    self.problems = problems
    self.remarks = remarks
  }
}

/// What `projfs stats --json` prints; fields are added, never renamed.
package struct StatsReport: Codable, Sendable {
  /// Paths by state.
  package struct Files: Codable, Sendable {
    package var total = 0
    package var virtual = 0
    package var placeholder = 0
    package var hydrated = 0
    package var full = 0
    package var tombstone = 0
    package var new = 0

    /// No paths.
    package init() {}
  }

  /// Bytes of the paths by state.
  package struct Bytes: Codable, Sendable {
    @ExplicitNull package var total: Int64?
    package var hydrated: Int64 = 0
    package var full: Int64 = 0

    /// No bytes, and none that are unknown.
    package init() {}
  }

  /// Percentiles in microseconds.
  package struct Latency: Codable, Sendable {
    package var p50: UInt64 = 0
    package var p90: UInt64 = 0
    package var p99: UInt64 = 0
    package var max: UInt64 = 0

    /// Percentiles.
    package init(p50: UInt64 = 0, p90: UInt64 = 0, p99: UInt64 = 0, max: UInt64 = 0) {
      self.p50 = p50
      self.p90 = p90
      self.p99 = p99
      self.max = max
    }
  }

  /// Fetches since the mount.
  package struct Hydration: Codable, Sendable {
    package var count = 0
    package var bytes: Int64 = 0
    package var failures = 0
    package var denied = 0
    package var delayed = 0
    package var inFlight = 0
    package var shared = 0
    package var latencyUs = Latency()
    /// The sum of the latencies, and how many were at most 1, 2, 4, 8 µs and so on, each without those before.
    package var latencySumUs: UInt64 = 0
    package var latencyPowersOfTwo: [Int] = []
    /// What was fetched why; causes that did not occur are not there.
    package var causes: [String: Cause] = [:]
  }

  /// Opens since the mount.
  package struct Passthrough: Codable, Sendable {
    package var opens = 0
    package var fallbackOpens = 0
    package var activeBackingIds = 0
  }

  /// One kind of request.
  package struct Request: Codable, Sendable {
    package var count = 0
    package var errors = 0
    package var p50Us: UInt64 = 0
    package var p90Us: UInt64 = 0
    package var p99Us: UInt64 = 0
    package var maxUs: UInt64 = 0
    /// The sum of the latencies, and how many were at most 1, 2, 4, 8 µs and so on, each without those before.
    package var sumUs: UInt64 = 0
    package var powersOfTwo: [Int] = []

    /// One kind of request.
    package init(count: Int, errors: Int, latency: Latency, sumUs: UInt64 = 0, powersOfTwo: [Int] = []) {
      self.count = count
      self.errors = errors
      p50Us = latency.p50
      p90Us = latency.p90
      p99Us = latency.p99
      maxUs = latency.max
      self.sumUs = sumUs
      self.powersOfTwo = powersOfTwo
    }
  }

  /// What all views of the source share.
  package struct ContentStore: Codable, Sendable {
    package var files = 0
    package var bytes: Int64 = 0
    @ExplicitNull package var limit: Int64?
    package var evictions = 0
  }

  /// What the kernel knows.
  package struct Inodes: Codable, Sendable {
    package var known = 0
    package var referenced: UInt64 = 0
  }

  /// One process that caused hydrations.
  package struct Process: Codable, Sendable {
    package var pid: UInt32
    package var command: String
    /// The process that leads its session, such as the editor that started it; null where it is not known.
    @ExplicitNull package var sessionPid: UInt32?
    @ExplicitNull package var sessionCommand: String?
    package var hydrations: Int
    package var bytes: Int64

    /// One process.
    package init(
      pid: UInt32, command: String, sessionPid: UInt32?, sessionCommand: String?, hydrations: Int, bytes: Int64
    ) {
      self.pid = pid
      self.command = command
      self.sessionPid = sessionPid
      self.sessionCommand = sessionCommand
      self.hydrations = hydrations
      self.bytes = bytes
    }
  }

  package var mountpoint = ""
  package var uptimeSeconds: Double = 0
  package var files = Files()
  package var bytes = Bytes()
  package var hydration = Hydration()
  package var passthrough = Passthrough()
  package var requests: [String: Request] = [:]
  package var contentStore = ContentStore()
  package var inodes = Inodes()
  package var memoryBytes: Int64 = 0
  package var processes: [Process] = []
  /// What processes caused that are not remembered one by one.
  package var otherProcesses = Usage()
  /// With `--by-directory`: each after the one that it lies in.
  package var directories: [Directory]?
  /// With `--backing`.
  package var backingFiles: [BackingFile]?
  /// For `projfs report`.
  package var map: [Directory]?
  package var timeline: Timeline?
  package var recent: [RecentHydration]?

  package init() {}
}
