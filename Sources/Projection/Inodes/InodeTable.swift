package import Provider

/// Every inode that the kernel knows, with how often it was told of it. Never touches the provider or the disk.
///
/// A file takes 24 bytes here and 4 in its directory; FORGET gives both back. A directory stays while the kernel knows
/// it or anything below it, and while a file that was removed from it is in use.
package final class InodeTable: Sendable {
  // Lock 3 of 3. May take: nothing.
  private let state: InvariantMutex<InodeState>
  private let numbers: InodeNumbers

  /// Where a node is found.
  package struct Location {
    /// The directory that it is or was in, and its name there; nil for the root.
    let parent: (directory: DirectoryNode, key: NameKey)?
    /// The node itself, where it is a directory.
    let directory: DirectoryNode?
    /// Whether it has lost its name.
    let isDetached: Bool
    /// Whether its name leads to another node, whose content is newer.
    let isSuperseded: Bool
    /// Whether it is known to have no extended attributes.
    let isBare: Bool
    /// What else is kept of it.
    let details: NodeDetails?
  }

  /// A table that knows the root alone, for good.
  package convenience init(root: DirectoryID, permissions: UInt16, numbers: InodeNumbers) {
    self.init(root: root, permissions: permissions, numbers: numbers, folding: nil)
  }

  /// The same for a provider whose names `folding` makes one.
  init(root: DirectoryID, permissions: UInt16, numbers: InodeNumbers, folding: NameFolding?) {
    self.numbers = numbers
    let node = DirectoryNode(
      node: .root, inode: numbers.root, origin: root, permissions: permissions, isLocal: true, folding: folding)
    rootDirectory = node
    state = InvariantMutex(InodeState(root: node))
  }

  /// The root.
  let rootDirectory: DirectoryNode

  /// The directory that `node` is.
  package func directory(_ node: NodeID) throws(ProjectionError) -> DirectoryNode {
    guard let directory = try location(of: node).directory else { throw .notADirectory }
    return directory
  }

  /// Where `node` is found. Throws `stale` where it is not known.
  package func location(of node: NodeID) throws(ProjectionError) -> Location {
    try state.withLock { state throws(ProjectionError) in
      let slot = try state.slot(of: node)
      let record = state.nodes[slot]
      let own = record.directory == 0 ? nil : state.directories[Int(record.directory)]?.node
      var parent: (DirectoryNode, NameKey)?
      if slot != InodeState.rootSlot {
        guard let directory = state.directory(record.parent) else { throw .stale }
        parent = (directory, record.key)
      }
      return Location(
        parent: parent, directory: own, isDetached: record.flags.contains(.detached),
        isSuperseded: record.flags.contains(.superseded), isBare: record.flags.contains(.bare),
        details: record.flags.contains(.details) ? state.details[slot] : nil)
    }
  }

  /// The directory at a place of the table.
  func directory(at slot: UInt32) -> DirectoryNode? {
    state.withLock { $0.directory(slot) }
  }

  /// The node at a name, if it is known.
  func child(_ key: NameKey, of parent: DirectoryNode) -> NodeID? {
    state.withLock { state in
      let slot = state.child(key, of: parent)
      return slot == 0 ? nil : state.id(of: slot)
    }
  }

  /// Counts one lookup of the name at `key` of `parent`, making a node for it if there is none.
  ///
  /// The caller holds the lock of `parent`, which lists `count` names of the provider's. A node that is new gets what
  /// `make` returns for its number.
  func acquire(
    _ key: NameKey, of parent: DirectoryNode, provided count: Int,
    make: (NodeID) -> (directory: DirectoryNode?, details: NodeDetails?)
  ) throws(ProjectionError) -> NodeID {
    try state.withLock { state throws(ProjectionError) in
      guard state.isKnown(parent) else { throw .stale }
      let known = state.child(key, of: parent)
      if known != 0 {
        state.countLookup(of: known)
        return state.id(of: known)
      }
      let slot = state.addNode(parent: parent.slot, key: key, provided: count)
      let (directory, details) = make(state.id(of: slot))
      if let directory { state.nodes[slot].directory = state.addDirectory(directory) }
      if let details { state.setDetails(details, of: slot) }
      return state.id(of: slot)
    }
  }

  /// Counts one lookup of the name at `key` of `parent`, if a node is known there. In one step with finding it: the kernel
  /// forgets nodes at any moment.
  func acquireKnown(_ key: NameKey, of parent: DirectoryNode) -> NodeID? {
    state.withLock { state in
      let known = state.child(key, of: parent)
      guard known != 0 else { return nil }
      state.countLookup(of: known)
      return state.id(of: known)
    }
  }

  /// Counts one lookup of a further name of a file with the local inode number `localInode`, if that file is known and
  /// shows the number `inode`: one that shows another has had that local number before, and is gone.
  func acquireAlias(
    _ localInode: UInt64, showing inode: UInt64?, at key: NameKey, of parent: DirectoryNode, provided count: Int
  ) -> NodeID? {
    state.withLock { state in
      guard let slot = state.slotOfLocalInode[localInode], state.isKnown(parent), state.child(key, of: parent) == 0,
        state.details[slot]?.inode == inode
      else { return nil }
      state.addName(slot, parent: parent.slot, key: key, provided: count)
      state.countLookup(of: slot)
      return state.id(of: slot)
    }
  }

  /// Makes a node of a file that has no name, in the directory where it was made, and counts a lookup of it.
  func addNameless(in parent: DirectoryNode, _ details: NodeDetails) throws(ProjectionError) -> NodeID {
    try state.withLock { state throws(ProjectionError) in
      guard state.isKnown(parent) else { throw .stale }
      return state.id(of: state.addNameless(parent: parent.slot, details))
    }
  }

  /// Gives a node that is known a further name, and counts a lookup of it.
  func addName(
    of node: NodeID, localInode: UInt64, at key: NameKey, of parent: DirectoryNode, provided count: Int
  ) throws(ProjectionError) {
    try state.withLock { state throws(ProjectionError) in
      let slot = try state.slot(of: node)
      state.addName(slot, parent: parent.slot, key: key, provided: count)
      state.changeDetails(of: slot) { $0.localInode = localInode }
      state.countLookup(of: slot)
    }
  }

  /// Takes the name at `key` from its node. A node with no other name is detached and, with `supersede`, stays as it was.
  func detach(_ key: NameKey, of parent: DirectoryNode, supersede: Bool = false) -> [any Sendable] {
    state.withLock { $0.removeName(key, of: parent, supersede: supersede) }
  }

  /// Takes all names from a node that stays as it was for who has it open; with `opens`, for those too who were about to
  /// open it for reading.
  func supersede(_ node: NodeID, showing attributes: NodeAttributes, opens: Bool = false) throws(ProjectionError) {
    try state.withLock { state throws(ProjectionError) in
      let slot = try state.slot(of: node)
      state.changeDetails(of: slot) { details in
        details.frozen = attributes
        details.opensFrozen = opens
        details.held = nil
      }
      state.removeAllNames(of: slot)
      state.nodes[slot].flags.insert(.superseded)
    }
  }

  /// Gives the node at one name another one in its place. Nothing is known at the new name any more.
  func move(_ key: NameKey, of parent: DirectoryNode, to newKey: NameKey, of newParent: DirectoryNode, provided: Int) {
    state.withLock { $0.move(key, of: parent, to: newKey, of: newParent, provided: provided) }
  }

  /// Lets the nodes at two names change places.
  func exchange(
    _ first: NameKey, of firstParent: DirectoryNode, provided firstCount: Int, _ second: NameKey,
    of secondParent: DirectoryNode, provided secondCount: Int
  ) {
    state.withLock {
      $0.exchange(first, of: firstParent, firstCount, second, of: secondParent, secondCount)
    }
  }

  /// Gives the nodes in a directory the places that their names have in another listing, which has `count` names.
  func rekey(_ parent: DirectoryNode, _ keys: [(old: NameKey, new: NameKey)], provided count: Int) {
    state.withLock { $0.rekey(parent, keys, provided: count) }
  }

  /// The known nodes in a directory by their names' places, and those that lost their last name there.
  func nodes(in parent: DirectoryNode) -> (named: [(key: NameKey, node: NodeID)], nameless: [NodeID]) {
    state.withLock { state in
      let named = state.children(of: parent).map { (key: $0, node: state.id(of: $1)) }
      return (named, state.nameless(in: parent).map(state.id))
    }
  }

  /// Notes whether a node is known to have no extended attributes.
  func setBare(_ isBare: Bool, _ node: NodeID) {
    state.withLock { state in
      guard let slot = try? state.slot(of: node) else { return }
      if isBare { state.nodes[slot].flags.insert(.bare) } else { state.nodes[slot].flags.remove(.bare) }
    }
  }

  /// Changes what is kept of a node, if the node is known.
  func changeDetails(of node: NodeID, _ change: (inout NodeDetails) -> Void) {
    state.withLock { state in
      guard let slot = try? state.slot(of: node) else { return }
      // Through a value, so that what the caller captured never meets the table's state.
      var details = state.details[slot] ?? NodeDetails()
      change(&details)
      let changed = details
      state.changeDetails(of: slot) { $0 = changed }
    }
  }

  /// Takes `count` lookups back. Returns the nodes that are gone by it (usually one or none), and what they held.
  package func forget(_ node: NodeID, count: UInt64) -> (nodes: [NodeID], garbage: [any Sendable]) {
    state.withLock { state in
      guard let slot = try? state.slot(of: node), slot != InodeState.rootSlot else { return ([], []) }
      state.takeBack(count, of: slot)
      return state.removeUnreferenced(from: [slot])
    }
  }

  /// The number that stat(2) shows for the root.
  var rootInode: UInt64 { numbers.root }

  /// How many nodes are known, the root included, and how many lookups the kernel holds on them.
  package var counts: (known: Int, referenced: UInt64) {
    state.withLock { state in
      var referenced: UInt64 = 0
      state.nodes.forEach { _, record in referenced += UInt64(record.lookups) }
      return (state.nodes.count, referenced)
    }
  }

  /// Every known directory, in no order.
  func knownDirectories() -> [DirectoryNode] {
    state.withLock { state in state.directories.compactMap { $0?.node } }
  }

  /// The contents that nodes stand for which have no place in a listing any more, or one of their own.
  func heldContents() -> Set<ContentID> {
    state.withLock { state in Set(state.details.values.compactMap { $0.placeholder?.content }) }
  }

  /// Every known directory with the provider's names that are known in it.
  func knownEntries() -> [(directory: DirectoryNode, indices: [Int])] {
    state.withLock { state in
      state.directories.compactMap { record in
        guard let record, record.live > 0 else { return nil }
        return (record.node, record.children.indices.filter { record.children[$0] != 0 })
      }
    }
  }
}
