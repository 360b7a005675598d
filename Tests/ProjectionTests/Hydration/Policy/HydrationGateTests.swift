import Glibc
import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// What a policy denies and slows down.
@Suite struct HydrationGateTests {
  private let provider = TreeProvider()
  private let fixture: Fixture
  /// This very process.
  private let me = Caller(thread: UInt32(getpid()))
  private let name: String

  init() async throws {
    for number in 0..<30 { provider.addFile("f\(number)", text: "content \(number)") }
    provider.addFile("large", id: "large", text: String(repeating: "x", count: 100_000))
    provider.add("link", .link("f0"))
    fixture = try await Fixture(provider)
    name = String(decoding: try FileCalls.contents("/proc/self/comm").dropLast(), as: UTF8.self)
  }

  private func read(_ name: String, by caller: Caller) async throws -> String {
    let file = try await fixture.fileSystem.contents(of: fixture.lookup(name).node, by: caller)
    return String(decoding: try FileCalls.read(file.rawValue, at: 0, count: 100), as: UTF8.self)
  }

  private func set(
    denied: [String] = [], slow: [String] = [], allowed: [String] = [], files: Int = 100, bytes: Int64 = 1 << 30
  ) throws {
    fixture.fileSystem.gate.set(
      HydrationRules(
        denied: try denied.map { try CommandPattern($0) }, slow: try slow.map { try CommandPattern($0) },
        allowed: try allowed.map { try CommandPattern($0) }, rate: HydrationRules.Rate(files: files, bytes: bytes)))
  }

  @Test("Who is denied gets what is here, names, attributes and links, and nothing else")
  func denied() async throws {
    #expect(try await read("f0", by: me) == "content 0")
    try set(denied: [name])
    await #expect(throws: ProjectionError.denied) { try await read("f1", by: me) }
    await #expect(throws: ProjectionError.denied) { try await read("f1", by: me) }
    #expect(try await read("f0", by: me) == "content 0")
    let node = try await fixture.lookup("f1").node
    #expect(try await fixture.fileSystem.attributes(of: node).size == 9)
    #expect(try await fixture.fileSystem.target(of: fixture.lookup("link").node, by: me) == Array("f0".utf8))
    await #expect(throws: ProjectionError.denied) {
      try await fixture.fileSystem.write([1], to: node, at: 0, with: nil, by: me)
    }
    #expect(try await fixture.fileSystem.prefetch(at: [[Array("f2".utf8)]]).fetched == 1)
    #expect(provider.count(.fetch("content 1")) == 0)
    #expect(fixture.fileSystem.gate.counts.denied == 3 && fixture.fileSystem.statistics.snapshot.failures == 0)
    #expect(fixture.log.lines.isEmpty, "a denial is no failure to be logged")
    // Others are not concerned, nor who cannot be known.
    #expect(try await read("f3", by: Caller(thread: 1)) == "content 3")
    #expect(try await read("f4", by: Caller(thread: 0)) == "content 4")
    try set()
    #expect(try await read("f1", by: me) == "content 1")
  }

  @Test("Who follows the view hears of each denial: who, where and why, and that nothing came")
  func tracing() async throws {
    try set(denied: [name])
    var filter = TraceFilter()
    filter.operations = [TraceEvent.hydration]
    let followed = try #require(fixture.fileSystem.trace.subscribe(filter))
    await #expect(throws: ProjectionError.denied) { try await read("f6", by: me) }
    let node = try await fixture.lookup("f7").node
    await #expect(throws: ProjectionError.denied) {
      try await fixture.fileSystem.write([1], to: node, at: 0, with: nil, by: me)
    }
    #expect(try await read("f8", by: Caller(thread: 0)) == "content 8")
    let events = followed.take().events
    #expect(events.map(\.path) == ["f6", "f7", "f8"].map { Array($0.utf8) })
    #expect(events.map(\.hydration?.outcome) == [.denied, .denied, .content])
    #expect(events.map(\.hydration?.cause) == [.read, .write, .read] && events.map(\.hydration?.bytes) == [0, 0, 9])
    #expect(events.map(\.identity.command) == [name, name, "kernel"] && events[0].identity.process == UInt32(getpid()))
    let snapshot = fixture.fileSystem.statistics.snapshot
    #expect(snapshot.count == 1 && snapshot.failures == 0 && snapshot.recent.count == 1)
    fixture.fileSystem.trace.unsubscribe(followed)
    await #expect(throws: ProjectionError.denied) { try await read("f6", by: me) }
    #expect(followed.take().events.isEmpty && fixture.fileSystem.gate.counts.denied == 3)
  }

  @Test("Another program in the same process is asked about anew")
  func exec() async throws {
    try set(denied: ["sleep"])
    let process = try Subprocess.spawn(["sh", "-c", "read line; exec sleep 60"], input: nil, output: nil, errors: nil)
    defer {
      kill(process, SIGKILL)
      _ = try? Subprocess.wait(for: process)
    }
    var isSleep = false
    while !isSleep {
      isSleep = try FileCalls.contents("/proc/\(process)/comm") == Array("sleep\n".utf8)
    }
    await #expect(throws: ProjectionError.denied) { try await read("f5", by: Caller(thread: UInt32(process))) }
  }

  @Test("A slow process group has its rate, and leaving it does not hold up others")
  func slow() async throws {
    try set(slow: [name], files: 20)
    let started = ContinuousClock.now
    for number in 0..<25 { #expect(try await read("f\(number)", by: me) == "content \(number)") }
    let took = started.duration(to: .now)
    // The first twenty at once, a twentieth of a second for each further one; whoever comes later than that need not wait.
    #expect(took >= .milliseconds(200), "\(took)")
    let counts = fixture.fileSystem.gate.counts
    #expect(counts.delayed <= 5 && counts.denied == 0, "\(counts)")
    // A byte a second: a large content uses up a day, for which the next one waits, unless nobody waits for it.
    try set(slow: [name], bytes: 1)
    #expect(try await read("large", by: me).utf8.count == 100)
    let before = fixture.fileSystem.gate.counts.delayed
    let task = Task { try await read("f25", by: me) }
    await eventually("it waits") { fixture.fileSystem.gate.counts.delayed > before }
    task.cancel()
    await #expect(throws: ProjectionError.interrupted) { try await task.value }
    try set(slow: [name], allowed: ["*"], files: 1)
    for number in 25..<30 { #expect(try await read("f\(number)", by: me) == "content \(number)") }
  }
}
