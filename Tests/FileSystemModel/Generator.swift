internal import TestSupport

/// Makes up operations, the same ones for the same seed and the same outcomes.
package struct Generator {
  private var random: SeededRandom
  private var paths: PathPool
  private var openSlots: Set<Int> = []
  private let changesOwners: Bool
  private static let weights = Verb.allCases.map(\.weight)
  private static let total = weights.reduce(0, +)

  /// A generator for a pair of trees. Changing owners needs root.
  package init(seed: UInt64, pair: TreePair, changesOwners: Bool) {
    random = SeededRandom(seed: seed)
    paths = PathPool(of: pair.reference)
    self.changesOwners = changesOwners
  }

  /// What can be made up, and how often relative to each other.
  private enum Verb: CaseIterable {
    case open, close, create, read, write, append, overwrite, truncate, allocate, map, seek, copy, sync
    case status, list, chmod, chown, setTimes, setAttribute, removeAttribute, attributes
    case unlink, makeDirectory, removeDirectory, rename, link, symlink, readlink, fifo, clear

    var weight: Int {
      switch self {
      case .rename: 80
      case .open, .read, .write, .unlink, .makeDirectory: 50
      case .create, .truncate, .status, .list, .link, .overwrite: 30
      case .append, .map, .close, .chmod, .setTimes, .removeDirectory, .symlink, .setAttribute: 25
      case .allocate, .copy, .seek, .chown, .attributes, .sync: 15
      case .readlink, .removeAttribute, .fifo: 10
      case .clear: 3
      }
    }
  }

  /// The next operation.
  package mutating func next() -> Operation {
    var choice = number(0..<Self.total)
    for (verb, weight) in zip(Verb.allCases, Self.weights) {
      if choice < weight { return make(verb) }
      choice -= weight
    }
    return .status(.path(.root))
  }

  /// Learns how an operation went.
  package mutating func note(_ operation: Operation, _ outcome: Outcome) {
    switch operation {
    case .open(let slot, _, _, _, _): if outcome.isSuccess { openSlots.insert(slot) } else { openSlots.remove(slot) }
    case .close(let slot): openSlots.remove(slot)
    case .disturb: openSlots = []
    default: break
    }
    if outcome.isSuccess { noteNames(operation) }
  }

  private mutating func noteNames(_ operation: Operation) {
    switch operation {
    case .unlink(let path), .removeDirectory(let path), .clear(let path): paths.remove(path)
    case .makeDirectory(let path, _): paths.add(path, .directory, &random)
    case .symlink(_, let path), .fifo(let path, _): paths.add(path, .other, &random)
    case .link(let old, let new): paths.add(new, paths.kind(of: old) ?? .file, &random)
    case .rename(let old, let new, .exchange): paths.exchange(old, new)
    case .rename(let old, let new, _): paths.move(old, to: new)
    default: for path in operation.changedNames { paths.add(path, .file, &random) }
    }
  }

  private mutating func make(_ verb: Verb) -> Operation {
    switch verb {
    case .open:
      .open(
        slot: number(0..<Subject.slots), oneIn(3) ? new() : existing(.file), any(Operation.Access.self),
        oneIn(2) ? .existing : any(Operation.Opening.self), mode: mode())
    case .close: .close(slot: slot())
    case .create: .create(new(), mode: mode(), exclusive: oneIn(2))
    case .read: .read(target(), offset: oneIn(2) ? 0 : offset(), count: oneIn(2) ? Fill.limit : size())
    case .write: .write(target(), offset: offset(), fill())
    case .append: .append(existing(.file), fill())
    case .overwrite: .overwrite(existing(.file), fill())
    case .truncate: .truncate(target(), size: size())
    case .allocate: .allocate(target(), any(Operation.Allocation.self), offset: offset(), length: size())
    case .map: .map(target(), offset: oneIn(2) ? 0 : offset(), fill())
    case .seek: .seek(target(), any(Operation.Boundary.self), offset: offset())
    case .copy: .copy(from: target(), offset: offset(), to: target(), at: offset(), length: size())
    case .sync: .sync(slot: slot(), dataOnly: oneIn(2))
    case .unlink, .makeDirectory, .removeDirectory, .rename, .link, .symlink, .readlink, .fifo, .clear:
      makeName(verb)
    default: makeMetadata(verb)
    }
  }

  private mutating func makeMetadata(_ verb: Verb) -> Operation {
    switch verb {
    case .list: .list(oneIn(5) ? target() : oneIn(10) ? .path(.root) : .path(existing(.directory)))
    case .chmod: .chmod(target(), mode: mode())
    case .chown where changesOwners:
      .chown(oneIn(3) ? .entry(existing()) : target(), user: owner(), group: owner())
    case .setTimes: .setTimes(oneIn(3) ? .entry(existing()) : target(), access: time(), modification: time())
    case .setAttribute:
      .setAttribute(
        oneIn(4) ? .entry(existing()) : target(), name: attributeName(),
        Fill(seed: UInt8(number(0..<256)), count: number(0..<40)),
        oneIn(2) ? .any : any(Operation.AttributeRule.self))
    case .removeAttribute: .removeAttribute(oneIn(4) ? .entry(existing()) : target(), name: attributeName())
    case .attributes: .attributes(oneIn(3) ? .entry(existing()) : target())
    default: .status(oneIn(2) ? .entry(existing()) : target())
    }
  }

  private mutating func makeName(_ verb: Verb) -> Operation {
    switch verb {
    case .unlink: .unlink(oneIn(10) ? existing() : existing(oneIn(4) ? .other : .file))
    case .makeDirectory: .makeDirectory(new(), mode: mode() | 0o700)
    case .removeDirectory: .removeDirectory(oneIn(4) ? existing() : paths.emptyDirectory(&random))
    case .rename: makeRename()
    case .link: .link(existing(oneIn(10) ? nil : .file), new())
    case .symlink: .symlink(target: linkTarget(), new())
    case .readlink: .readlink(existing(oneIn(5) ? nil : .other))
    case .fifo: .fifo(new(), mode: mode())
    default: .clear(existing())
    }
  }

  /// Half of the time onto something that is there, and then mostly of the same kind.
  private mutating func makeRename() -> Operation {
    let kind: PathPool.Kind = oneIn(3) ? .directory : oneIn(6) ? .other : .file
    let new = oneIn(2) ? new() : existing(oneIn(4) ? nil : kind)
    return .rename(existing(kind), new, oneIn(2) ? .replace : any(Operation.Renaming.self))
  }

  // MARK: - Arguments

  private mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

  private mutating func oneIn(_ count: Int) -> Bool { number(0..<count) == 0 }

  private mutating func any<Choice: CaseIterable>(_ type: Choice.Type) -> Choice where Choice.AllCases == [Choice] {
    type.allCases[number(0..<type.allCases.count)]
  }

  /// Never the root: that cannot be renamed or removed, and the errors differ between a mountpoint and a directory.
  private mutating func existing(_ kind: PathPool.Kind? = nil) -> EntryPath { paths.existing(kind, &random) }

  private mutating func new() -> EntryPath { paths.new(&random) }

  private mutating func slot() -> Int {
    openSlots.sorted().randomElement(using: &random) ?? number(0..<Subject.slots)
  }

  /// A path, or an open handle.
  private mutating func target() -> Operation.Target {
    if !openSlots.isEmpty, number(0..<100) < 40 { return .slot(slot()) }
    return .path(existing(oneIn(4) ? nil : .file))
  }

  /// A relative target that stays below the directory of the link.
  private mutating func linkTarget() -> EntryPath {
    oneIn(2) ? EntryPath(bytes: PathPool.name(&random)) : existing()
  }

  private mutating func mode() -> UInt32 {
    let usual: [UInt32] = [0o644, 0o755, 0o600, 0o777, 0o700, 0o444, 0o2755, 0o4755, 0o1777, 0o000]
    return usual[number(0..<usual.count)]
  }

  private mutating func owner() -> Int { [-1, 0, 1000, 65534, 4_000_000][number(0..<5)] }

  private mutating func attributeName() -> String { ["user.a", "user.b", "user.with.dots"][number(0..<3)] }

  private mutating func time() -> Operation.TimeSetting {
    switch number(0..<5) {
    case 0: .omit
    case 1: .now
    case 2: .nanoseconds(Int64(number(-1_000_000_000..<1_000_000_000)))
    default: .nanoseconds(Int64(number(0..<2_000_000_000)) * 1_000_000_000 + Int64(number(0..<1_000_000_000)))
    }
  }

  /// Mostly small; often beside the border of a page; seldom large.
  private mutating func size() -> Int {
    switch number(0..<20) {
    case 0..<8: number(0..<100)
    case 8..<13: max(0, 4096 * number(1..<4) + number(-1..<2))
    case 13..<18: number(0..<20_000)
    default: number(0..<150_000)
    }
  }

  private mutating func offset() -> Int { oneIn(3) ? 0 : size() }

  private mutating func fill() -> Fill { Fill(seed: UInt8(number(0..<256)), count: size()) }
}
