internal import Glibc
package import Provider
internal import Synchronization
package import SystemPackage

/// A provider of large files whose ranges can be fetched, and whose answers a test can hold back, spoil, and count.
///
/// A file's content ID is its name. Its bytes follow from the name and their places, and none of them is zero.
package final class RangedProvider: RangedContentProvider, ContentVerifier {
  /// What a fetch of a range does.
  package enum Answer: Sendable {
    /// What it should.
    case honest
    /// Nothing before `release`, then what it should.
    case held
    /// It writes bytes that are wrong, then throws.
    case failing(ProviderError)
    /// So many bytes fewer than were asked for.
    case short(Int)
    /// So many bytes more, whatever the sink says.
    case long(Int)
    /// The right number of bytes, which are others.
    case wrong
    /// It waits for `release`, and if it was cancelled meanwhile, it goes on all the same, with bytes that are wrong.
    case stubborn
  }

  private struct State {
    var answer: @Sendable (Range<Int64>) -> Answer = { _ in .honest }
    var ranges: [Range<Int64>] = []
    var wholes = 0
    var verifications = 0
    var cancelled = 0
    var finished = 0
    var lastWaiter: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var releases = 0
  }

  private let state = Mutex(State())
  private let files: [(name: String, size: Int64)]

  /// A root with these files.
  package init(_ files: [(name: String, size: Int64)]) {
    self.files = files
  }

  // MARK: - What a test does

  /// Says what fetches do from now on.
  package func answer(_ answer: @escaping @Sendable (Range<Int64>) -> Answer) {
    state.withLock { $0.answer = answer }
  }

  /// Lets the fetches go on that wait, or are about to.
  package func release() {
    let waiting = state.withLock { state in
      state.releases += 1
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for waiter in waiting { waiter.resume() }
  }

  /// How many fetches wait.
  package var waiting: Int { state.withLock { $0.waiting.count } }
  /// The ranges that were asked for so far.
  package var ranges: [Range<Int64>] { state.withLock { $0.ranges } }
  /// How many bytes these are together.
  package var bytesAskedFor: Int64 { ranges.reduce(0) { $0 + Int64($1.count) } }
  /// How many contents were fetched at once.
  package var wholeFetches: Int { state.withLock { $0.wholes } }
  /// How many held fetches were cancelled.
  package var cancellations: Int { state.withLock { $0.cancelled } }
  /// How many fetches of ranges have come to their end, whatever it was.
  package var finished: Int { state.withLock { $0.finished } }
  /// How many files were verified.
  package var verifications: Int { state.withLock { $0.verifications } }

  /// The true bytes of a range of a file: a pattern whose length divides no piece's.
  package static func bytes(of name: String, _ range: Range<Int64>) -> [UInt8] {
    let pattern = pattern(of: name)
    let period = Int64(pattern.count)
    return [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let place = Int((range.lowerBound + Int64(count)) % period)
        let piece = pattern[place..<min(pattern.count, place + range.count - count)]
        _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: piece)
        count += piece.count
      }
    }
  }

  private static let patterns = Mutex<[String: [UInt8]]>([:])

  private static func pattern(of name: String) -> [UInt8] {
    patterns.withLock { patterns in
      if let known = patterns[name] { return known }
      var random = SeededRandom(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
      let pattern = (0..<65_521).map { _ in UInt8.random(in: 1...255, using: &random) }
      patterns[name] = pattern
      return pattern
    }
  }

  // MARK: - What the core asks

  package func root() async throws -> DirectoryID { "" }

  package func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    var listing = DirectoryListing()
    for (name, size) in files { listing.appendFile(name, content: ContentID(name.utf8), size: size) }
    return listing
  }

  package func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    state.withLock { $0.wholes += 1 }
    let (name, size) = try file(content)
    try sink.write(Self.bytes(of: name, 0..<size))
  }

  package func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    let (answer, releases) = state.withLock { state in
      state.ranges.append(range)
      return (state.answer(range), state.releases)
    }
    defer { state.withLock { $0.finished += 1 } }
    let (name, size) = try file(content)
    guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= size else {
      throw ProviderError.damaged("\(range) of \(size) bytes")
    }
    let bytes = Self.bytes(of: name, range)
    switch answer {
    case .honest: break
    case .held: try await hold(since: releases)
    case .failing(let error):
      try sink.write(bytes.prefix(bytes.count / 2).map { ~$0 })
      throw error
    case .short(let missing): return try sink.write(Array(bytes.dropLast(missing)))
    case .long(let surplus):
      try? sink.write(bytes + [UInt8](repeating: 0xee, count: surplus))
      return
    case .wrong: return try sink.write(bytes.map { ~$0 })
    case .stubborn:
      try? await hold(since: releases)
      if Task.isCancelled { return try sink.write(bytes.map { ~$0 }) }
    }
    // In portions, as a network gives them.
    for start in stride(from: 0, to: bytes.count, by: 100_000) {
      try sink.write(Array(bytes[start...].prefix(100_000)))
    }
  }

  package func verify(_ content: ContentID, file: FileDescriptor) async throws -> Bool {
    state.withLock { $0.verifications += 1 }
    let (name, size) = try self.file(content)
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var offset: Int64 = 0
    while true {
      let count = try bytes.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: offset, into: $0) }
      if count == 0 { return offset == size }
      guard offset + Int64(count) <= size,
        Array(bytes[..<count]) == Self.bytes(of: name, offset..<offset + Int64(count))
      else { return false }
      offset += Int64(count)
    }
  }

  private func file(_ content: ContentID) throws -> (name: String, size: Int64) {
    guard let file = files.first(where: { $0.name.utf8.elementsEqual(content.bytes) }) else {
      throw ProviderError.missing("content \(content)")
    }
    return file
  }

  /// Waits for the next `release` after so many; notes where its task was cancelled first.
  private func hold(since releases: Int) async throws {
    let number = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReleased = state.withLock { state in
          if state.releases == releases { state.waiting[number] = continuation }
          return state.releases != releases
        }
        if isReleased { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.cancelled += 1 }
    }
    try Task.checkCancellation()
  }
}
