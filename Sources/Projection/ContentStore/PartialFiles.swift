internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// A file in which a content comes to be, piece by piece. It has no content's name.
final class PartialFile: Sendable {
  /// The file, open for reading and writing, as long as the content.
  let held: HeldFile
  /// The name that it has meanwhile, if it has one.
  fileprivate let temporaryName: String?

  fileprivate init(_ file: consuming OwnedDescriptor, temporaryName: String?) {
    held = HeldFile(file)
    self.temporaryName = temporaryName
  }
}

/// Contents of which only parts are here.
///
/// While one is in use it lies in a file without a name, as everything does that is being stored. In between it may be put
/// away: as `partial/` and its ID in hexadecimal digits, with a map of the pieces behind the content's end, which is good
/// until the machine starts anew: nothing of it is synced. Who takes it up again moves it away first, so that one server
/// has it.
extension ContentStore {
  static let partsName = "partial"

  /// What is different after each start of the machine; nil where that cannot be known.
  private static let start: [UInt8]? = try? FileCalls.contents("/proc/sys/kernel/random/boot_id")

  private static func partName(_ content: ContentID) -> String { "\(partsName)/\(content)-" }

  /// A file for the pieces of a content of `size` bytes.
  func makePart(size: Int64) throws(Errno) -> PartialFile {
    let draft = try makeDraft()
    let name = draft.temporaryName
    try DataCalls.truncate(draft.file.rawValue, to: size)
    return PartialFile(draft.takeFile(), temporaryName: name)
  }

  /// What was put away of a content; nil where there is nothing, or an unclean stop or a start of the machine came since.
  func takePart(of content: ContentID, size: Int64) -> (PartialFile, PieceMap)? {
    let name = Self.partName(content)
    let temporary = temporaryName()
    do throws(Errno) {
      // Before it is moved, which changes the time.
      let changed = TimeStamp(try FileCalls.status(at: directory.rawValue, name).st_ctim)
      if let suspectBefore, changed <= suspectBefore {
        try FileCalls.remove(at: directory.rawValue, name)
        return nil
      }
      try FileCalls.rename(at: directory.rawValue, name, to: temporary)
    } catch {
      return nil
    }
    do throws(Errno) {
      let file = try FileCalls.open(at: directory.rawValue, temporary, O_RDWR | O_NOFOLLOW)
      let status = try FileCalls.status(file.rawValue)
      let length = PieceMap.length(size: size)
      if let start = Self.start, status.st_mode & S_IFMT == S_IFREG,
        Int64(status.st_size) == size + Int64(length + start.count),
        try FileCalls.read(file.rawValue, at: size + Int64(length), count: start.count) == start,
        let map = PieceMap(try FileCalls.read(file.rawValue, at: size, count: length), size: size)
      {
        try DataCalls.truncate(file.rawValue, to: size)
        return (PartialFile(file, temporaryName: temporary), map)
      }
    } catch {
      // Of no use, as below.
    }
    try? FileCalls.remove(at: directory.rawValue, temporary)
    return nil
  }

  /// Puts away what is here of a content. Nobody may write to the file any more.
  func putAway(_ file: PartialFile, _ map: PieceMap, of content: ContentID) throws(Errno) {
    do throws(Errno) {
      let descriptor = file.held.descriptor.rawValue
      guard let start = Self.start else { throw .notSupported }
      let outcome: Result<Void, Errno> = (map.bytes + start).withUnsafeBytes { bytes in
        Result { () throws(Errno) in try DataCalls.write(descriptor, bytes, at: map.size) }
      }
      try outcome.get()
      // Whoever takes it up writes to it.
      try EntryCalls.changeMode(at: descriptor, [], 0o600)
      try attach(file.held.descriptor, file.temporaryName, as: Self.partName(content))
    } catch {
      drop(file)
      throw error
    }
  }

  /// Gives a file that has all pieces the content's name.
  func publish(_ file: PartialFile, as content: ContentID) throws(Errno) {
    try EntryCalls.changeMode(at: file.held.descriptor.rawValue, [], 0o444)
    try attach(file.held.descriptor, file.temporaryName, as: Self.name(of: content))
    removePart(of: content)
  }

  /// Lets a file go that is of no use any more. Who reads it keeps it.
  func drop(_ file: PartialFile) {
    if let name = file.temporaryName { try? FileCalls.remove(at: directory.rawValue, name) }
  }

  /// How much room what was put away of a content takes, in bytes; nil where there is nothing.
  func sizeOfPart(of content: ContentID) -> Int64? {
    (try? FileCalls.status(at: directory.rawValue, Self.partName(content))).map { Int64($0.st_blocks) * 512 }
  }

  /// Drops what was put away of a content, if there is something.
  func removePart(of content: ContentID) {
    try? FileCalls.remove(at: directory.rawValue, Self.partName(content))
  }

  /// Drops everything that was put away before the last unclean stop: nothing proves it.
  func removeSuspectParts() {
    guard let suspectBefore else { return }
    for name in (try? FileCalls.names(at: directory.rawValue, Self.partsName)) ?? [] {
      let path = "\(Self.partsName)/\(name)"
      guard let status = try? FileCalls.status(at: directory.rawValue, path),
        TimeStamp(status.st_ctim) <= suspectBefore
      else { continue }
      try? FileCalls.remove(at: directory.rawValue, path)
    }
  }
}
