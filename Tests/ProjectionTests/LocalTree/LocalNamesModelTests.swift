import TestSupport
import Testing

@testable import Projection

/// `LocalNames` against a plain array and a dictionary, while readers are in the middle of a listing.
@Suite struct LocalNamesModelTests {
  /// Somebody who lists a few names at a time.
  private struct Reader {
    var cookie: UInt64 = 0
    var seen: [[UInt8]] = []
    /// The names that have been there all the time.
    var steady: Set<[UInt8]>
  }

  private struct Model {
    var own: [(name: [UInt8], entry: LocalNames.Entry)] = []
    var covered: [UInt32: LocalNames.Entry] = [:]
    var tombstones: Set<UInt32> = []
  }

  private static func listed(_ names: LocalNames, after cookie: UInt64, most: Int = .max) throws -> [LocalNames.Own] {
    var result: [LocalNames.Own] = []
    try names.forEachOwn(after: cookie) { _, own throws(ProjectionError) in
      result.append(own)
      return result.count < most
    }
    return result
  }

  @Test("Names that come and go leave what an array would hold; who lists meanwhile misses none", arguments: 1...8)
  func model(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var names = LocalNames()
    var model = Model()
    var cookies: [[UInt8]: UInt64] = [:]
    var readers: [Reader] = []

    for step in 0..<800 {
      let entry = LocalNames.Entry(
        kind: FileKind.allCases.randomElement(using: &random) ?? .file, inode: random.next())
      let name = Array("\(Int.random(in: 0..<60, using: &random))".utf8)
      let index = UInt32.random(in: 0..<8, using: &random)
      let place = model.own.firstIndex { $0.name == name }
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        if let place, let key = names.key(of: name) {
          names.set(key, entry)
          model.own[place].entry = entry
        } else {
          _ = names.insert(name, entry)
          model.own.append((name, entry))
        }
      case 4..<7:
        guard let place, let key = names.key(of: name) else { break }
        names.remove(key)
        model.own.remove(at: place)
        cookies[name] = nil
        for reader in readers.indices { readers[reader].steady.remove(name) }
      case 7:
        names.set(NameKey(provided: Int(index)), entry)
        model.covered[index] = entry
        model.tombstones.remove(index)
      case 8:
        names.remove(NameKey(provided: Int(index)))
        model.covered[index] = nil
        model.tombstones.insert(index)
      default:
        names.uncover(NameKey(provided: Int(index)))
        model.covered[index] = nil
        model.tombstones.remove(index)
      }
      try compare(names, model, &cookies, "seed \(seed), step \(step)")
      try advance(&readers, names, model, &random, "seed \(seed), step \(step)")
    }
  }

  private func compare(
    _ names: LocalNames, _ model: Model, _ cookies: inout [[UInt8]: UInt64], _ place: Comment
  ) throws {
    #expect(names.covered == model.covered, place)
    #expect(names.tombstones == model.tombstones, place)
    #expect(names.ownCount == model.own.count, place)
    #expect(
      names.isEmpty == (model.own.isEmpty && model.covered.isEmpty && model.tombstones.isEmpty), place)
    let listed = try Self.listed(names, after: 0)
    #expect(listed.map(\.name) == model.own.map(\.name), place)
    #expect(listed.map(\.entry) == model.own.map(\.entry), place)
    for own in listed {
      let key = names.key(of: own.name) ?? NameKey(provided: 0)
      let isRight =
        names.entry(key) == own.entry && key.providedIndex == nil
        && key.localSlot.flatMap { names.own($0) }?.name == own.name
        && cookies[own.name] ?? own.cookie == own.cookie
      if !isRight { Issue.record("\(own): \(place)") }
      cookies[own.name] = own.cookie
    }
    let covered = (0..<8).map { names.entry(NameKey(provided: $0)) }
    #expect(covered == (0..<8).map { model.covered[$0] }, place)
    #expect(names.key(of: [0]) == nil, place)
  }

  /// Lets some readers read on, some start and those at the end be judged.
  private func advance(
    _ readers: inout [Reader], _ names: LocalNames, _ model: Model, _ random: inout SeededRandom, _ place: Comment
  ) throws {
    if Int.random(in: 0..<20, using: &random) == 0 {
      readers.append(Reader(steady: Set(model.own.map(\.name))))
    }
    for index in readers.indices.reversed() where Int.random(in: 0..<6, using: &random) == 0 {
      let next = try Self.listed(names, after: readers[index].cookie, most: Int.random(in: 1...4, using: &random))
      readers[index].seen += next.map(\.name)
      if let last = next.last {
        readers[index].cookie = last.cookie
        continue
      }
      let reader = readers.remove(at: index)
      let missed = reader.steady.filter { name in reader.seen.count { $0 == name } != 1 }
      #expect(missed.isEmpty, place)
    }
  }
}
