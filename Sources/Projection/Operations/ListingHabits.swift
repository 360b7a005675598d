internal import Synchronization

/// Who looks at every file after listing a directory, as `ls -l` does, and who only wants the names, as `find` does.
///
/// Attributes cost a provider something, and a listing without them is much cheaper; a lister that comes back for each
/// file costs a request a file. So a thread gets names alone until it was seen coming back.
struct ListingHabits: ~Copyable, Sendable {
  /// How many threads are remembered.
  private static let limit = 64

  // A leaf lock.
  private let statters = Mutex<[UInt32]>([])

  /// Whether files' attributes should go with a listing for this thread.
  func wantsAttributes(_ caller: Caller) -> Bool {
    statters.withLock { $0.contains(caller.thread) }
  }

  /// Notes that a directory was listed without its files' attributes.
  func noteBareListing(of directory: DirectoryNode, by caller: Caller) {
    directory.setBareLister(caller.thread)
  }

  /// Notes that a file was looked up one by one.
  func noteLookup(in directory: DirectoryNode, by caller: Caller) {
    guard let lister = directory.takeBareLister() else { return }
    statters.withLock { statters in
      for thread in Set([lister, caller.thread]) where !statters.contains(thread) {
        if statters.count >= Self.limit { statters.removeFirst() }
        statters.append(thread)
      }
    }
  }
}
