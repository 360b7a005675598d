internal import Provider

/// The directories of a manifest while it is read.
struct ManifestTree {
  /// What stands at a path.
  enum Item {
    case file(Digest, size: Int64, permissions: UInt16)
    case link(Digest, size: Int64)
    case directory(UInt16)
  }

  private struct Directory {
    var names: [[UInt8]: Item] = [:]
    var permissions: UInt16 = 0o755
    /// Whether the manifest has an entry for it.
    var isListed = false
    var depth: Int
  }

  private var directories: [[UInt8]: Directory] = [[]: Directory(depth: 0)]

  /// Adds an entry. Throws where its path cannot be, or is there.
  mutating func add(_ path: [UInt8], _ item: Item, _ place: Manifest.Place) throws(ManifestError) {
    let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard path.first != UInt8(ascii: "/") else { throw place.error("an absolute path") }
    for name in names {
      if name.isEmpty { throw place.error("an empty name in the path") }
      if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) {
        throw place.error("'.' or '..' in the path")
      }
      if name.count > 255 { throw place.error("a name longer than 255 bytes in the path") }
      if name.contains(0) { throw place.error("a NUL in the path") }
    }
    guard names.count <= 256, let last = names.last else { throw place.error("more than 256 names") }
    let parent = path.dropLast(last.count + (names.count > 1 ? 1 : 0))
    try makeDirectory(Array(parent), names.count - 1, place)
    switch (item, directories[path]?.isListed) {
    case (.directory, true?): throw place.error("twice")
    case (.directory(let permissions), _):
      try makeDirectory(path, names.count, place)
      directories[path]?.isListed = true
      directories[path]?.permissions = permissions
    case (_, .some): throw place.error("also a directory")
    case (_, nil):
      guard directories[Array(parent)]?.names.updateValue(item, forKey: Array(last)) == nil else {
        throw place.error("twice")
      }
    }
  }

  /// Sees to it that there is a directory at a path of `depth` names.
  private mutating func makeDirectory(_ path: [UInt8], _ depth: Int, _ place: Manifest.Place) throws(ManifestError) {
    guard depth > 0, directories[path] == nil else { return }
    let (parent, name) = Self.split(path)
    try makeDirectory(parent, depth - 1, place)
    guard directories[parent]?.names[name] == nil else {
      throw place.error("'\(shown(path))' is a file or a link, and should be a directory")
    }
    // Its ID is not known yet.
    directories[parent]?.names[name] = .directory(0)
    directories[path] = Directory(depth: depth)
  }

  private static func split(_ path: [UInt8]) -> (parent: [UInt8], name: [UInt8]) {
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return ([], path) }
    return (Array(path[..<slash]), Array(path[(slash + 1)...]))
  }

  /// Names all directories, from the deepest up; returns the root's ID.
  consuming func finish(_ listings: inout [DirectoryID: DirectoryListing]) throws(ProviderError) -> DirectoryID {
    var ids: [[UInt8]: DirectoryID] = [:]
    for (path, directory) in directories.sorted(by: { $0.value.depth > $1.value.depth }) {
      var listing = DirectoryListing(entries: directory.names.count, bytes: directory.names.count * 48)
      // The hash is over all that an entry has, with lengths, so that no two listings look alike.
      var hasher = try Hasher256()
      for (name, item) in directory.names.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        let child = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
        let (kind, id, permissions, size): (EntryKind, [UInt8], UInt16, Int64?) =
          switch item {
          case .file(let digest, let size, let permissions): (.file, digest.bytes, permissions, size)
          case .link(let digest, let size): (.symbolicLink, digest.bytes, 0o777, size)
          case .directory: (.directory, ids[child]?.bytes ?? [], directories[child]?.permissions ?? 0o755, nil)
          }
        listing.append(name, kind, id: id, permissions: permissions, size: size)
        let line = "\(name.count) \(kind.rawValue) \(permissions) \(size ?? -1) ".utf8 + name + id
        line.withUnsafeBytes { hasher.update($0) }
      }
      let id = DirectoryID(hasher.finish().bytes)
      ids[path] = id
      listings[id] = listing.sorted()
    }
    return ids[[]] ?? DirectoryID([])
  }
}
