internal import Control

/// Statistics in Prometheus' text format, version 0.0.4.
struct PrometheusText {
  private let stats: StatsReport
  private var lines: [String] = []

  /// The whole exposition, with a line feed at its end.
  static func text(_ stats: StatsReport) -> String {
    var text = PrometheusText(stats)
    text.addFiles()
    text.addHydrations()
    text.addRequests()
    text.addRest()
    return text.lines.joined(separator: "\n") + "\n"
  }

  private init(_ stats: StatsReport) {
    self.stats = stats
  }

  private mutating func addFiles() {
    let (files, bytes) = (stats.files, stats.bytes)
    family("projfs_files", "gauge", "Paths of the projection by state; new ones are the user's alone.") {
      for (state, count) in [
        ("virtual", files.virtual), ("placeholder", files.placeholder), ("hydrated", files.hydrated),
        ("full", files.full), ("tombstone", files.tombstone), ("new", files.new),
      ] { $0.sample("projfs_files", [("state", state)], "\(count)") }
    }
    family("projfs_file_bytes", "gauge", "Bytes of hydrated paths, and of full and new ones.") {
      $0.sample("projfs_file_bytes", [("state", "hydrated")], "\(bytes.hydrated)")
      $0.sample("projfs_file_bytes", [("state", "full")], "\(bytes.full)")
    }
    if let total = bytes.total {
      single("projfs_projection_bytes", "gauge", "Bytes of all paths of the projection.", "\(total)")
    }
  }

  private mutating func addHydrations() {
    let hydration = stats.hydration
    let causes = hydration.causes.sorted { $0.key < $1.key }
    family("projfs_hydrations_total", "counter", "Contents that were fetched, by cause.") { text in
      for (cause, sum) in causes { text.sample("projfs_hydrations_total", [("cause", cause)], "\(sum.count)") }
    }
    family("projfs_hydrated_bytes_total", "counter", "Bytes that were fetched, by cause.") { text in
      for (cause, sum) in causes { text.sample("projfs_hydrated_bytes_total", [("cause", cause)], "\(sum.bytes)") }
    }
    family("projfs_hydration_failures_total", "counter", "Fetches that failed, by cause.") { text in
      for (cause, sum) in causes {
        text.sample("projfs_hydration_failures_total", [("cause", cause)], "\(sum.failures)")
      }
    }
    single("projfs_hydrations_denied_total", "counter", "Hydrations that were refused.", "\(hydration.denied)")
    single(
      "projfs_hydrations_shared_total", "counter", "Demands that waited for a fetch already under way.",
      "\(hydration.shared)")
    single("projfs_hydrations_in_flight", "gauge", "Fetches under way.", "\(hydration.inFlight)")
    family("projfs_hydration_duration_seconds", "histogram", "How long fetches took, storing included.") {
      $0.histogram(
        "projfs_hydration_duration_seconds", [], hydration.latencyPowersOfTwo, microseconds: hydration.latencySumUs)
    }
  }

  private mutating func addRequests() {
    let requests = stats.requests.sorted { $0.key < $1.key }
    family("projfs_requests_total", "counter", "Requests of the kernel, by operation.") { text in
      for (name, request) in requests {
        text.sample("projfs_requests_total", [("operation", name)], "\(request.count)")
      }
    }
    family("projfs_request_errors_total", "counter", "Requests that were answered with an error.") { text in
      for (name, request) in requests {
        text.sample("projfs_request_errors_total", [("operation", name)], "\(request.errors)")
      }
    }
    family("projfs_request_duration_seconds", "histogram", "From a request's arrival to its reply.") { text in
      for (name, request) in requests where !request.powersOfTwo.isEmpty {
        text.histogram(
          "projfs_request_duration_seconds", [("operation", name)], request.powersOfTwo, microseconds: request.sumUs)
      }
    }
    let opens = stats.passthrough
    family("projfs_opens_total", "counter", "Opens, by who serves the data.") {
      $0.sample("projfs_opens_total", [("served_by", "kernel")], "\(opens.opens)")
      $0.sample("projfs_opens_total", [("served_by", "requests")], "\(opens.fallbackOpens)")
    }
    single(
      "projfs_backing_files", "gauge", "Files that the kernel holds by itself.", "\(opens.activeBackingIds)")
  }

  private mutating func addRest() {
    let store = stats.contentStore
    single(
      "projfs_content_store_files", "gauge", "Contents in the store, of all views of the source.", "\(store.files)")
    single("projfs_content_store_bytes", "gauge", "Bytes of the contents in the store.", "\(store.bytes)")
    if let limit = store.limit {
      single("projfs_content_store_limit_bytes", "gauge", "The limit of the store.", "\(limit)")
    }
    single("projfs_content_store_evictions_total", "counter", "Contents that were evicted.", "\(store.evictions)")
    single("projfs_inodes", "gauge", "Inodes that the kernel knows.", "\(stats.inodes.known)")
    single("projfs_inode_lookups", "gauge", "Lookups that the kernel holds on them.", "\(stats.inodes.referenced)")
    single("projfs_resident_memory_bytes", "gauge", "Memory of the server.", "\(stats.memoryBytes)")
    single("projfs_uptime_seconds", "gauge", "For how long the view has been mounted.", "\(stats.uptimeSeconds)")
  }

  // MARK: - The format

  private mutating func family(
    _ name: String, _ kind: String, _ help: String, _ samples: (inout PrometheusText) -> Void
  ) {
    let before = lines.count
    lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(kind)"]
    samples(&self)
    // A family without samples is none.
    if lines.count == before + 2 { lines.removeLast(2) }
  }

  private mutating func single(_ name: String, _ kind: String, _ help: String, _ value: String) {
    family(name, kind, help) { $0.sample(name, [], value) }
  }

  private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
    let pairs = ([("mountpoint", stats.mountpoint)] + labels).map { "\($0)=\"\(Self.escaped($1))\"" }
    lines.append("\(name){\(pairs.joined(separator: ","))} \(value)")
  }

  private mutating func histogram(
    _ name: String, _ labels: [(String, String)], _ powersOfTwo: [Int], microseconds sum: UInt64
  ) {
    guard !powersOfTwo.isEmpty else { return }
    var count = 0
    for (power, added) in powersOfTwo.enumerated() where power < 63 {
      count += added
      let limit = Double(UInt64(1) << UInt64(power)) / 1e6
      sample("\(name)_bucket", labels + [("le", "\(limit)")], "\(count)")
    }
    sample("\(name)_bucket", labels + [("le", "+Inf")], "\(count)")
    sample("\(name)_sum", labels, "\(Double(sum) / 1e6)")
    sample("\(name)_count", labels, "\(count)")
  }

  private static func escaped(_ value: String) -> String {
    var result = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
