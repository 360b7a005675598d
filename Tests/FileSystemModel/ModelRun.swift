internal import Glibc

/// Performs operations on both trees of a pair, and compares.
///
/// After each operation: its outcome, and the status of everything it named. Every few operations: names, extended
/// attributes and bytes of what those operations touched. Now and then, and at the end: everything.
package final class ModelRun {
  private let pair: TreePair
  private let pace: Pace
  private let comparison: TreeComparison
  private var readers: ReaderHistory
  private var touched: Set<EntryPath> = []
  private var written: Set<EntryPath> = []
  private var slotPaths: [Int: EntryPath] = [:]
  /// How many operations were performed.
  package private(set) var count = 0

  /// How often what is compared.
  package struct Pace: Sendable {
    /// Operations between two comparisons of what they touched.
    package var touched = 25
    /// Operations between two comparisons of everything but bytes.
    package var everything = 1000
    /// Whether everything is looked at before the first operation; otherwise the first look at an entry is an
    /// operation's.
    package var looksFirst = false

    package init(touched: Int = 25, everything: Int = 1000, looksFirst: Bool = false) {
      self.touched = touched
      self.everything = everything
      self.looksFirst = looksFirst
    }
  }

  /// Starts with two trees that must be the same.
  package init(_ pair: TreePair, pace: Pace = Pace()) throws(Mismatch) {
    self.pair = pair
    self.pace = pace
    comparison = TreeComparison(pair)
    readers = ReaderHistory(pair.allowances, reference: pair.reference)
    if pace.looksFirst { try comparison.compareAll { _ in false } }
  }

  /// Performs one operation; tells what both trees gave back.
  @discardableResult
  package func perform(_ operation: Operation) throws(Mismatch) -> Outcome {
    count += 1
    if case .disturb(let disturbance) = operation {
      try disturb(disturbance)
      return .done
    }
    if readers.forbids(operation) { return .done }
    announce(operation)
    let mine = pair.reference.perform(operation)
    let theirs = pair.act(pair.subject, operation)
    let isLoose = operation.targets.contains { readers.isDetached($0) }
    if !isLoose || mine.isSuccess != theirs.isSuccess {
      try TreeComparison.requireEqual(operation, mine, theirs)
    }
    readers.note(operation, mine)
    try lookAfter(operation)
    if count % pace.touched == 0 { try compareTouched() }
    if count % pace.everything == 0 { try comparison.compareAll { _ in false } }
    return mine
  }

  /// Compares everything, once as it is and once more after the file system was mounted again.
  package func finish() throws(Mismatch) {
    try compareTouched()
    try comparison.compareAll { _ in true }
    try disturb(.remount)
    try comparison.compareAll { _ in true }
  }

  private func disturb(_ disturbance: Operation.Disturbance) throws(Mismatch) {
    pair.reference.closeAll()
    pair.subject.closeAll()
    readers.forgetHandles()
    slotPaths = [:]
    do {
      try pair.disturb(disturbance)
    } catch {
      throw Mismatch(description: "disturb \(disturbance.rawValue): \(error)")
    }
  }

  // MARK: - Around an operation

  /// Tells those who watch what is about to change.
  private func announce(_ operation: Operation) {
    for target in operation.writtenTargets { readers.willWrite(target) }
    for target in operation.touchedTargets { comparison.touch(pair.reference.identity(target)) }
    for path in operation.changedNames { comparison.touch(pair.reference.identity(.path(path.parent))) }
    var touchesAny = false
    if case .clear = operation { touchesAny = true }
    if operation.createsThroughLinks {
      // Who knows which directory the link leads to.
      for path in operation.changedNames {
        if let status = try? pair.reference.status(.entry(path)), status.st_mode & S_IFMT == S_IFLNK {
          touchesAny = true
        }
      }
    }
    if touchesAny { comparison.touchAll() }
  }

  /// Compares the status of all that an operation named, and remembers it for a closer look.
  private func lookAfter(_ operation: Operation) throws(Mismatch) {
    if case .open(let slot, let path, _, _, _) = operation { slotPaths[slot] = path }
    for target in operation.targets {
      if !readers.isDetached(target) { try comparison.compare(target, depth: .status) }
      switch target {
      case .path(let path), .entry(let path):
        touched.insert(path)
        if case .path = target { try comparison.compare(.entry(path), depth: .status) }
      case .slot: break
      }
    }
    for path in operation.changedNames {
      touched.insert(path)
      touched.insert(path.parent)
      if path.depth > 1 { try comparison.compare(.path(path.parent), depth: .status) }
    }
    for target in operation.writtenTargets {
      switch target {
      case .path(let path), .entry(let path): written.insert(path)
      case .slot(let slot): if let path = slotPaths[slot] { written.insert(path) }
      }
    }
  }

  private func compareTouched() throws(Mismatch) {
    // In an order that is the same in every run: looking is not without effect on a projection.
    for path in touched.union(written).sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      let target: Operation.Target = written.contains(path) ? .path(path) : .entry(path)
      if path.depth > 0 {
        try comparison.compare(target, depth: written.contains(path) ? .contents : .names)
      } else {
        let list = Operation.list(.path(.root))
        try TreeComparison.requireEqual(list, pair.reference.perform(list), pair.subject.perform(list))
      }
    }
    touched.removeAll(keepingCapacity: true)
    written.removeAll(keepingCapacity: true)
  }
}
