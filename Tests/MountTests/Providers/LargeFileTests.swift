import Control
import Glibc
import Posix
import TestSupport
import Testing

/// A large file of a mounted view, whose source can give a part of it.
@Suite("A large file comes by pieces", .enabled(if: Availability.fuse, "FUSE is not available"))
struct LargeFileTests {
  enum Source: String, CaseIterable, Sendable {
    case exec, http
  }

  private static let size = 32 << 20

  private let home: TemporaryDirectory
  private let tree: String
  private let server: WebServerOnDemand

  init() throws {
    home = try TemporaryDirectory()
    tree = try home.makeDirectory("tree")
    server = WebServerOnDemand(serving: home.path)
    let copy = ["dd", "if=/dev/urandom", "of=\(tree)/large", "bs=1M", "count=\(Self.size >> 20)", "status=none"]
    #expect(try Subprocess.run(copy).exitCode == 0)
  }

  @Test("Its first bytes cost little, and each of its bytes is fetched once", arguments: Source.allCases)
  func pieces(source: Source) throws {
    let view = try mount(source)
    let bytes = try FileCalls.contents(tree + "/large")
    do {
      let file = try FileCalls.open(view.path + "/large", O_RDONLY)
      for (place, most) in [(0, 1 << 20), (20 << 20 + 12_345, 2 << 20)] {
        let read = try FileCalls.read(file.rawValue, at: Int64(place), count: 4096)
        #expect(read == Array(bytes[place..<place + 4096]))
        // Also what is fetched ahead of a reader.
        try eventually("nothing more is fetched") { try view.stats.hydration.inFlight == 0 }
        let fetched = try fetched(of: source)
        #expect(fetched >= 4096 && fetched <= most, "\(fetched) bytes for those at \(place)")
      }
    }
    let isSame = try view.read("large") == bytes
    #expect(isSame)
    try eventually("nothing more is fetched") { try view.stats.hydration.inFlight == 0 }
    #expect(try fetched(of: source) == Self.size)
  }

  private func mount(_ source: Source) throws -> MountedView {
    switch source {
    case .exec:
      let here = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)
      return try MountedView(tree, in: home, options: ["--provider", "exec:'\(here)/large-file-program'"])
    case .http:
      try WebServer.makeManifest(of: tree, at: home.path + "/manifest.json", ["--base", "tree/"])
      return try MountedView(server.url("manifest.json"), in: home, options: ["--provider", "http"])
    }
  }

  /// How many bytes of the file its source was asked for.
  private func fetched(of source: Source) throws -> Int {
    var ranges: [Substring] = []
    switch source {
    case .exec:
      ranges = String(decoding: try FileCalls.contents(tree + "/fetched"), as: UTF8.self).split(separator: "\n")
    case .http:
      // Path, status, range, authorization.
      for request in try server.running.requests() where request.hasPrefix("/tree/large 206 ") {
        ranges.append(request.split(separator: " ")[2].dropFirst("bytes=".count))
      }
      // Whether it has ranges was asked with the first byte.
      ranges.removeAll { $0 == "0-0" }
    }
    return ranges.reduce(0) { sum, range in
      let ends = range.split { " -".contains($0) }.compactMap { Int($0) }
      return ends.count == 2 ? sum + ends[1] + 1 - ends[0] : sum
    }
  }
}
