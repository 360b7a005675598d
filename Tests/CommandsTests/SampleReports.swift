import Control

/// Reports with known numbers, for what is made of them.
enum SampleReports {
  /// A view in which some things happened, with names that nobody should print as they are.
  static var busy: StatsReport {
    var report = StatsReport()
    report.mountpoint = "/tmp/a \"quoted\\\" view\n"
    report.uptimeSeconds = 3725
    report.files.total = 100_007
    report.files.virtual = 99_900
    report.files.placeholder = 90
    report.files.hydrated = 14
    report.files.full = 2
    report.files.tombstone = 1
    report.files.new = 3
    report.bytes.total = 1 << 30
    report.bytes.hydrated = 5 << 20
    report.bytes.full = 2048
    report.hydration.count = 14
    report.hydration.bytes = 5 << 20
    report.hydration.failures = 1
    report.hydration.denied = 2
    report.hydration.shared = 4
    report.hydration.latencyUs = .init(p50: 90, p90: 1500, p99: 2_300_000, max: 2_300_000)
    report.hydration.latencySumUs = 2_310_000
    report.hydration.latencyPowersOfTwo = [0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 4]
    report.hydration.causes = [
      "open": .init(count: 11, bytes: 4 << 20, failures: 1), "prefetch": .init(count: 3, bytes: 1 << 20),
    ]
    report.passthrough.opens = 30
    report.passthrough.fallbackOpens = 10
    report.passthrough.activeBackingIds = 14
    report.requests = [
      "LOOKUP": .init(
        count: 1000, errors: 0, latency: .init(p50: 8, p90: 12, p99: 40, max: 900), sumUs: 9000,
        powersOfTwo: [0, 0, 100, 800, 100]),
      "FORGET": .init(count: 7, errors: 0, latency: .init()),
      "OPEN": .init(count: 40, errors: 2, latency: .init(p50: 100, p90: 200, p99: 300, max: 400), sumUs: 5000),
    ]
    report.contentStore.files = 20
    report.contentStore.bytes = 6 << 20
    report.inodes.known = 104
    report.inodes.referenced = 210
    report.memoryBytes = 12 << 20
    report.processes = [
      .init(pid: 12, command: "rg", sessionPid: 9, sessionCommand: "code", hydrations: 9, bytes: 4 << 20),
      .init(pid: 13, command: "\u{1b}[31m\n", sessionPid: nil, sessionCommand: nil, hydrations: 4, bytes: 1 << 19),
    ]
    report.otherProcesses = .init(hydrations: 1, bytes: 1 << 19)
    report.directories = [
      directory("", 0, total: 100_007, hydrated: 14, untouched: 5),
      directory("src", 1, total: 50, hydrated: 10, untouched: 1),
      directory("src/\u{1b}]0;x", 2, total: 10, hydrated: 10, untouched: 0),
      directory("tests", 1, total: 40, hydrated: 4, untouched: 0),
    ]
    report.backingFiles = [
      .init(Array("src/a".utf8), file: Array("/store/ab/cd".utf8), isStored: true, opens: 2),
      .init([0x66, 0xff], file: nil, isStored: false, opens: 0),
      .init(nil, file: Array("/store/ab/ce".utf8), isStored: true, opens: 1),
    ]
    return report
  }

  private static func directory(
    _ path: String, _ depth: Int, total: Int, hydrated: Int, untouched: Int
  ) -> StatsReport.Directory {
    var files = StatsReport.Files()
    files.total = total
    files.hydrated = hydrated
    files.virtual = total - hydrated
    var bytes = StatsReport.Bytes()
    bytes.total = Int64(total) * 1024
    bytes.hydrated = Int64(hydrated) * 1024
    return .init(
      Array(path.utf8), depth: depth, files: files, bytes: bytes, untouched: untouched,
      fetched: .init(hydrations: hydrated, bytes: Int64(hydrated) * 1024))
  }
}
