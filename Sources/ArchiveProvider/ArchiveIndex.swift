internal import Provider

/// What an archive has, as a tree. Made once, or read from where it was kept; never changed.
///
/// Plain arrays of numbers, 16 bytes for each name, 24 for each content and 8 for each directory, beside the names.
struct ArchiveIndex: Equatable {
  /// The entries of a directory: a range of `entries`, sorted by name.
  struct Directory: Equatable {
    var first: UInt32
    var count: UInt32
  }

  /// A name in a directory. The name is a piece of `text`.
  struct Entry: Equatable {
    var start: UInt32
    var length: UInt16
    var permissions: UInt16
    /// An `EntryKind`.
    var kind: UInt32
    /// The number of a directory, or of a member that has the content.
    var target: UInt32
  }

  /// The content of a member: a file's bytes, or where in `text` a symbolic link's target is.
  struct Content: Equatable {
    enum Form: UInt32 {
      /// The bytes lie at `offset` in the (decompressed) archive.
      case direct
      /// libarchive has to put the member together whose header is at `offset`.
      case sparse
      /// A zip's member, whose local header is at `offset`.
      case zipped
      /// A zip's member that is found only by counting.
      case counted
      /// Nobody can read it without a password.
      case encrypted
      /// `offset` is a place in `text`.
      case link
    }

    var offset: Int64
    var size: Int64
    /// The member's number; contents are in the order of these.
    var member: UInt32
    var form: UInt32
  }

  /// A member that is not shown: its name and the reason are pieces of `text`, one behind the other.
  struct Rejection: Equatable {
    var start: UInt32
    var nameLength: UInt32
    var reasonLength: UInt32
  }

  /// The first one is the root.
  var directories: [Directory] = []
  var entries: [Entry] = []
  var contents: [Content] = []
  var rejections: [Rejection] = []
  var text: [UInt8] = []

  /// The content of a member.
  func content(ofMember member: UInt32) -> Content? {
    var low = 0
    var high = contents.count
    while low < high {
      let middle = (low + high) / 2
      if contents[middle].member == member { return contents[middle] }
      if contents[middle].member < member { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// A piece of `text`; empty where it is none.
  func text(at start: Int64, count: Int64) -> ArraySlice<UInt8> {
    guard start >= 0, count >= 0, start <= Int64(text.count), count <= Int64(text.count) - start else { return [] }
    return text[Int(start)..<Int(start + count)]
  }

  /// Lists a directory; `name` gives the bytes of IDs.
  func list(
    _ number: UInt32, content contentID: (UInt32) -> [UInt8], directory directoryID: (UInt32) -> [UInt8]
  ) -> DirectoryListing? {
    guard number < directories.count else { return nil }
    let directory = directories[Int(number)]
    let range = Int(directory.first)..<Int(directory.first) + Int(directory.count)
    guard range.upperBound <= entries.count else { return nil }
    var listing = DirectoryListing(entries: range.count, bytes: range.count * 64)
    for entry in entries[range] {
      let kind = EntryKind(rawValue: UInt8(truncatingIfNeeded: entry.kind)) ?? .file
      let isDirectory = kind == .directory
      listing.append(
        text(at: Int64(entry.start), count: Int64(entry.length)), kind,
        id: isDirectory ? directoryID(entry.target) : contentID(entry.target), permissions: entry.permissions,
        size: isDirectory ? nil : content(ofMember: entry.target)?.size)
    }
    if number == 0 {
      for rejection in rejections {
        let reason = text(
          at: Int64(rejection.start) + Int64(rejection.nameLength), count: Int64(rejection.reasonLength))
        listing.reject(
          text(at: Int64(rejection.start), count: Int64(rejection.nameLength)), String(decoding: reason, as: UTF8.self))
      }
    }
    return listing
  }
}
