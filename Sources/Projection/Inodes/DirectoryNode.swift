package import Provider
internal import Synchronization

/// One directory of the projection that somebody has looked at, and its listing once it was read.
///
/// The listing's order is fixed, so a place in it names an entry for as long as the directory is known.
package final class DirectoryNode: Sendable {
  /// The number in the inode table.
  let slot: UInt32
  /// The number that stat(2) shows.
  package let inode: UInt64
  /// What the provider calls it.
  package let id: DirectoryID
  /// The permission bits.
  let permissions: UInt16

  // Lock 1 of 2. May take: the inode table's. Never: another directory's.
  private let state = Mutex(State())

  private struct State {
    var listing: DirectoryListing?
    /// Who listed it without getting its files' attributes.
    var bareLister: UInt32?
  }

  init(slot: UInt32, inode: UInt64, id: DirectoryID, permissions: UInt16) {
    self.slot = slot
    self.inode = inode
    self.id = id
    self.permissions = permissions
  }

  /// Whether the listing was read.
  package var isListed: Bool { state.withLock { $0.listing != nil } }

  /// Runs `body` on the listing, or returns nil where it was not read yet.
  func withListing<Result>(
    _ body: (inout DirectoryListing) throws(ProjectionError) -> Result
  ) throws(ProjectionError) -> Result? {
    try state.withLock { state throws(ProjectionError) in
      // Taken out and put back, so that it is changed in place and never copied.
      guard var listing = state.listing.take() else { return nil }
      defer { state.listing = listing }
      return try body(&listing)
    }
  }

  /// Keeps the listing; the first one wins, so that places never change.
  func setListing(_ listing: DirectoryListing) {
    state.withLock { state in
      if state.listing == nil { state.listing = listing }
    }
  }

  /// Notes that `thread` listed the directory without its files' attributes.
  func setBareLister(_ thread: UInt32) {
    state.withLock { $0.bareLister = thread }
  }

  /// Who listed the directory without its files' attributes, if somebody did; asked once.
  func takeBareLister() -> UInt32? {
    state.withLock { $0.bareLister.take() }
  }
}
