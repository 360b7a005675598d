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
///     user.projection.filling     the size and the times of a placeholder whose file is being filled, and has others
struct Marks: Sendable, Equatable {
  /// Whether an attribute is one of these. Users neither see nor change them.
  static func isOne(_ attribute: [UInt8]) -> Bool {
    attribute.starts(with: "user.projection.".utf8) || attribute.starts(with: "trusted.projection.".utf8)
  }

  static let contentName = "user.projection.contentid"
  static let inodeName = "user.projection.inode"
  static let linkInodeName = "trusted.projection.inode"
  static let fillingName = "user.projection.filling"

  /// The provider's ID; empty for "what is at this place".
  var content: [UInt8]?
  /// The number that stat(2) shows.
  var inode: UInt64?
  /// What is shown of a placeholder in the place of what the local inode has.
  var filling: Filling?

  /// How a placeholder looks while its file gets its content.
  struct Filling: Sendable, Equatable {
    let size: Int64
    let accessed: TimeStamp
    let modified: TimeStamp
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
      case Self.fillingName: filling = Filling(value)
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

  fileprivate static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    guard bytes.count == 8 else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension Marks {
  /// A placeholder for a content, whose local file has these marks and the given status.
  func placeholder(_ status: stat, for content: [UInt8]) -> Placeholder {
    Placeholder(
      content: ContentID(content), size: filling?.size ?? Int64(status.st_size),
      accessed: filling?.accessed ?? TimeStamp(status.st_atim), modified: filling?.modified ?? TimeStamp(status.st_mtim)
    )
  }
}

extension Marks.Filling {
  /// How a placeholder looks.
  init(_ placeholder: Placeholder) {
    self.init(size: placeholder.size, accessed: placeholder.accessed, modified: placeholder.modified)
  }

  /// Reads what `bytes` wrote; nil where it is something else.
  fileprivate init?(_ bytes: [UInt8]) {
    guard bytes.count == 40 else { return nil }
    let numbers = stride(from: 0, to: 40, by: 8).compactMap { Marks.number(bytes[$0..<$0 + 8]) }
    guard numbers.count == 5 else { return nil }
    self.init(
      size: Int64(bitPattern: numbers[0]),
      accessed: TimeStamp(seconds: Int64(bitPattern: numbers[1]), nanoseconds: UInt32(clamping: numbers[2])),
      modified: TimeStamp(seconds: Int64(bitPattern: numbers[3]), nanoseconds: UInt32(clamping: numbers[4])))
  }

  /// As it is written.
  var bytes: [UInt8] {
    let numbers =
      [UInt64(bitPattern: size)]
      + [accessed, modified].flatMap { [UInt64(bitPattern: $0.seconds), UInt64($0.nanoseconds)] }
    return numbers.flatMap { Marks.bytes($0) }
  }
}
