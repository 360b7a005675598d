package import Provider

/// Where the entries of a listing go, until it is full. Implemented by the transport.
package protocol DirectoryReply {
  /// Whether an entry with a name of `nameLength` bytes still fits.
  func fits(nameLength: Int) -> Bool
  /// Takes an entry that fits.
  ///
  /// `cookie` is where a later listing goes on after it. With `found`, the kernel learns the node and its attributes.
  mutating func append(
    name: UnsafeRawBufferPointer, cookie: UInt64, kind: EntryKind, inode: UInt64,
    found: ProjectedFileSystem.LookedUp?)
}

extension ProjectedFileSystem {
  /// How entries are numbered for seekdir(3): a cookie is the number of entries up to and including its own.
  private static var dotEntries: UInt64 { 2 }

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
    try await list(directory)
    let parentInode = location.parent?.directory.inode ?? directory.inode
    for (place, name, inode) in [(UInt64(0), ".", directory.inode), (1, "..", parentInode)] where place >= cookie {
      guard reply.fits(nameLength: name.utf8.count) else { return }
      var name = name
      name.withUTF8 { bytes in
        reply.append(
          name: UnsafeRawBufferPointer(bytes), cookie: place + 1, kind: .directory, inode: inode, found: nil)
      }
    }
    let start = Int(clamping: max(cookie, Self.dotEntries) - Self.dotEntries)
    let withFiles = attributes && habits.wantsAttributes(caller)
    if withFiles {
      let count = try directory.withListing { listing throws(ProjectionError) in listing.count } ?? 0
      // A cookie comes from lseek(2), and may be any number.
      if start < count {
        let end = start + min(count - start, Self.mostEntriesInReply)
        try await findSizes(of: start..<end, in: directory, strictly: false)
      }
    } else if attributes {
      habits.noteBareListing(of: directory, by: caller)
    }
    _ = try directory.withListing { listing throws(ProjectionError) in
      for index in start..<max(start, listing.count) {
        let length = listing.withName(at: index) { $0.count }
        guard reply.fits(nameLength: length) else { return }
        let shown = self.attributes(of: index, in: directory, listing)
        let isKnown = shown.kind == .directory || (withFiles && listing.size(at: index) != nil)
        let found =
          attributes && isKnown
          ? LookedUp(node: try inodes.acquire(index, of: directory, listing), attributes: shown) : nil
        listing.withName(at: index) { name in
          reply.append(
            name: name, cookie: UInt64(index) + Self.dotEntries + 1, kind: shown.kind, inode: shown.inode,
            found: found)
        }
      }
    }
  }
}
