internal import Posix
internal import Provider

/// Where the entries of a listing go, until it is full. Implemented by the transport.
package protocol DirectoryReply {
  /// Whether an entry with a name of `nameLength` bytes still fits.
  func fits(nameLength: Int) -> Bool
  /// Takes an entry that fits.
  ///
  /// `cookie` is where a later listing goes on after it. With `found`, the kernel learns the node and its attributes.
  mutating func append(
    name: UnsafeRawBufferPointer, cookie: UInt64, kind: FileKind, inode: UInt64,
    found: ProjectionCore.LookedUp?)
}

extension ProjectionCore {
  /// How entries are numbered for seekdir(3): `.` and `..`, then the provider's names by their places, then those that
  /// only the local tree has, in the order in which they came. So a name keeps its number while others come and go.
  private static var dotEntries: UInt64 { 2 }
  private static var firstOwn: UInt64 { 1 << 32 }

  /// The C library asks for 32 KiB at a time, which about 200 entries with attributes fill.
  private static var mostEntriesInReply: Int { 256 }

  /// Lists a directory from after `cookie` (0: the start) until `reply` is full.
  ///
  /// With `attributes`, directories go with their attributes, and files do where the caller is known to want them. Each
  /// node that goes with attributes counts as looked up.
  package func list<Reply: DirectoryReply>(
    _ node: NodeID, after cookie: UInt64, attributes: Bool, by caller: Caller, into reply: inout Reply
  ) async throws(ProjectionError) {
    let location = try inodes.location(of: node)
    guard let directory = location.directory else { throw .notADirectory }
    // What is gone has not even a dot.
    if directory.withState({ $0.isRemoved }) { return }
    let start = cookie >= Self.firstOwn ? .max : Int(clamping: max(cookie, Self.dotEntries) - Self.dotEntries)
    try await load(directory, beyond: start)
    let parentInode = location.parent?.directory.inode ?? directory.inode
    for (place, name, inode) in [(UInt64(0), ".", directory.inode), (1, "..", parentInode)] where place >= cookie {
      guard reply.fits(nameLength: name.utf8.count) else { return }
      var name = name
      name.withUTF8 { bytes in
        reply.append(
          name: UnsafeRawBufferPointer(bytes), cookie: place + 1, kind: .directory, inode: inode, found: nil)
      }
    }
    let withFiles = attributes && habits.wantsAttributes(caller)
    if attributes, !withFiles { habits.noteBareListing(of: directory, by: caller) }
    var next = start
    while true {
      if withFiles { try await findSizes(from: next, in: directory) }
      let gap = try namespace.shared { () throws(ProjectionError) -> Int? in
        let handle = try existingHandle(of: directory)
        // The disk below knows when reading a directory changes its time.
        if cookie == 0, next == start, let handle { EntryCalls.noteReading(of: handle.rawValue) }
        return try directory.withState { state throws(ProjectionError) in
          let writer = ListingWriter(fileSystem: self, directory: directory, handle: handle, attributes, withFiles)
          let written = try writer.appendProvided(from: next, state: &state, to: &reply)
          guard written.isAll else { return nil }
          guard let listing = state.listing, listing.isWhole else {
            // What is there is worth more than a full reply; but an empty one would be the end.
            return written.count > 0 ? nil : state.listing?.count ?? next
          }
          let last = cookie > Self.firstOwn ? cookie - Self.firstOwn : 0
          try writer.appendOwn(after: last, base: Self.firstOwn, state: &state, to: &reply)
          return nil
        }
      }
      guard let gap else { return }
      next = gap
      try await load(directory, beyond: next)
    }
  }

  private func findSizes(from start: Int, in directory: DirectoryNode) async throws(ProjectionError) {
    let count = try directory.withListing { listing throws(ProjectionError) in listing.count } ?? 0
    // A cookie comes from lseek(2), and may be any number.
    guard start < count else { return }
    let end = start + min(count - start, Self.mostEntriesInReply)
    try await findSizes(of: start..<end, in: directory, strictly: false)
  }

  /// Puts the entries of one directory into a reply, with its lock held.
  private struct ListingWriter {
    let fileSystem: ProjectionCore
    let directory: DirectoryNode
    let handle: DirectoryHandle?
    let attributes: Bool
    let withFiles: Bool

    init(
      fileSystem: ProjectionCore, directory: DirectoryNode, handle: DirectoryHandle?, _ attributes: Bool,
      _ withFiles: Bool
    ) {
      self.fileSystem = fileSystem
      self.directory = directory
      self.handle = handle
      self.attributes = attributes
      self.withFiles = withFiles
    }

    /// Appends the names that the provider has. Returns how many, and whether all that are known fitted.
    func appendProvided<Reply: DirectoryReply>(
      from start: Int, state: inout DirectoryState, to reply: inout Reply
    ) throws(ProjectionError) -> (count: Int, isAll: Bool) {
      guard let listing = state.listing, start < listing.count else { return (0, true) }
      var count = 0
      for index in start..<listing.count {
        let found = state.found(NameKey(provided: index))
        if case .tombstone = found { continue }
        let spelling = state.names?.spelling(NameKey(provided: index))
        let length = spelling?.count ?? listing.withName(at: index) { $0.count }
        guard reply.fits(nameLength: length) else { return (count, false) }
        var kind = FileKind(listing.kind(at: index))
        var inode = listing.withName(at: index) { fileSystem.inode(of: $0, in: directory) }
        var isKnown = kind == .directory || (withFiles && listing.size(at: index) != nil)
        if case .local(_, let entry) = found { (kind, inode, isKnown) = (entry.kind, entry.inode, withFiles) }
        let known = try attributes && isKnown ? acquire(found, &state) : nil
        let append = { (reply: inout Reply, name: UnsafeRawBufferPointer) in
          reply.append(
            name: name, cookie: UInt64(index) + ProjectionCore.dotEntries + 1, kind: kind, inode: inode, found: known)
        }
        if let spelling {
          spelling.withUnsafeBytes { append(&reply, $0) }
        } else {
          listing.withName(at: index) { append(&reply, $0) }
        }
        count += 1
      }
      return (count, true)
    }

    /// Appends the names that only the local tree has.
    func appendOwn<Reply: DirectoryReply>(
      after cookie: UInt64, base: UInt64, state: inout DirectoryState, to reply: inout Reply
    ) throws(ProjectionError) {
      var names: [(key: NameKey, own: LocalNames.Own)] = []
      var room = 0
      try state.names?.forEachOwn(after: cookie) { key, own throws(ProjectionError) in
        names.append((key, own))
        room += 24 + own.name.count
        // More than the largest reply holds.
        return room < 1 << 17
      }
      for (key, own) in names {
        guard reply.fits(nameLength: own.name.count) else { return }
        let known = try attributes && withFiles ? acquire(.local(key, own.entry), &state) : nil
        own.name.withUnsafeBytes { name in
          reply.append(
            name: name, cookie: base + own.cookie, kind: own.entry.kind, inode: own.entry.inode, found: known)
        }
      }
    }

    /// Counts a lookup; nil for an entry that the disk does not want to tell of, and for one that nobody can tell of yet.
    private func acquire(
      _ found: DirectoryState.Found, _ state: inout DirectoryState
    ) throws(ProjectionError) -> LookedUp? {
      if fileSystem.isUnfinished(found, of: directory, state) { return nil }
      do {
        return try fileSystem.acquire(found, of: directory, &state, handle)
      } catch .local {
        return nil
      }
    }
  }
}
