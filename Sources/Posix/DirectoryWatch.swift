internal import Glibc
package import SystemPackage

/// Notices names that come, go, or are replaced in directories (inotify(7)).
package final class DirectoryWatch: Sendable {
  private let descriptor: OwnedDescriptor

  /// Watches nothing yet.
  package init() throws(Errno) {
    descriptor = OwnedDescriptor(
      // IN_CLOEXEC and IN_NONBLOCK are these.
      rawValue: try FileCalls.retrying { inotify_init1(O_CLOEXEC | O_NONBLOCK) })
  }

  /// Watches a directory as well.
  package func add(_ path: String) throws(Errno) {
    let events = UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_TO) | UInt32(IN_CLOSE_WRITE)
    try FileCalls.retrying { inotify_add_watch(descriptor.rawValue, path, events) }
  }

  /// The names that something happened to; waits up to `milliseconds` for the first (nil: as long as it takes). Empty
  /// where nothing happened.
  package func names(within milliseconds: CInt?) throws(Errno) -> [[UInt8]] {
    var waiting = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    guard try FileCalls.retrying({ poll(&waiting, 1, milliseconds ?? -1) }) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    let count: Int
    do {
      count = try FileCalls.retrying { read(descriptor.rawValue, &buffer, buffer.count) }
    } catch .resourceTemporarilyUnavailable {
      return []
    }
    return Self.names(in: buffer[..<count])
  }

  /// struct inotify_event: four numbers of 32 bits, the last of which is the length of the name that follows, with its
  /// padding of NULs.
  private static func names(in events: ArraySlice<UInt8>) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var rest = events
    while rest.count >= 16 {
      let length = rest.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) }
      guard rest.count >= 16 + length else { break }
      names.append(Array(rest.dropFirst(16).prefix(length).prefix { $0 != 0 }))
      rest = rest.dropFirst(16 + length)
    }
    return names
  }
}
