internal import Glibc

/// Knows which open handles may legitimately show an older version of their file.
///
/// These are handles for reading on a projected file which was opened for writing after them, and never before. They
/// are *detached*: only whether a call on them succeeds is compared, and nothing is changed through them.
struct ReaderHistory {
  private let reference: Subject
  private let isActive: Bool
  /// The files of the starting tree that nobody has opened for writing yet, by identity.
  private var projected: Set<UInt64> = []
  private var readers: [Int: UInt64] = [:]
  private var detached: Set<Int> = []

  /// Begins with the tree as it is now.
  init(_ allowances: TreePair.Allowances, reference: Subject) {
    self.reference = reference
    isActive = allowances.readersKeepWhatTheyOpened
    guard isActive else { return }
    var pending: [EntryPath] = [.root]
    while let directory = pending.popLast() {
      for name in (try? reference.names(.entry(directory))) ?? [] {
        let path = directory.appending(name)
        switch (try? reference.status(.entry(path)).st_mode).map({ $0 & S_IFMT }) {
        case S_IFDIR: pending.append(path)
        case S_IFREG: if let identity = reference.identity(.entry(path)) { projected.insert(identity) }
        default: break
        }
      }
    }
  }

  /// Whether what a target shows is not comparable.
  func isDetached(_ target: Operation.Target) -> Bool {
    guard case .slot(let slot) = target else { return false }
    return detached.contains(slot)
  }

  /// Whether an operation would change a file through a handle that may refer to an older version of it.
  func forbids(_ operation: Operation) -> Bool {
    if let slot = operation.changesMetadataOfSlot, detached.contains(slot) { return true }
    // Which bytes would be copied is not known.
    if case .copy(.slot(let slot), _, _, _, _) = operation { return detached.contains(slot) }
    return false
  }

  /// A file is about to be opened for writing.
  mutating func willWrite(_ target: Operation.Target) {
    // A handle that can write was announced when it was opened.
    if case .slot = target { return }
    guard isActive, let identity = reference.identity(target), projected.remove(identity) != nil else { return }
    for (slot, file) in readers where file == identity { detached.insert(slot) }
  }

  /// An operation was performed.
  mutating func note(_ operation: Operation, _ outcome: Outcome) {
    guard isActive else { return }
    switch operation {
    case .open(let slot, _, let access, _, _):
      forget(slot)
      guard outcome.isSuccess, access == .read, let identity = reference.identity(.slot(slot)),
        projected.contains(identity)
      else { return }
      readers[slot] = identity
    case .close(let slot): forget(slot)
    default: break
    }
  }

  /// All handles were closed.
  mutating func forgetHandles() {
    readers = [:]
    detached = []
  }

  private mutating func forget(_ slot: Int) {
    readers[slot] = nil
    detached.remove(slot)
  }
}
