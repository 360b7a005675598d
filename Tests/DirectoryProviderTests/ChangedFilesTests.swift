import DirectoryProvider
import Glibc
import Posix
import Provider
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// One content ID is one content, whatever happens to the file.
@Suite struct ChangedFilesTests {
  private let directory: TemporaryDirectory
  private let content: DirectoryContent

  init() throws {
    directory = try TemporaryDirectory()
    content = try DirectoryContent(path: directory.path)
  }

  @Test("A file that changes in the moment of its listing has one content for one ID", arguments: 0..<40)
  func sameTick(round: Int) async throws {
    try directory.write("file", "before")
    let id = try await content.content(at: "file")
    if round % 2 == 0 {
      // In place, with the same size, within the same tick more often than not.
      let file = try FileCalls.open("\(directory.path)/file", O_WRONLY)
      try FileCalls.writeAll(file.rawValue, Array("after!".utf8))
    } else {
      try directory.write("other", "after!")
      try FileCalls.rename("\(directory.path)/other", to: "\(directory.path)/file")
    }
    do {
      let first = try await content.bytes(of: id)
      #expect([Array("before".utf8), Array("after!".utf8)].contains(first))
      #expect(try await content.bytes(of: id) == first)
    } catch ProviderError.outdated {
    }
    let now = try await content.content(at: "file")
    #expect(try await content.bytes(of: now) == Array("after!".utf8))
    // The times of modification as they were: ctime tells.
    let status = try FileCalls.status("\(directory.path)/file")
    try directory.write("file", "AFTER!")
    try EntryCalls.setTimes(
      at: FileCalls.workingDirectory, Array("\(directory.path)/file".utf8), accessed: status.st_atim,
      modified: status.st_mtim)
    await #expect(throws: ProviderError.outdated("'file' of '\(directory.path)' has changed")) {
      try await content.bytes(of: now)
    }
  }

  @Test("While a file is rewritten all the time, each ID has one content, and none is a mix", arguments: [false, true])
  func storm(replaces: Bool) async throws {
    let path = "\(directory.path)/file"
    let size = 40_000
    let write: @Sendable (UInt8) throws -> Void = { byte in
      let name = replaces ? path + ".new" : path
      let file = try FileCalls.open(name, O_WRONLY | O_CREAT, mode: 0o644)
      // In pieces, so that a mix would be seen.
      for _ in 0..<8 { try FileCalls.writeAll(file.rawValue, Array(repeating: byte, count: size / 8)) }
      if replaces { try FileCalls.rename(name, to: path) }
    }
    try write(0)
    // It rests for longer than a tick now and then, and comes to an end: on a busy machine nobody may catch it resting.
    let flag = Flag()
    let ended = AsyncStream.makeStream(of: Void.self)
    Threads.start("writer") {
      var byte: UInt8 = 0
      for _ in 0..<60 {
        for _ in 0..<Int.random(in: 1...4) {
          byte &+= 1
          try? write(byte)
        }
        usleep(useconds_t.random(in: 0...60_000))
      }
      flag.set()
      ended.continuation.finish()
    }
    var known: [ContentID: [UInt8]] = [:]
    var isLast = false
    while !isLast {
      // What is read after the writer's end is read in any case.
      isLast = flag.isSet
      let id = try await content.content(at: "file")
      do {
        let bytes = try await content.bytes(of: id)
        #expect(bytes.count == size)
        // A file that is rewritten in place is a mix itself in between, and has another version afterwards.
        if replaces { #expect(Set(bytes).count == 1) }
        #expect(known[id] == nil || known[id] == bytes)
        known[id] = bytes
        #expect(try await content.bytes(of: id) == bytes)
      } catch ProviderError.outdated {
        #expect(!isLast)
      }
    }
    for await _ in ended.stream {}
  }

  @Test("What has gone, or is something else by now, is outdated")
  func gone() async throws {
    try directory.write("file", "text")
    _ = try directory.makeDirectory("inner")
    let file = try await content.content(at: "file")
    let inner = DirectoryID(try await content.entry(at: "inner").id)
    try FileCalls.remove("\(directory.path)/file")
    try FileCalls.removeDirectory("\(directory.path)/inner")
    for round in 0..<3 {
      await expectOutdated("\(round)") { _ = try await content.bytes(of: file) }
      await expectOutdated("\(round)") { _ = try await content.list(inner) }
      if round == 0 {
        try #require(mkfifo("\(directory.path)/file", 0o644) == 0)
        try directory.write("inner", "")
      } else if round == 1 {
        try FileCalls.remove("\(directory.path)/file")
        try #require(symlink("inner", "\(directory.path)/file") == 0)
      }
    }
  }

  private func expectOutdated(_ comment: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("\(comment): no failure")
    } catch ProviderError.outdated {
    } catch {
      Issue.record("\(comment): \(error)")
    }
  }
}

/// Something that is set once.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
