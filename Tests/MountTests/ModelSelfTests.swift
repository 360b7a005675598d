import FileSystemModel
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite("The model finds a file system that is wrong, and says so in few lines")
struct ModelSelfTests {
  /// A way to be wrong, on some of the operations.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// It may strike on each so many operations of one kind.
    let rarity: Int
    /// Performs an operation wrongly; nil where it is of another kind.
    let act: @Sendable (Subject, Operation) -> Outcome?

    init(_ name: String, every rarity: Int = 1, _ act: @escaping @Sendable (Subject, Operation) -> Outcome?) {
      testDescription = name
      self.rarity = rarity
      self.act = act
    }
  }

  static let faults = [
    Fault("a chmod is swallowed", every: 50) { _, operation in
      if case .chmod = operation { .done } else { nil }
    },
    Fault("an append loses its last byte", every: 10) { subject, operation in
      guard case .append(let path, let fill) = operation, fill.count > 0 else { return nil }
      let outcome = subject.perform(.append(path, Fill(seed: fill.seed, count: fill.count - 1)))
      return outcome == .count(fill.count - 1) ? .count(fill.count) : outcome
    },
    Fault("a rename copies: another inode number") { subject, operation in
      guard case .rename(let old, let new, .replace) = operation,
        let status = try? subject.status(.entry(old)), status.st_mode & S_IFMT == S_IFREG,
        (try? subject.status(.entry(new))) == nil
      else { return nil }
      let outcome = subject.perform(operation)
      guard outcome.isSuccess else { return outcome }
      _ = try? Subprocess.run(["cp", "-a", "--", "\(subject.root)/\(new)", "\(subject.root)/.copy"])
      _ = try? Subprocess.run(["mv", "--", "\(subject.root)/.copy", "\(subject.root)/\(new)"])
      return outcome
    },
    Fault("a chmod shows the present as time of modification", every: 5) { subject, operation in
      guard case .chmod(let target, _) = operation else { return nil }
      let outcome = subject.perform(operation)
      if outcome.isSuccess { _ = subject.perform(.setTimes(target, access: .omit, modification: .now)) }
      return outcome
    },
    Fault("a time loses its nanoseconds") { subject, operation in
      guard case .setTimes(let target, let access, .nanoseconds(let time)) = operation else { return nil }
      return subject.perform(
        .setTimes(target, access: access, modification: .nanoseconds(time / 1_000_000_000 * 1_000_000_000)))
    },
    Fault("a hard link is a copy", every: 3) { subject, operation in
      guard case .link(let old, let new) = operation else { return nil }
      let outcome = subject.perform(operation)
      if outcome.isSuccess {
        _ = subject.perform(.unlink(new))
        _ = try? Subprocess.run(["cp", "-a", "--", "\(subject.root)/\(old)", "\(subject.root)/\(new)"])
      }
      return outcome
    },
    Fault("a removed name comes back", every: 20) { subject, operation in
      guard case .unlink(let path) = operation else { return nil }
      let outcome = subject.perform(operation)
      if outcome.isSuccess { _ = subject.perform(.create(path, mode: 0o644, exclusive: true)) }
      return outcome
    },
    Fault("a directory may be removed with what is in it", every: 3) { subject, operation in
      guard case .removeDirectory(let path) = operation else { return nil }
      let outcome = subject.perform(operation)
      guard outcome == .failure(.directoryNotEmpty), subject.perform(.clear(path)).isSuccess else { return outcome }
      return .done
    },
    Fault("an extended attribute is forgotten", every: 5) { subject, operation in
      guard case .setAttribute(let target, let name, _, _) = operation else { return nil }
      let outcome = subject.perform(operation)
      if outcome.isSuccess { _ = subject.perform(.removeAttribute(target, name: name)) }
      return outcome
    },
    Fault("a mapping writes other bytes", every: 5) { subject, operation in
      guard case .map(let target, let offset, let fill) = operation else { return nil }
      return subject.perform(.map(target, offset: offset, Fill(seed: fill.seed &+ 1, count: fill.count)))
    },
    Fault("an open file that was renamed over cannot be read", every: 5) { subject, operation in
      guard case .read(.slot(let slot), _, _) = operation,
        let status = try? subject.status(.slot(slot)), status.st_nlink == 0
      else { return nil }
      return .failure(.staleNFSFileHandle)
    },
  ]

  @Test("Found", arguments: faults)
  func found(fault: Fault) throws {
    let home = try TemporaryDirectory()
    let tree = try StartingTree(at: home.path + "/repository", many: 10)
    var test = ModelTest(seed: 1, operations: 20_000, changesOwners: Availability.root)
    // One that strikes every few times strikes elsewhere in a shorter sequence.
    test.shrinkingTime = fault.rarity == 1 ? .seconds(20) : .zero
    let failure = #expect(throws: ModelTest.Failure.self) {
      try test.run { try Self.faulty(fault, tree) }
    }
    if fault.rarity == 1 { #expect((failure?.operations.count ?? .max) < 30, "\(failure as Any)") }
  }

  private static func faulty(_ fault: Fault, _ tree: StartingTree) throws -> TreePair {
    var pair = try tree.nativePair()
    var counts: [Substring: Int] = [:]
    pair.act = { subject, operation in
      let verb = operation.description.prefix { $0 != " " }
      counts[verb, default: 0] += 1
      guard (counts[verb] ?? 0) % fault.rarity == 0, let outcome = fault.act(subject, operation) else {
        return subject.perform(operation)
      }
      return outcome
    }
    return pair
  }

  @Test("Every operation reads as it is written, and many succeed")
  func textForm() throws {
    let home = try TemporaryDirectory()
    let tree = try StartingTree(at: home.path + "/repository", many: 10)
    let pair = try tree.nativePair()
    var generator = Generator(seed: 7, pair: pair, changesOwners: true)
    var tries: [Substring: Int] = [:]
    var successes: [Substring: Int] = [:]
    for _ in 0..<5000 {
      let operation = generator.next()
      #expect(try Operation(parsing: operation.description) == operation)
      let outcome = pair.reference.perform(operation)
      generator.note(operation, outcome)
      let verb = operation.description.prefix { $0 != " " }
      tries[verb, default: 0] += 1
      if outcome.isSuccess { successes[verb, default: 0] += 1 }
    }
    // Enough of all that is tried succeeds: a model of errors alone would find nothing.
    for (verb, count) in tries { #expect((successes[verb] ?? 0) * 10 > count, "\(verb): of \(count)") }
    for line in ["", "fly a", "open @0 a", "read a 0 0 0", "mkdir a%2 755", "write a 0 5"] {
      #expect(throws: Operation.ParsingFailure.self) { _ = try Operation(parsing: line) }
    }
  }
}
