internal import Glibc
internal import Posix
internal import Synchronization
internal import SystemPackage

/// Where things are made ready before a rename puts them in their place: `staging`, and in it up to 64 directories, the
/// lanes, which are used in turn.
///
/// Lanes are for the file system's sake. ext4 takes a new inode from the block group of its directory, and without a journal
/// it looks past those that were deleted within the last minutes, one by one (`recently_deleted` in fs/ext4/ialloc.c). A view
/// makes and deletes thousands when git moves it: with one directory, making a file took 0.5 ms where it takes 0.03 with
/// lanes far from each other.
final class StagingArea: Sendable {
  private static let laneCount: UInt64 = 64
  private static let lanePrefix = Array("lane".utf8)

  private let directory: OwnedDescriptor
  private let owner: FileOwner?
  private let lastNumber = Atomic<UInt64>(0)
  /// A bit for each lane that is there.
  private let lanes = Atomic<UInt64>(0)

  /// Opens the area below the open state directory, making it if there is none. What a server before left in it goes.
  init(in state: CInt, owner: FileOwner?) throws(Errno) {
    directory = try Directories.make(at: state, LocalTree.stagingName, owner: owner)
    self.owner = owner
    FileCalls.spreadDirectories(in: directory.rawValue)
    let keeping = Keeping(state: state, owner: owner)
    for entry in try EntryCalls.entries(of: directory.rawValue) where Self.isLane(entry) {
      let lane = try EntryCalls.open(at: directory.rawValue, entry.name, O_RDONLY | O_DIRECTORY)
      try keeping.clear(staging: lane.rawValue)
    }
    try keeping.clear(staging: directory.rawValue, except: Self.isLane)
  }

  /// What the names of `nextName` and of drafts are relative to.
  var rawValue: CInt { directory.rawValue }

  /// A path relative to the area that nothing has.
  func nextName() throws(Errno) -> [UInt8] {
    let number = lastNumber.add(1, ordering: .relaxed).newValue
    return try lane(number % Self.laneCount) + Array("/\(number)".utf8)
  }

  /// An unnamed file, open for reading and writing.
  func openDraft(mode: mode_t) throws(Errno) -> OwnedDescriptor {
    let number = lastNumber.add(1, ordering: .relaxed).newValue
    return try FileCalls.openTemporary(in: directory.rawValue, try lane(number % Self.laneCount), mode: mode)
  }

  /// A lane's name. It is made when it is needed first: each takes the file system to another part of the disk.
  private func lane(_ number: UInt64) throws(Errno) -> [UInt8] {
    let name = Self.lanePrefix + Array("\(number)".utf8)
    let bit: UInt64 = 1 << number
    if lanes.load(ordering: .acquiring) & bit == 0 {
      _ = try Directories.make(at: directory.rawValue, String(decoding: name, as: UTF8.self), owner: owner)
      lanes.bitwiseOr(bit, ordering: .releasing)
    }
    return name
  }

  private static func isLane(_ entry: EntryCalls.ListedEntry) -> Bool {
    entry.fileType == S_IFDIR && entry.name.starts(with: lanePrefix)
  }
}
