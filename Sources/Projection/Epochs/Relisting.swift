internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// What the kernel has to be told after the projection has moved.
struct Outdated {
  /// Names that stand for something else, or came, or went.
  var names: [(directory: NodeID, name: [UInt8])] = []
  /// Nodes whose attributes, and directories whose listings, are not what they were.
  var nodes: [NodeID] = []
  /// Directories that look the same but for inode numbers, which the kernel has in their listings as well.
  var listings: [NodeID] = []
  /// Directories that have another ID and still the listing of the one before, to be listed anew.
  var unlisted: [DirectoryNode] = []
}

/// Putting another of the provider's directories in the place of one that is known. All with the namespace alone.
extension ProjectionCore {
  /// Lets `directory` show `id`, which has `listing`, in the place of what shows through it now; nothing, where `id` is
  /// nil.
  ///
  /// Nodes keep their names' nodes where users see the same; where they don't, the old node stays as it was for who has it
  /// open, and its name leads to a new one. What lies over it in the local tree stays. `below` is what is different
  /// further down.
  func relist(
    _ directory: DirectoryNode, as id: DirectoryID?, _ listing: DirectoryListing,
    below difference: DirectoryDifference?,
    _ outdated: inout Outdated
  ) throws(ProjectionError) {
    let known = inodes.nodes(in: directory)
    let handle = try existingHandle(of: directory)
    let old = directory.withState { $0 }
    // The kernel may have its attributes, loaded or not.
    outdated.nodes.append(directory.node)
    guard let before = old.listing else {
      directory.withState { state in
        state.origin = id
        state.doubts &+= 1
        if id == nil { state.listing = ProvidedEntries(listing, folding) }
      }
      return
    }
    var new = old
    new.origin = id
    // Whole from now on, however little of the old one was known.
    let entries = ProvidedEntries(listing, folding)
    new.listing = entries
    new.names = LocalNames(folding)
    if let handle {
      new.names = try ProjectionError.local { () throws(Errno) in
        try Self.names(in: handle.rawValue, over: entries, folding).names
      }
      new.keepNumbers(of: old)
    }
    var keys: [(old: NameKey, new: NameKey)] = []
    for (key, node) in known.named {
      guard let name = old.name(key) else { continue }
      if let kept = Self.place(of: name, at: key, from: old, to: new) {
        keys.append((key, kept))
      } else {
        try displace(node, at: key, of: directory, old)
      }
    }
    for node in known.nameless { try freeze(node, of: directory, old) }
    new.keepSizes(of: old, at: keys)
    directory.withState { [new] in $0 = new }
    inodes.rekey(directory, keys, provided: entries.count)
    for change in DirectoryDifference.changes(from: before.sorted, to: listing) {
      if Self.isSeen(change, from: old, to: new) { outdated.names.append((directory.node, change.name)) }
      let below = difference?.change(of: change.name)?.below
      let id = change.new?.kind == .directory ? change.new.map { DirectoryID($0.id) } : nil
      try relistChild(change.name, of: directory, new, as: id, below, &outdated)
    }
  }

  /// Whether a name may stand for something else to users.
  private static func isSeen(
    _ change: DirectoryDifference.Change, from old: DirectoryState, to new: DirectoryState
  ) -> Bool {
    if change.isBelow { return false }
    switch (old.find(change.name), new.find(change.name)) {
    case (.local, .local), (.absent, .tombstone), (.tombstone, .absent), (.tombstone, .tombstone): return false
    default: return true
    }
  }

  /// The same for a directory below, if it is known and shows what is at its place.
  private func relistChild(
    _ name: [UInt8], of directory: DirectoryNode, _ state: DirectoryState, as id: DirectoryID?,
    _ below: DirectoryDifference?, _ outdated: inout Outdated
  ) throws(ProjectionError) {
    guard let key = state.key(of: name), let node = inodes.child(key, of: directory),
      let child = try inodes.location(of: node).directory, child.withState({ $0.origin }) != id,
      try showsItsPlace(child)
    else { return }
    guard let id else { return try relist(child, as: nil, DirectoryListing(), below: nil, &outdated) }
    if let below { return try relist(child, as: id, below.listing, below: below, &outdated) }
    // Nobody had looked into it when the listings were compared.
    outdated.nodes.append(child.node)
    let isListed = child.withState { state in
      state.origin = id
      state.doubts &+= 1
      return state.listing != nil
    }
    if isListed { outdated.unlisted.append(child) }
  }

  /// Whether what the provider has at the place of a directory shows through it.
  private func showsItsPlace(_ directory: DirectoryNode) throws(ProjectionError) -> Bool {
    let (shows, isLocal) = directory.withState { state in
      (state.isMoved || state.isRemoved ? false : state.origin != nil ? true : nil, state.isLocal)
    }
    if let shows { return shows }
    // Nothing shows: because it is the user's, or because there is nothing.
    guard isLocal, let handle = try existingHandle(of: directory) else { return false }
    return try ProjectionError.local { () throws(Errno) in try Marks(at: handle.rawValue, []).origin == .place }
  }

  /// The directory of that name, if it is known and shows what is at its place.
  func child(_ name: [UInt8], of directory: DirectoryNode, _ state: DirectoryState) -> DirectoryNode? {
    guard let key = state.key(of: name), let node = inodes.child(key, of: directory),
      let child = try? inodes.location(of: node).directory
    else { return nil }
    return child.withState { $0.origin != nil && !$0.isMoved } ? child : nil
  }

  /// Where a name is in another listing; nil where users see something else there.
  private static func place(
    of name: [UInt8], at key: NameKey, from old: DirectoryState, to new: DirectoryState
  ) -> NameKey? {
    switch (old.found(key), new.find(name)) {
    case (.local, .local(let place, _)): return place
    case (.provided(let before), .provided(let after)):
      guard let one = before.providedIndex, let other = after.providedIndex, let oldListing = old.listing,
        let newListing = new.listing, oldListing.kind(at: one) == newListing.kind(at: other)
      else { return nil }
      // A directory stays, whatever is in it.
      if oldListing.kind(at: one) == .directory { return after }
      let isSame =
        oldListing.content(at: one) == newListing.content(at: other)
        && oldListing.permissions(at: one) == newListing.permissions(at: other)
      return isSame ? after : nil
    default: return nil
    }
  }

  // MARK: - What is seen no more

  /// Takes the name from a node of the provider's; who has it open keeps what they see.
  private func displace(
    _ node: NodeID, at key: NameKey, of directory: DirectoryNode, _ state: DirectoryState
  ) throws(ProjectionError) {
    guard let child = try inodes.location(of: node).directory else { return try freeze(node, of: directory, state) }
    try clear(child)
    child.noteRemoved(keeping: nil)
    // What it held is closed when this returns; with nothing of the user's in it, there is nothing to close.
    _ = inodes.detach(key, of: directory)
  }

  /// Takes everything from a directory of the provider's that is no more.
  private func clear(_ directory: DirectoryNode) throws(ProjectionError) {
    let state = directory.withState { $0 }
    let known = inodes.nodes(in: directory)
    for (key, node) in known.named { try displace(node, at: key, of: directory, state) }
    for node in known.nameless { try freeze(node, of: directory, state) }
    directory.withState { state in
      state.origin = nil
      state.listing = ProvidedEntries()
      state.names = LocalNames(folding)
    }
  }

  /// Makes a node of the provider's independent of the listing of its directory, and nameless.
  private func freeze(
    _ node: NodeID, of directory: DirectoryNode, _ state: DirectoryState
  ) throws(ProjectionError) {
    let location = try inodes.location(of: node)
    guard location.details?.frozen == nil, location.details?.held == nil, let listing = state.listing,
      let index = location.parent?.key.providedIndex, index < listing.count, listing.kind(at: index) != .directory
    else { return }
    var shown = attributes(ofProvided: index, in: directory, listing)
    shown.links = 0
    if let removed = location.details?.removed { shown.changed = removed }
    let placeholder = Placeholder(
      content: listing.content(at: index), size: shown.size, accessed: shown.accessed, modified: shown.modified)
    inodes.changeDetails(of: node) { details in
      details.placeholder = placeholder
      details.inode = shown.inode
    }
    // Who has looked its name up before the move opens what they found, as with a file that has just been replaced.
    try inodes.supersede(node, showing: shown, opens: true)
  }
}

extension DirectoryState {
  /// Keeps the sizes of files that were looked up: nobody asks for them again.
  fileprivate mutating func keepSizes(of old: DirectoryState, at keys: [(old: NameKey, new: NameKey)]) {
    for (before, after) in keys {
      guard let one = before.providedIndex, let other = after.providedIndex, case .provided = found(after),
        let size = old.listing?.size(at: one)
      else { continue }
      listing?.setSize(size, at: other)
    }
  }

  /// Keeps the numbers of local entries that were known: not every one of them can carry its own.
  fileprivate mutating func keepNumbers(of old: DirectoryState) {
    guard let names = old.names else { return }
    var entries: [([UInt8], LocalNames.Entry)] = []
    for (index, entry) in names.covered {
      if let name = old.name(NameKey(provided: Int(index))) { entries.append((name, entry)) }
    }
    // Never throws: the body does not.
    try? names.forEachOwn(after: 0) { _, own in
      entries.append((own.name, own.entry))
      return true
    }
    for (name, entry) in entries {
      guard case .local(let key, let read) = find(name), read.kind == entry.kind else { continue }
      self.names?.set(key, entry)
    }
  }
}
