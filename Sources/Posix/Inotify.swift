internal import Glibc
package import SystemPackage

/// A queue of what happens in watched directories (inotify(7)). Any thread may use it.
package final class Inotify: Sendable {
  /// Something that happened in a watched directory, or to it.
  package struct Event: Sendable {
    /// The number of the watch; -1 where events were lost.
    package let watch: CInt
    /// The system call's bits.
    package let mask: UInt32
    /// The name in the directory; empty where the event is about the directory itself.
    package let name: [UInt8]

    /// An event.
    package init(watch: CInt, mask: UInt32, name: [UInt8]) {
      self.watch = watch
      self.mask = mask
      self.name = name
    }
  }

  private let descriptor: OwnedDescriptor

  /// Watches nothing yet.
  package init() throws(Errno) {
    descriptor = OwnedDescriptor(
      // IN_CLOEXEC and IN_NONBLOCK are these.
      rawValue: try FileCalls.retrying { inotify_init1(O_CLOEXEC | O_NONBLOCK) })
  }

  /// Watches a directory as well; returns the number of the watch, which is the old one where it is watched already.
  @discardableResult
  package func add(_ path: String, _ mask: UInt32) throws(Errno) -> CInt {
    try FileCalls.retrying { inotify_add_watch(descriptor.rawValue, path, mask) }
  }

  /// Ends a watch, which the queue then says with `IN_IGNORED`. Nothing happens where it has ended already.
  package func remove(_ watch: CInt) { _ = inotify_rm_watch(descriptor.rawValue, watch) }

  /// What happened since the last call; waits up to `milliseconds` for the first event (nil: as long as it takes).
  package func events(within milliseconds: CInt?) throws(Errno) -> [Event] {
    var waiting = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    guard try FileCalls.retrying({ poll(&waiting, 1, milliseconds ?? -1) }) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    do {
      let count = try FileCalls.retrying { read(descriptor.rawValue, &buffer, buffer.count) }
      return Self.events(in: buffer[..<count])
    } catch .resourceTemporarilyUnavailable {
      return []
    }
  }

  /// struct inotify_event: the watch, the mask, a cookie, and the length of the name that follows, with its padding of
  /// NULs.
  private static func events(in bytes: ArraySlice<UInt8>) -> [Event] {
    var events: [Event] = []
    var rest = bytes
    while rest.count >= 16 {
      let (watch, mask, length) = rest.withUnsafeBytes { memory in
        (
          memory.loadUnaligned(as: CInt.self), memory.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
          Int(memory.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        )
      }
      guard rest.count >= 16 + length else { break }
      events.append(Event(watch: watch, mask: mask, name: Array(rest.dropFirst(16).prefix(length).prefix { $0 != 0 })))
      rest = rest.dropFirst(16 + length)
    }
    return events
  }
}
