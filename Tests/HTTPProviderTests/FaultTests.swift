internal import FoundationEssentials
internal import Logging
internal import Provider
internal import TestSupport
internal import Testing

@testable import HTTPProvider

/// Web servers that fail, lie and change: the right bytes, or an error that says what is wrong.
@Suite("HTTP faults")
struct FaultTests {
  @Test(
    "Faults that pass are got over",
    arguments: [
      "status:500:2", "status:503:1,after:0", "status:429:2,after:0", "close:x:3", "cut:100000:2", "cut:0:3",
      "redirect:x:2",
      "cut:100000:2,whole:x", "cut:70000,untagged:x",
    ])
  func transient(fault: String) async throws {
    let server = try await Server.start()
    let bytes = someBytes(300_000)
    let content = try await server.serve("file", bytes, fault: fault)
    #expect(try await content.bytes("file") == bytes)
    await content.end()
  }

  @Test(
    "Faults that last are errors, and a refusal is not repeated",
    arguments: [
      ("status:500", ProviderError.unavailable(""), 5), ("close", .unavailable(""), nil),
      ("status:404", .missing(""), 1),
      ("status:403", .denied(""), 1), ("status:400", .unavailable(""), 1), ("status:501", .unavailable(""), 1),
      ("status:429,after:3600", .unavailable(""), 1), ("wrong", .damaged(""), 1), ("encoded", .unsupported(""), 1),
      ("chunked", .wrongSize(""), 1), ("loop", .unavailable(""), nil), ("cut:0", .unavailable(""), 5),
    ] as [(String, ProviderError, Int?)])
  func lasting(fault: String, kind: ProviderError, count: Int?) async throws {
    let server = try await Server.start()
    let content = try await server.serve("file", someBytes(1000), fault: fault)
    // The question whether there are ranges came before.
    let before = try await server.requests().filter { $0.hasPrefix("/file") }.count
    await #expect {
      _ = try await content.bytes("file")
    } throws: { error in
      guard let error = error as? ProviderError else { return false }
      return error.description.prefix { $0 != ":" } == kind.description.prefix { $0 != ":" }
    }
    if let count { #expect(try await server.requests().filter { $0.hasPrefix("/file") }.count - before == count) }
    await content.end()
  }

  @Test(
    "Parts are the right ones, however the server takes the question",
    arguments: [
      "", "whole", "status:500:2", "cut:1000:3", "untagged", "cut:50000:2,whole:x", "weak,cut:1000:3",
      "dated,cut:1000:3",
    ], [nil, 65_536] as [Int?])
  func parts(fault: String, chunk: Int?) async throws {
    let server = try await Server.start()
    let bytes = someBytes(300_000)
    let content = try await server.serve("file", bytes, fault: fault, chunk: chunk)
    for range: Range<Int64> in [
      0..<1, 0..<300_000, 299_999..<300_000, 65_535..<65_537, 100_000..<250_000, 131_072..<196_608,
    ] {
      #expect(try await content.bytes("file", range) == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }
    await #expect(throws: ProviderError.self) { try await content.bytes("file", 299_999..<300_001) }
    #expect((content.provider is any RangedContentProvider) == !fault.contains("whole"))
    #expect(content.provider is any ContentVerifier)
    await content.end()
  }

  @Test("Wrong parts are errors", arguments: ["shifted", "unnamed", "total", "encoded"], [nil, 4096] as [Int?])
  func wrongParts(fault: String, chunk: Int?) async throws {
    let server = try await Server.start()
    let content = try await server.serve("file", someBytes(100_000), fault: fault, chunk: chunk)
    await #expect(throws: ProviderError.self) { try await content.bytes("file", 10_000..<20_000) }
    await content.end()
  }

  @Test("Parts of two versions never meet")
  func versions() async throws {
    let server = try await Server.start()
    let bytes = someBytes(100_000)
    let content = try await server.serve("file", bytes, fault: "")
    #expect(try await content.bytes("file", 0..<10_000) == Array(bytes[0..<10_000]))
    // Of the same size.
    try server.write("file", someBytes(100_000, seed: 2))
    await #expect(throws: ProviderError.self) { try await content.bytes("file", 10_000..<20_000) }
    await #expect(throws: ProviderError.self) { try await content.bytes("file") }
    // With hashes of its chunks it is the bytes that count.
    try server.writeManifest([try entry("file", bytes, url: "file", chunk: 4096)])
    let chunked = try await server.open()
    await #expect(throws: ProviderError.self) { try await chunked.bytes("file", 10_000..<20_000) }
    try server.write("file", bytes)
    #expect(try await chunked.bytes("file", 10_000..<20_000) == Array(bytes[10_000..<20_000]))
    await chunked.end()
    await content.end()
  }

  @Test("A file that changes while it is cut is an error")
  func changingTag() async throws {
    let server = try await Server.start()
    let content = try await server.serve("file", someBytes(300_000), fault: "tag,cut:100000")
    await #expect(throws: ProviderError.self) { try await content.bytes("file") }
    await content.end()
  }

  @Test("A server that says nothing more is given up after a time")
  func stall() async throws {
    let server = try await Server.start()
    let bytes = someBytes(300_000)
    try server.write("file", bytes)
    try server.writeManifest([try entry("file", bytes, url: "file?fault=stall:100000:2")])
    var options = quick
    options.idleTimeout = .milliseconds(300)
    let content = try await server.open(options: options)
    #expect(try await content.bytes("file") == bytes)
    await content.end()
  }

  @Test("Who gives up returns at once, and the server hears of it", arguments: ["stall:10", "status:429,after:30"])
  func cancellation(fault: String) async throws {
    let server = try await Server.start()
    let bytes = someBytes(300_000)
    try server.write("file", bytes)
    try server.writeManifest([try entry("file", bytes, url: "file?fault=\(fault)")])
    let content = try await server.open()
    let task = Task { try await content.bytes("file") }
    while try await !server.requests().contains(where: { $0.hasPrefix("/file") && $0.contains(" None ") }) {
      await Task.yield()
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    if fault.hasPrefix("stall") {
      while try await !server.requests().contains(where: { $0.hasPrefix("/file") && $0.contains(" closed ") }) {
        await Task.yield()
      }
    }
    await content.end()
  }

  @Test(
    "Where redirections may lead",
    arguments: [
      ("https://a/b", "c?d", "https://a/c?d"), ("https://a/b", "https://other/c", "https://other/c"),
      ("http://a/b", "https://a/b", "https://a/b"), ("https://a/b", "http://a/b", nil),
      ("http://a/b", "ftp://a/b", nil), ("http://a/b", "http://user@a/b", nil),
      ("http://a/b", "//other/c", "http://other/c"),
    ] as [(String, String, String?)])
  func redirections(from: String, to: String, target: String?) throws {
    let url = try #require(URL(string: from))
    #expect((try? Transport.target(of: to, from: url))?.absoluteString == target)
  }

  @Test("Many readers share a few kept connections")
  func many() async throws {
    let server = try await Server.start()
    var entries: [String] = []
    for number in 0..<200 {
      let bytes = Array("content \(number)".utf8)
      try server.write("f\(number)", bytes)
      entries.append(try entry("f\(number)", bytes, url: "f\(number)"))
    }
    try server.writeManifest(entries)
    let content = try await server.open()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          let bytes = try await content.bytes("f\(number)")
          #expect(bytes == Array("content \(number)".utf8))
        }
      }
      try await group.waitForAll()
    }
    await content.end()
  }

  @Test("A place that is free goes to who waits longest, and not to who has gone")
  func slots() async throws {
    let slots = Slots(1)
    try await slots.take()
    let gone = Task { try await slots.take() }
    gone.cancel()
    await #expect(throws: CancellationError.self) { try await gone.value }
    let next = Task { try await slots.take() }
    slots.give()
    try await next.value
    slots.give()
    try await slots.take()
  }

  @Test(
    "Retry-After is seconds or a date",
    arguments: [
      ("120", 120), ("0", 0), ("Thu, 01 Jan 1970 00:00:10 GMT", 0), ("soon", nil), ("-5", nil),
    ] as [(String, Int?)])
  func retryAfter(text: String, seconds: Int?) {
    #expect(Transport.duration(text) == seconds.map { .seconds($0) })
  }

  @Test(
    "Content-Range",
    arguments: [
      ("bytes 0-99/1000", 0, 99, 1000), ("bytes 5-5/*", 5, 5, nil),
    ] as [(String, Int64, Int64, Int64?)])
  func contentRange(text: String, first: Int64, last: Int64, total: Int64?) throws {
    let range = try #require(ContentRange(text))
    #expect(range.first == first)
    #expect(range.last == last)
    #expect(range.total == total)
    for bad in ["", "bytes", "bytes 1-0/5", "bytes 0-5/5", "bytes -5/10", "items 0-1/2", "bytes 0-1", "bytes a-b/c"] {
      #expect(ContentRange(bad) == nil)
    }
  }
}
