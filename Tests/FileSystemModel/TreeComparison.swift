internal import Glibc
internal import SystemPackage

/// Compares two trees, one entry at a time or whole.
final class TreeComparison {
  private let reference: Subject
  private let subject: Subject
  private(set) var witness = InodeWitness()

  init(_ pair: TreePair) {
    reference = pair.reference
    subject = pair.subject
  }

  /// What of an entry is compared.
  enum Depth: Comparable {
    /// Its status, and the target of a symbolic link.
    case status
    /// The names in a directory and the extended attributes as well.
    case names
    /// The bytes of a file as well: that makes a projection fetch them.
    case contents
  }

  /// How many entries whole comparisons have looked at.
  private(set) var entries = 0

  func touch(_ identity: UInt64?) { witness.touch(identity) }
  func touchAll() { witness.touchAll() }

  /// Compares what a target is, and what it contains.
  func compare(_ target: Operation.Target, depth: Depth) throws(Mismatch) {
    let mine = Result { () throws(Errno) in Sighting(try reference.status(target)) }
    let theirs = Result { () throws(Errno) in Sighting(try subject.status(target)) }
    switch (mine, theirs) {
    case (.failure(let mine), .failure(let theirs)) where mine == theirs: return
    case (.success(let mine), .success(let theirs)):
      guard mine.status == theirs.status else {
        throw Mismatch(description: "\(target): \(mine.status), but the subject has \(theirs.status)")
      }
      try witness.see("\(target)", identity: reference.identity(target), reference: mine, subject: theirs)
      try compareWithin(target, kind: mine.status.kind, depth: depth)
    default:
      throw Mismatch(
        description: "\(target): \(Self.text(mine)), but the subject has \(Self.text(theirs))")
    }
  }

  /// Compares everything below the roots, which may have other modes and owners themselves.
  ///
  /// `reading` tells which files' bytes are compared.
  func compareAll(reading: (EntryPath) -> Bool) throws(Mismatch) {
    try compareOutcomes(.list(.path(.root)))
    var pending: [EntryPath] = [.root]
    while let directory = pending.popLast() {
      let names: [[UInt8]]
      do throws(Errno) { names = try reference.names(.entry(directory)) } catch { continue }
      for name in names {
        let path = directory.appending(name)
        entries += 1
        try compare(.entry(path), depth: reading(path) ? .contents : .names)
        if let status = try? reference.status(.entry(path)), status.st_mode & S_IFMT == S_IFDIR { pending.append(path) }
      }
    }
  }

  private func compareWithin(_ target: Operation.Target, kind: UInt32, depth: Depth) throws(Mismatch) {
    if kind == S_IFLNK, case .entry(let path) = target { try compareOutcomes(.readlink(path)) }
    if depth >= .names, kind == S_IFDIR || kind == S_IFREG {
      try compareOutcomes(.attributes(target))
    }
    if depth >= .names, kind == S_IFDIR { try compareOutcomes(.list(target)) }
    if depth >= .contents, kind == S_IFREG { try compareOutcomes(.read(target, offset: 0, count: .max)) }
  }

  private func compareOutcomes(_ operation: Operation) throws(Mismatch) {
    try Self.requireEqual(operation, reference.perform(operation), subject.perform(operation))
  }

  /// Two outcomes of an operation must be the same.
  static func requireEqual(_ operation: Operation, _ mine: Outcome, _ theirs: Outcome) throws(Mismatch) {
    guard mine != theirs else { return }
    var text = "\(operation): \(mine), but the subject gives \(theirs)"
    if case .content(let mine) = mine, case .content(let theirs) = theirs {
      text += "; they differ \(mine.difference(from: theirs))"
    }
    if case .names(let mine) = mine, case .names(let theirs) = theirs {
      let missing = Set(mine).subtracting(theirs).map { EntryPath.encode($0) }
      let unexpected = Set(theirs).subtracting(mine).map { EntryPath.encode($0) }
      text = "\(operation): the subject misses \(missing) and has \(unexpected) too many"
    }
    throw Mismatch(description: text)
  }

  private static func text(_ result: Result<Sighting, Errno>) -> String {
    switch result {
    case .success(let sighting): "\(sighting.status)"
    case .failure(let failure): "\(failure)"
    }
  }
}
