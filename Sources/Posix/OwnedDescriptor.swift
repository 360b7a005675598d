internal import Glibc
package import SystemPackage

/// A file descriptor with one owner, closed exactly once.
///
/// Closing errors matter only for written files and are reported by `close()`; `deinit` is the backstop for every
/// other path and ignores them.
package struct OwnedDescriptor: ~Copyable, Sendable {
  /// The number, valid while this value lives. Do not close it.
  package let rawValue: CInt

  /// Takes ownership of an open descriptor.
  package init(rawValue: CInt) {
    self.rawValue = rawValue
  }

  /// Closes now and reports what the kernel says, such as a delayed write error.
  package consuming func close() throws(Errno) {
    let number = rawValue
    discard self
    // Linux releases the number even when close reports EINTR: never retry.
    if Glibc.close(number) != 0, errno != EINTR { throw Errno.current }
  }

  /// Gives up ownership: the caller must close the number.
  package consuming func release() -> CInt {
    let number = rawValue
    discard self
    return number
  }

  deinit {
    _ = Glibc.close(rawValue)
  }
}

extension Errno {
  /// The calling thread's `errno`. Read it right after the failed call.
  package static var current: Errno { Errno(rawValue: errno) }
}
