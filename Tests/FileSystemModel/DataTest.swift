internal import Glibc
internal import Posix
internal import SystemPackage
internal import TestSupport

/// Random reads and writes of every kind on one file, against the bytes that it must have.
package struct DataTest: Sendable {
  /// Chooses the actions.
  package var seed: UInt64
  /// How many there are.
  package var actions: Int
  /// Whether a handle for reading that was opened before the file was opened for writing may keep the old version.
  package var readersKeepWhatTheyOpened: Bool
  /// How large the file may become.
  package var limit = Fill.limit

  /// What happens to the file system at even intervals, and who does it. The file is closed meanwhile.
  package var disturbances: [Operation.Disturbance] = []

  /// A test.
  package init(seed: UInt64, actions: Int, readersKeepWhatTheyOpened: Bool = false) {
    self.seed = seed
    self.actions = actions
    self.readersKeepWhatTheyOpened = readersKeepWhatTheyOpened
  }

  /// What is wrong with the file.
  enum Problem: Error {
    case failed(Errno)
    case size(Int, expected: Int)
    case bytes(String, String)
    case reader(String)
  }

  /// The file is not what it must be.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Runs the test on a file with known bytes.
  ///
  /// With `reader` there is one more handle, opened first. `meddle` is called after each action with the descriptor and
  /// the number of the action; a test of the test does something wrong there.
  package func run(
    path: String, expected: [UInt8], reader: Bool = false, disturb: (Operation.Disturbance) throws -> Void = { _ in },
    meddle: (CInt, Int) -> Void = { _, _ in }
  ) throws(Failure) {
    var history: [String] = []
    do {
      var bystander = reader ? try Bystander(path: path, expected: expected, mayKeep: readersKeepWhatTheyOpened) : nil
      var file = try DataFile(path: path, expected: expected)
      try file.checkAll()
      var random = SeededRandom(seed: seed)
      let interval = actions / (disturbances.count + 1) + 1
      for index in 0..<actions {
        if index > 0, index % interval == 0, index / interval <= disturbances.count {
          let disturbance = disturbances[index / interval - 1]
          history.append("\(index) disturb \(disturbance)")
          bystander = nil
          try file.whileClosed { try disturb(disturbance) }
          try file.checkAll()
        }
        let action = choose(file.expected.count, &random)
        history.append("\(index) \(action)")
        try file.perform(action)
        meddle(file.number, index)
        if index % 100 == 99 || index == actions - 1 {
          try file.checkAll()
          try bystander?.check(file.expected)
        }
      }
    } catch {
      throw Failure(
        description: "seed \(seed): \(error), after\n" + history.suffix(40).joined(separator: "\n"))
    }
  }

  private func choose(_ size: Int, _ random: inout SeededRandom) -> DataFile.Action {
    let number = { (range: Range<Int>, random: inout SeededRandom) in Int.random(in: range, using: &random) }
    // Half of the offsets are beside the border of a page.
    let offset = { (range: Range<Int>, random: inout SeededRandom) -> Int in
      let any = number(range, &random)
      guard number(0..<2, &random) == 0 else { return any }
      return min(max(any / 4096 * 4096 + number(-1..<2, &random), range.lowerBound), range.upperBound - 1)
    }
    let length = { (random: inout SeededRandom) in
      number(0..<8, &random) == 0 ? number(1..<70_000, &random) : number(1..<9000, &random)
    }
    let fill = { (count: Int, random: inout SeededRandom) in
      Fill(seed: UInt8(number(0..<256, &random)), count: count)
    }
    let room = { (offset: Int, random: inout SeededRandom) in max(1, min(length(&random), limit - offset)) }
    let kind = number(0..<100, &random)
    switch kind {
    case 0..<20: return .read(offset: offset(0..<limit, &random), count: length(&random))
    case 20..<40:
      // Mostly into or right behind what is there, sometimes leaving a hole.
      let start = offset(0..<(number(0..<6, &random) == 0 ? limit : min(limit, size + 1)), &random)
      return .write(offset: start, fill(room(start, &random), &random))
    case 40..<47 where size < limit: return .append(fill(room(size, &random), &random))
    case 47..<54: return .truncate(size: offset(0..<(number(0..<3, &random) == 0 ? limit : size + 1), &random))
    case 54..<57: return .truncatePath(size: offset(0..<limit, &random))
    case 57..<66 where size > 0:
      let start = offset(0..<size, &random)
      return .mapRead(offset: start, count: min(length(&random), size - start))
    case 66..<76 where size > 0:
      let start = offset(0..<size, &random)
      return .mapWrite(offset: start, fill(min(length(&random), size - start), &random))
    case 76..<88:
      let start = offset(0..<limit, &random)
      let modes = Operation.Allocation.allCases
      return .allocate(modes[number(0..<modes.count, &random)], offset: start, length: room(start, &random))
    case 88..<94 where size > 1:
      // Two ranges that do not overlap: one before, one behind the middle between them.
      let middle = number(1..<size, &random)
      let from = offset(0..<middle, &random)
      let count = min(length(&random), middle - from)
      let to = offset(middle..<limit, &random)
      if number(0..<2, &random) == 0 { return .copy(from: from, to: to, count: min(count, limit - to)) }
      let back = offset(middle..<size, &random)
      return .copy(from: back, to: from, count: min(count, size - back))
    case 94: return .sync
    default: return .reopen
    }
  }
}

/// A handle for reading that somebody opened before the test began to write.
private struct Bystander: ~Copyable {
  private let descriptor: OwnedDescriptor
  private let first: [UInt8]
  private let mayKeep: Bool

  init(path: String, expected: [UInt8], mayKeep: Bool) throws(Errno) {
    first = expected
    self.mayKeep = mayKeep
    descriptor = try FileCalls.open(path, O_RDONLY)
  }

  /// It sees what is there, or, where that is allowed, what was there first; never a mixture.
  func check(_ expected: [UInt8]) throws {
    let bytes = try FileCalls.read(descriptor.rawValue, at: 0, count: max(expected.count, first.count) + 1)
    if Content(bytes) == Content(expected) || mayKeep && Content(bytes) == Content(first) { return }
    throw DataTest.Problem.reader(Content(expected).difference(from: Content(bytes)))
  }
}
