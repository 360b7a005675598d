import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// A record with something in every field.
func sampleRecord() -> ViewRecord {
  var record = ViewRecord(
    provider: "git", source: "/source with \"quotes\"/ü", mountpoint: "/mnt/a\nb", requestedRevision: "v1.2^",
    engine: "cached", allowOther: true, readOnly: true, fileTime: .commit, verifyObjects: true, inodeKey: .max)
  record.epochs = [
    ViewRecord.Epoch(revision: "abc", reference: "refs/heads/main", time: .max),
    ViewRecord.Epoch(revision: "def", reference: nil, time: -1),
  ]
  return record
}

@Suite struct ViewRecordTests {
  @Test("A record comes back as it was written", arguments: [false, true])
  func roundTrip(pretty: Bool) throws {
    let record = sampleRecord()
    #expect(try JSON.decode(ViewRecord.self, from: JSON.encode(record, pretty: pretty)) == record)
    var least = record
    least.engine = nil
    least.epochs = []
    #expect(try JSON.decode(ViewRecord.self, from: JSON.encode(least, pretty: pretty)) == least)
  }

  @Test("The names in the file are those of the format, in snake case")
  func names() throws {
    let text = String(decoding: try JSON.encode(sampleRecord()), as: UTF8.self)
    let keys = [
      "allow_other", "engine", "epochs", "file_time", "format", "inode_key", "mountpoint", "provider",
      "requested_revision", "source", "verify_objects",
    ]
    for key in keys { #expect(text.contains("\"\(key)\":"), "\(key)") }
    #expect(text.contains("\"format\":1"))
  }
}

@Suite struct StateDirectoryTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/deep/state"
  }

  private func make() throws -> StateDirectory { try StateDirectory(making: path, owner: nil) }

  /// What a failure is, for comparison.
  private func name(_ failure: StateDirectory.Failure?) -> String { failure.map { "\($0)" } ?? "none" }

  @Test("A directory without a view says so, whether it is there or not")
  func noView() throws {
    for isMade in [false, true] {
      if isMade { _ = try make() }
      let failure = #expect(throws: StateDirectory.Failure.self) { _ = try StateDirectory(existing: path) }
      #expect(name(failure) == "noView")
    }
    let failure = #expect(throws: StateDirectory.Failure.self) { try make().record() }
    #expect(name(failure) == "noView")
  }

  @Test("A record is replaced as a whole, and leaves no draft")
  func replacing() throws {
    let state = try make()
    var record = sampleRecord()
    for number in 0..<3 {
      record.inodeKey = UInt64(number)
      record.mountpoint = String(repeating: "/long", count: 100 - number * 40)
      try state.write(record)
      #expect(try state.record() == record)
      #expect(try StateDirectory(existing: path).record() == record)
      #expect(try FileCalls.names(path) == ["view.json"])
    }
  }

  @Test(
    "A record that makes no sense is damaged, one of a newer program is refused as such",
    arguments: [
      ("", "damaged"), ("{}", "damaged"), ("[1]", "damaged"), ("{\"format\":1}", "damaged"),
      ("{\"format\":\"1\"}", "damaged"), ("{\"format\":2}", "newerFormat(2)"),
      ("{\"format\":7,\"provider\":[]}", "newerFormat(7)"),
    ])
  func damaged(text: String, expected: String) throws {
    let state = try make()
    try directory.write("deep/state/view.json", text)
    let failure = #expect(throws: StateDirectory.Failure.self) { try state.record() }
    #expect(name(failure).hasPrefix(expected))
  }

  /// Takes the lock, which somebody else may still have for a moment: a program that another test starts right now has
  /// a copy of every open file until its exec, and so of one that was just closed here.
  private func lockSoon(_ state: borrowing StateDirectory) async throws -> OwnedDescriptor {
    var lock: OwnedDescriptor?
    _ = try await eventually {
      do throws(StateDirectory.Failure) {
        lock = try state.lock()
      } catch .inUse {
        return false
      }
      return true
    }
    return if let lock = lock.take() { lock } else { try state.lock() }
  }

  @Test("One server has the lock at a time, and its end frees it")
  func locking() async throws {
    let state = try make()
    for _ in 0..<3 {
      let lock = try await lockSoon(state)
      let failure = #expect(throws: StateDirectory.Failure.self) { try make().lock().close() }
      #expect(name(failure) == "inUse")
      try lock.close()
    }
  }

  @Test("The mark of an orderly unmount is taken once")
  func cleanMark() throws {
    let state = try make()
    #expect(try state.takeCleanMark() == false)
    for _ in 0..<2 {
      try state.leaveCleanMark()
      try state.leaveCleanMark()
      #expect(try state.takeCleanMark() == true)
      #expect(try state.takeCleanMark() == false)
    }
  }

  @Test(
    "A mark that was left before the machine was last started does not count, and is gone",
    arguments: ["", "another start\n"])
  func oldMark(text: String) throws {
    let state = try make()
    try directory.write("deep/state/clean", text)
    #expect(try state.takeCleanMark() == false)
    #expect(try !FileCalls.names(path).contains("clean"))
  }

  @Test("The log goes on where it ended, and is begun anew when it has grown large")
  func log() throws {
    let state = try make()
    for _ in 0..<2 {
      let log = try state.openLog()
      try FileCalls.writeAll(log.rawValue, Array("line\n".utf8))
    }
    #expect(try FileCalls.contents(path + "/log") == Array("line\nline\n".utf8))
    try FileCalls.retrying { truncate(path + "/log", 5 << 20) }
    let log = try state.openLog()
    try FileCalls.writeAll(log.rawValue, Array("new\n".utf8))
    #expect(try FileCalls.contents(path + "/log") == Array("new\n".utf8))
  }
}
