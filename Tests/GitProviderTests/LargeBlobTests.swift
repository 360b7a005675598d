import GitProvider
import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

extension GitContentTests {
  /// Blobs that are streamed and never in memory.
  @Suite struct LargeBlobs {
    private static let size = GitContent.streamingThreshold + (1 << 20)

    private let test: TestRepository
    private let blob: ContentID

    init() throws {
      test = try TestRepository()
      blob = try Self.storeZeros(Self.size, in: test)
    }

    /// Stores a blob of so many zeros, which is a small object.
    private static func storeZeros(_ size: Int64, in test: TestRepository) throws -> ContentID {
      let path = test.directory.path + "/zeros"
      let file = try FileCalls.open(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
      try FileCalls.retrying { ftruncate(file.rawValue, off_t(size)) }
      return contentID(try test.git.git("-c", "core.compression=1", "hash-object", "-w", path))
    }

    private func openResult() throws -> OwnedDescriptor {
      try FileCalls.open(test.directory.path + "/result", O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
    }

    @Test("A large blob arrives whole, and its bytes are counted")
    func whole() async throws {
      let content = try test.content()
      #expect(try await content.sizes(of: [blob]) == [Self.size])
      let file = try openResult()
      var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
      try await content.fetch(blob, into: &sink)
      #expect(sink.bytesWritten == Self.size)
      #expect(try FileCalls.status(file.rawValue).st_size == Self.size)
      #expect(try await content.verify(blob, file: FileDescriptor(rawValue: file.rawValue)))

      var counting = ContentSink.counting()
      try await content.fetch(blob, into: &counting)
      #expect(counting.bytesWritten == Self.size)
    }

    @Test("Cancelled before it started, a stream does not start")
    func cancelledBefore() async throws {
      let content = try test.content()
      let file = try openResult()
      let number = file.rawValue
      let fetch = Task { [blob] in
        withUnsafeCurrentTask { $0?.cancel() }
        var sink = ContentSink(descriptor: FileDescriptor(rawValue: number))
        try await content.fetch(blob, into: &sink)
      }
      await #expect(throws: CancellationError.self) { try await fetch.value }
      #expect(try FileCalls.status(file.rawValue).st_size == 0)
    }

    @Test("Cancelled half-way, a stream ends and so does git")
    func cancelledHalfWay() async throws {
      let content = try test.content()
      let path = test.directory.path + "/pipe"
      try FileCalls.retrying { mkfifo(path, 0o600) }
      // A pipe holds some pages: git waits for a reader from there on, and it does so for ever.
      let reader = try FileCalls.open(path, O_RDONLY | O_NONBLOCK)
      let writer = try FileCalls.open(path, O_WRONLY)
      let number = writer.rawValue
      let fetch = Task { [blob] in
        var sink = ContentSink(descriptor: FileDescriptor(rawValue: number))
        try await content.fetch(blob, into: &sink)
      }
      try await readable(reader.rawValue)
      fetch.cancel()
      await #expect(throws: CancellationError.self) { try await fetch.value }
      // git was the other one that could write: what is left is followed by the end.
      try writer.close()
      try FileCalls.retrying { fcntl(reader.rawValue, F_SETFL, 0) }
      var chunk = [UInt8](repeating: 1, count: 1 << 20)
      var left = 0
      while true {
        let count = try FileCalls.retrying { read(reader.rawValue, &chunk, chunk.count) }
        if count == 0 { break }
        left += count
      }
      #expect(left > 0 && left < Self.size)
    }

    /// Waits on a thread of its own until something can be read.
    private func readable(_ descriptor: CInt) async throws {
      let events = await withCheckedContinuation { continuation in
        Threads.start("test") {
          var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
          let count = try? FileCalls.retrying { poll(&request, 1, 30_000) }
          continuation.resume(returning: count)
        }
      }
      try #require(events == 1)
    }

    @Test("A large blob that is cut short is damaged")
    func cutShort() async throws {
      let path = test.looseObject(blob)
      let bytes = try FileCalls.contents(path)
      try FileCalls.remove(path)
      let object = try FileCalls.open(path, O_WRONLY | O_CREAT, mode: 0o444)
      try FileCalls.writeAll(object.rawValue, Array(bytes.prefix(bytes.count / 2)))
      let content = try test.content()
      let file = try openResult()
      let failure = await #expect(throws: ProviderError.self) {
        var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
        try await content.fetch(blob, into: &sink)
      }
      guard case .damaged = failure else {
        Issue.record("\(String(describing: failure)) is not damage")
        return
      }
    }

    @Test("Asked to verify objects, a large blob whose bytes are another's is damaged")
    func verified() async throws {
      let other = try Self.storeZeros(Self.size + 1, in: test)
      try FileCalls.remove(test.looseObject(blob))
      try FileCalls.retrying { rename(test.looseObject(other), test.looseObject(blob)) }
      let content = try test.content(verifyObjects: true)
      let file = try openResult()
      let failure = await #expect(throws: ProviderError.self) {
        var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
        try await content.fetch(blob, into: &sink)
      }
      guard case .damaged = failure else {
        Issue.record("\(String(describing: failure)) is not damage")
        return
      }
    }
  }
}
