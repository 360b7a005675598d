internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// What the local tree notes on an entry beside what any file system keeps, as extended attributes.
///
///     user.projection.contentid   on a file: its content is the provider's (a dirty placeholder)
///                                 on a directory: the provider's directory shows through (merged); empty: the one at
///                                 the same place
///     user.projection.inode       the number that stat(2) shows: eight bytes, least significant first
///     trusted.projection.inode    the same on a symbolic link, which can have none of the other; only root can set it
///     user.projection.times       the times of a placeholder that is being filled
struct Marks: Sendable, Equatable {
  /// Whether an attribute is one of these. Users neither see nor change them.
  static func isOne(_ attribute: [UInt8]) -> Bool {
    attribute.starts(with: "user.projection.".utf8) || attribute.starts(with: "trusted.projection.".utf8)
  }

  static let contentName = "user.projection.contentid"
  static let inodeName = "user.projection.inode"
  static let linkInodeName = "trusted.projection.inode"
  static let timesName = "user.projection.times"

  /// The provider's ID; empty for "what is at this place".
  var content: [UInt8]?
  /// The number that stat(2) shows.
  var inode: UInt64?
  /// The times to be shown in the place of the local inode's.
  var times: (accessed: TimeStamp, modified: TimeStamp)?

  static func == (left: Marks, right: Marks) -> Bool {
    left.content == right.content && left.inode == right.inode && left.times?.accessed == right.times?.accessed
      && left.times?.modified == right.times?.modified
  }

  /// What of the provider's shows through a local directory.
  enum Origin: Sendable, Equatable {
    /// Nothing: it is the user's.
    case nothing
    /// The provider's directory at the same place, if there is one.
    case place
    /// This one, wherever the directory lies.
    case pinned(DirectoryID)
  }

  /// What shows through the directory that has these marks.
  var origin: Origin {
    guard let content else { return .nothing }
    return content.isEmpty ? .place : .pinned(DirectoryID(content))
  }

  /// Whether the directory that has these marks shows one of the provider's that lies elsewhere.
  var isPinned: Bool { content?.isEmpty == false }

  /// The marks of an entry, or of the file of a descriptor where the name is empty.
  init(at directory: CInt, _ name: [UInt8]) throws(Errno) {
    for attribute in try Self.names(at: directory, name) {
      guard let value = try ExtendedAttributes.value(at: directory, name, attribute) else { continue }
      switch String(decoding: attribute, as: UTF8.self) {
      case Self.contentName: content = value
      case Self.inodeName, Self.linkInodeName: inode = Self.number(value[...])
      case Self.timesName: times = Self.times(value)
      default: break
      }
    }
  }

  /// No marks.
  init() {}

  private static func names(at directory: CInt, _ name: [UInt8]) throws(Errno) -> [[UInt8]] {
    do {
      return try ExtendedAttributes.names(at: directory, name).filter(isOne)
    } catch .notSupported, .notSupportedOnSocket {
      return []
    }
  }

  // MARK: - Values

  static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  static func bytes(accessed: TimeStamp, modified: TimeStamp) -> [UInt8] {
    [accessed, modified].flatMap { bytes(UInt64(bitPattern: $0.seconds)) + bytes(UInt64($0.nanoseconds)) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    guard bytes.count == 8 else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func times(_ bytes: [UInt8]) -> (TimeStamp, TimeStamp)? {
    guard bytes.count == 32 else { return nil }
    let numbers = stride(from: 0, to: 32, by: 8).compactMap { number(bytes[$0..<$0 + 8]) }
    guard numbers.count == 4 else { return nil }
    return (
      TimeStamp(seconds: Int64(bitPattern: numbers[0]), nanoseconds: UInt32(clamping: numbers[1])),
      TimeStamp(seconds: Int64(bitPattern: numbers[2]), nanoseconds: UInt32(clamping: numbers[3]))
    )
  }
}
