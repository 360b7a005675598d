internal import Glibc
internal import Posix
internal import Synchronization
internal import SystemPackage

/// Lets the kernel learn all names and attributes of a view, directory by directory, before a program asks for each file by
/// itself: two requests for a directory in the place of one for each file.
final class KernelWarmer: Sendable {
  private let mountpoint: String
  // Held while the view is read: who comes meanwhile needs what comes of it.
  private let isWarm = Mutex(false)

  /// For the view at `mountpoint`.
  init(_ mountpoint: String) {
    self.mountpoint = mountpoint
  }

  /// Reads the view, the first time. Blocks, for a second for 100,000 files; not on a thread that serves requests.
  func warm() {
    isWarm.withLock { isWarm in
      if isWarm { return }
      isWarm = true
      guard let top = try? FileCalls.open(mountpoint, O_RDONLY | O_DIRECTORY) else { return }
      read(top)
    }
  }

  private func read(_ directory: borrowing OwnedDescriptor) {
    guard let entries = try? EntryCalls.entries(of: directory.rawValue) else { return }
    // Listings carry attributes for those who are seen to ask for them.
    if let first = entries.first { _ = try? EntryCalls.status(at: directory.rawValue, first.name) }
    for entry in entries where entry.fileType == S_IFDIR {
      guard let below = try? EntryCalls.open(at: directory.rawValue, entry.name, O_RDONLY | O_DIRECTORY) else {
        continue
      }
      read(below)
    }
  }
}
