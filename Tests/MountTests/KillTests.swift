import Dispatch
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// Kills the server in the middle of whatever it is doing: the model test kills it only between operations.
@Suite("A server may be killed at any instant", .enabled(if: Availability.fuse, "FUSE is not available"))
struct KillTests {
  /// A file that is at one of three names, with known bytes, and what it may be after an operation that nobody saw end.
  private final class Slot: @unchecked Sendable {
    // SAFETY of @unchecked: one thread has it at a time; the test looks at it when the threads have ended.
    let names: [String]
    var place = 0
    var content: [UInt8]
    var next: (place: Int, content: [UInt8])?
    /// What was done to it last.
    var operation = -1

    init(_ names: [String], _ content: [UInt8]) {
      self.names = names
      self.content = content
    }

    /// Does something to it. Throws what the system says, and then knows what may have been done.
    func change(in root: String, _ random: inout SeededRandom) throws(Errno) {
      let path = "\(root)/\(names[place])"
      var after = (place: place, content: content)
      operation = Int.random(in: 0..<6, using: &random)
      switch operation {
      case 0:
        after.place = (place + Int.random(in: 1..<3, using: &random)) % names.count
        next = after
        try FileCalls.rename(path, to: "\(root)/\(names[after.place])")
      case 1:
        after.content += Array("line\n".utf8)
        next = after
        let file = try FileCalls.open(path, O_WRONLY | O_APPEND)
        try FileCalls.writeAll(file.rawValue, Array("line\n".utf8))
      case 2:
        after.content = (0..<Int.random(in: 1..<50_000, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
        next = after
        let draft = try FileCalls.open(path + ".draft", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try FileCalls.writeAll(draft.rawValue, after.content)
        try FileCalls.rename(path + ".draft", to: path)
      case 3:
        after.content = []
        next = after
        _ = try FileCalls.open(path, O_WRONLY | O_TRUNC)
      case 4:
        after.content = Array(content.prefix(Int.random(in: 0...content.count, using: &random)))
        next = after
        try FileCalls.retrying { truncate(path, off_t(after.content.count)) }
      default:
        next = after
        try FileCalls.retrying { chmod(path, 0o600) }
      }
      (place, content, next) = (after.place, after.content, nil)
    }
  }

  @Test("Each file is then as before the operation that was going on, or as after it", arguments: WritableView.engines)
  func amidOperations(engine: String) throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededRandom(seed: seed)
    var slots: [Slot] = []
    for number in 0..<40 {
      let text = String(repeating: "\(number) ", count: [0, 10, 2000, 20_000][number % 4])
      let name = "d\(number % 5)/file\(number)"
      try repository.add(name, text)
      slots.append(Slot([name, "d\((number + 1) % 5)/other\(number)", "top\(number)"], Array(text.utf8)))
    }
    try repository.commit()
    let view = try MountedView(repository.path, in: home, options: ["--engine", engine])
    for round in 0..<8 {
      let root = view.path
      let workers = DispatchGroup()
      for half in 0..<2 {
        let mine = slots.enumerated().filter { $0.offset % 2 == half }.map(\.element)
        let own = SeededRandom(seed: random.next())
        workers.enter()
        Threads.start("writer") {
          var random = own
          // Until the server has gone: every operation fails then.
          while let slot = mine.randomElement(using: &random), (try? slot.change(in: root, &random)) != nil {}
          workers.leave()
        }
      }
      // Any moment will do; there is nothing to wait for.
      usleep(UInt32.random(in: 1_000..<120_000, using: &random))
      try view.kill()
      workers.wait()
      try view.projfs.succeed("doctor", "--fix", view.path)
      try view.projfs.succeed("mount", view.path)
      for slot in slots {
        var found: [(place: Int, content: [UInt8])] = []
        for (place, name) in slot.names.enumerated() {
          do {
            found.append((place, try view.read(name)))
          } catch let error as Errno where error == .noSuchFileOrDirectory {
            // It is at one of the others.
          } catch {
            Issue.record("seed \(seed), round \(round): \(name): \(error)")
          }
          try? FileCalls.remove("\(root)/\(name).draft")
        }
        let allowed = [(slot.place, slot.content)] + (slot.next.map { [($0.place, $0.content)] } ?? [])
        let state = try #require(found.first, "seed \(seed), round \(round): \(slot.names[0]) is lost")
        #expect(
          found.count == 1 && allowed.contains { $0 == state.place && $1 == state.content },
          """
          seed \(seed), round \(round): \(slot.names[0]) is \(found.map(Self.outline)), \(allowed.map(Self.outline)) \
          may be, operation \(slot.operation)
          """)
        (slot.place, slot.content, slot.next) = (state.place, state.content, nil)
      }
    }
  }

  /// Where a file is and what is in it, as far as a line can say.
  private static func outline(_ state: (place: Int, content: [UInt8])) -> String {
    "at \(state.place): \(state.content.count) bytes, \(state.content.hashValue), \(state.content.prefix(10))"
  }
}
