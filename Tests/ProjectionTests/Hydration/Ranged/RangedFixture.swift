import Posix
import Projection
import Provider
import TestSupport
import Testing

/// A view of large files that come by pieces.
struct RangedFixture {
  let provider: RangedProvider
  let fixture: Fixture

  static let piece: Int64 = 256 << 10

  init(
    _ provider: RangedProvider, deadlines: ProviderDeadlines = .patient, suspectAll: Bool = false,
    in directory: TemporaryDirectory? = nil
  ) async throws {
    self.provider = provider
    fixture = try await Fixture(
      provider, rangedThreshold: 1 << 20, deadlines: deadlines, suspectAll: suspectAll, in: directory)
  }

  var fileSystem: ProjectionCore { fixture.fileSystem }
  var snapshot: HydrationStatistics.Snapshot { fileSystem.statistics.snapshot }

  /// The bytes of a range of a file, as the file system gives them.
  func read(_ name: String, _ range: Range<Int64>) async throws -> [UInt8] {
    let node = try await fixture.lookup(name).node
    let piece = try await fileSystem.read(
      node, at: range.lowerBound, count: range.count, by: Fixture.caller)
    let bytes = try FileCalls.read(piece.file.descriptor.rawValue, at: range.lowerBound, count: range.count)
    if let promised = piece.count { #expect(bytes.count == promised, "what was promised is there") }
    return bytes
  }

  /// Whether a range is given as the provider has it.
  func isRight(_ name: String, _ range: Range<Int64>) async throws -> Bool {
    try await read(name, range) == RangedProvider.bytes(of: name, range)
  }

  /// Reads a file from end to end, in requests as the kernel makes them.
  func readAll(_ name: String, size: Int64) async throws {
    for start in stride(from: 0, to: size, by: 128 << 10) {
      #expect(try await isRight(name, start..<min(size, start + (128 << 10))))
    }
  }
}
