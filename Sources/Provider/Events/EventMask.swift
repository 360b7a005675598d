/// A set of kinds of events.
public struct EventMask: OptionSet, Sendable, Hashable {
  /// The bits, which stay what they are.
  public let rawValue: UInt32

  /// Any bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A file is opened for reading only.
  public static let openForReading = EventMask(rawValue: 1 << 0)
  /// A file is opened for writing.
  public static let openForWriting = EventMask(rawValue: 1 << 1)
  /// A file, FIFO, socket or device is made; a file is opened by that as well.
  public static let create = EventMask(rawValue: 1 << 2)
  /// A directory is made.
  public static let makeDirectory = EventMask(rawValue: 1 << 3)
  /// A symbolic link is made.
  public static let makeSymbolicLink = EventMask(rawValue: 1 << 4)
  /// A file gets another name.
  public static let link = EventMask(rawValue: 1 << 5)
  /// A name that is no directory's goes.
  public static let unlink = EventMask(rawValue: 1 << 6)
  /// A directory goes.
  public static let removeDirectory = EventMask(rawValue: 1 << 7)
  /// A name becomes another one, or two names change places.
  public static let rename = EventMask(rawValue: 1 << 8)
  /// A file gets another length, by truncate(2), ftruncate(2) or O_TRUNC.
  public static let truncate = EventMask(rawValue: 1 << 9)
  /// Permissions, owner, times or extended attributes change.
  public static let changeMetadata = EventMask(rawValue: 1 << 10)
  /// A file's content becomes the user's, because it is opened for writing or written to.
  public static let convertToFull = EventMask(rawValue: 1 << 11)
  /// A file is closed that was open for writing and has changed meanwhile. Told only.
  public static let closeModified = EventMask(rawValue: 1 << 12)
  /// A file is closed that has not. Told only.
  public static let closeUnmodified = EventMask(rawValue: 1 << 13)
  /// A content was fetched. Told only.
  public static let hydrate = EventMask(rawValue: 1 << 14)
  /// A content was dropped that can be fetched again. Told only.
  public static let evict = EventMask(rawValue: 1 << 15)

  /// Every kind.
  public static let all = EventMask(rawValue: (1 << 16) - 1)
  /// What can be forbidden.
  public static let preventable = EventMask(rawValue: (1 << 12) - 1)
  /// What is seen only where the kernel sends opens, which it must be told before the view is mounted.
  public static let opensAndCloses: EventMask = [.openForReading, .openForWriting, .closeModified, .closeUnmodified]
}
