package import Provider

/// The number by which the kernel knows an inode: 1 is the root; others are given out at lookup and may be given out
/// again after the kernel forgot them.
package struct NodeID: Hashable, Sendable {
  /// The kernel's number.
  package let rawValue: UInt64

  /// Any number, known or not.
  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The root of the view.
  package static let root = NodeID(rawValue: 1)
}

/// What the kernel and users see of an inode.
package struct NodeAttributes: Hashable, Sendable {
  /// What it is.
  package var kind: EntryKind
  /// The permission bits.
  package var permissions: UInt16
  /// The number shown by stat(2), stable over remounts.
  package var inode: UInt64
  /// Bytes.
  package var size: Int64
  /// Seconds and nanoseconds since 1970, for all three times.
  package var time: TimeStamp
}

/// A point in time as file systems keep it.
package struct TimeStamp: Hashable, Sendable {
  /// Whole seconds since 1970.
  package var seconds: Int64
  /// 0 ..< 1,000,000,000.
  package var nanoseconds: UInt32

  /// A point in time.
  package init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}
