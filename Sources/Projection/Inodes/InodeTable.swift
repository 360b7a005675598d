package import Provider

/// Every inode that the kernel knows, with how often it was told of it. Never touches the provider or the disk.
///
/// A file takes 24 bytes here and 4 in its directory; FORGET gives both back. A directory stays while the kernel knows
/// it or anything below it.
package final class InodeTable: Sendable {
  // Lock 2 of 2. May take: nothing.
  private let state: InvariantMutex<State>
  private let numbers: InodeNumbers

  /// Where a node is found.
  package struct Location {
    /// The directory that lists it, and its place there; nil for the root.
    let parent: (directory: DirectoryNode, index: Int)?
    /// The node itself, where it is a directory.
    let directory: DirectoryNode?
  }

  /// A table that knows the root alone, for good.
  package init(root: DirectoryID, permissions: UInt16, numbers: InodeNumbers) {
    self.numbers = numbers
    rootID = root
    let node = DirectoryNode(
      slot: State.rootSlot, inode: numbers.root, id: root, permissions: permissions)
    state = InvariantMutex(State(root: node))
  }

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
      guard slot != State.rootSlot else { return Location(parent: nil, directory: own) }
      guard let parent = state.directory(record.parent) else { throw .stale }
      return Location(parent: (parent, Int(record.entry)), directory: own)
    }
  }

  /// Counts one lookup of the entry at `index` of `parent`, making a node for it if there is none.
  ///
  /// The caller holds the lock of `parent`, whose `listing` it passes.
  func acquire(_ index: Int, of parent: DirectoryNode, _ listing: DirectoryListing) throws(ProjectionError) -> NodeID {
    try state.withLock { state throws(ProjectionError) in
      guard let number = state.childSlot(index, of: parent, count: listing.count) else { throw .stale }
      if number != 0 {
        state.nodes[number].lookups += 1
        return NodeID(rawValue: UInt64(number) + 1)
      }
      let slot = state.addNode(parent: parent.slot, index: index)
      if listing.kind(at: index) == .directory {
        let inode = listing.withName(at: index) { numbers.number(of: $0, in: parent.inode) }
        let node = DirectoryNode(
          slot: slot, inode: inode, id: listing.directory(at: index), permissions: listing.permissions(at: index))
        state.nodes[slot].directory = state.addDirectory(node)
      }
      return NodeID(rawValue: UInt64(slot) + 1)
    }
  }

  /// Takes `count` lookups back. Returns the nodes that are gone by it: usually one or none.
  package func forget(_ node: NodeID, count: UInt64) -> [NodeID] {
    state.withLock { state in
      guard let slot = try? state.slot(of: node), slot != State.rootSlot else { return [] }
      assert(state.nodes[slot].lookups >= count, "the kernel forgets more than it was told")
      state.nodes[slot].lookups -= min(count, state.nodes[slot].lookups)
      return state.removeUnreferenced(from: slot)
    }
  }

  /// What the provider calls the root.
  let rootID: DirectoryID

  /// The number that stat(2) shows for the root.
  var rootInode: UInt64 { numbers.root }

  /// The number that stat(2) shows for `name` in `directory`.
  func inode(of name: UnsafeRawBufferPointer, in directory: DirectoryNode) -> UInt64 {
    numbers.number(of: name, in: directory.inode)
  }

  /// How many nodes are known, the root included, and how many lookups the kernel holds on them.
  package var counts: (known: Int, referenced: UInt64) {
    state.withLock { state in
      var referenced: UInt64 = 0
      state.nodes.forEach { _, record in referenced += record.lookups }
      return (state.nodes.count, referenced)
    }
  }

  /// Every known directory with the places of those of its entries that are known.
  func knownEntries() -> [(directory: DirectoryNode, indices: [Int])] {
    state.withLock { state in
      state.directories.compactMap { record in
        guard let record, record.live > 0 else { return nil }
        return (record.node, record.children.indices.filter { record.children[$0] != 0 })
      }
    }
  }
}

/// What is known of one node.
private struct NodeRecord: BitwiseCopyable {
  /// The number of the directory that lists it.
  var parent: UInt32
  /// The place in that directory's listing.
  var entry: UInt32
  /// The place in `directories`; 0 for anything but a directory.
  var directory: UInt32
  /// How often the kernel was told of it and has not forgotten.
  var lookups: UInt64
}

/// What is known of one directory.
private struct DirectoryRecord {
  let node: DirectoryNode
  /// For each place of the listing the node there, or 0 (the root, which is nobody's entry).
  var children: ContiguousArray<UInt32> = []
  /// How many of the children are known.
  var live = 0
}

private struct State: InvariantChecked {
  static let rootSlot: UInt32 = 0

  var nodes = Slab(filler: NodeRecord(parent: 0, entry: 0, directory: 0, lookups: 0))
  /// Place 0 is never used.
  var directories: [DirectoryRecord?] = [nil]
  private var freeDirectories: [UInt32] = []

  init(root: DirectoryNode) {
    directories.append(DirectoryRecord(node: root))
    let slot = nodes.insert(NodeRecord(parent: 0, entry: 0, directory: 1, lookups: 1))
    assert(slot == Self.rootSlot)
  }

  func slot(of node: NodeID) throws(ProjectionError) -> UInt32 {
    guard node.rawValue > 0, let slot = UInt32(exactly: node.rawValue - 1) else { throw .stale }
    // Free places hold no lookups; a known node without lookups is a directory that children keep.
    let record = nodes[slot]
    guard record.lookups > 0 || record.directory != 0 else { throw .stale }
    return slot
  }

  func directory(_ slot: UInt32) -> DirectoryNode? {
    directories[Int(nodes[slot].directory)]?.node
  }

  /// The node of a directory's entry, 0 where there is none, nil where the directory is gone.
  mutating func childSlot(_ index: Int, of parent: DirectoryNode, count: Int) -> UInt32? {
    let place = Int(nodes[parent.slot].directory)
    // The number may be another directory's by now.
    guard let record = directories[place], record.node === parent else { return nil }
    if record.children.isEmpty {
      directories[place]?.children = ContiguousArray(repeating: 0, count: count)
    }
    return directories[place]?.children[index]
  }

  mutating func addNode(parent: UInt32, index: Int) -> UInt32 {
    let slot = nodes.insert(NodeRecord(parent: parent, entry: UInt32(index), directory: 0, lookups: 1))
    let place = Int(nodes[parent].directory)
    directories[place]?.children[index] = slot
    directories[place]?.live += 1
    return slot
  }

  mutating func addDirectory(_ node: DirectoryNode) -> UInt32 {
    if let place = freeDirectories.popLast() {
      directories[Int(place)] = DirectoryRecord(node: node)
      return place
    }
    directories.append(DirectoryRecord(node: node))
    return UInt32(directories.count - 1)
  }

  /// Removes the node if nothing refers to it any more, then its directory if it was the last reason to keep that.
  mutating func removeUnreferenced(from first: UInt32) -> [NodeID] {
    var removed: [NodeID] = []
    var slot = first
    while slot != Self.rootSlot, nodes[slot].lookups == 0 {
      let record = nodes[slot]
      if record.directory != 0 {
        guard directories[Int(record.directory)]?.live == 0 else { break }
        directories[Int(record.directory)] = nil
        freeDirectories.append(record.directory)
      }
      let place = Int(nodes[record.parent].directory)
      directories[place]?.children[Int(record.entry)] = 0
      directories[place]?.live -= 1
      if directories[place]?.live == 0 { directories[place]?.children = [] }
      nodes.remove(slot)
      removed.append(NodeID(rawValue: UInt64(slot) + 1))
      slot = record.parent
    }
    return removed
  }

  /// Cheap rules at every unlock; tests with small tables get the whole comparison.
  func checkInvariants() {
    assert(nodes[Self.rootSlot].directory == 1 && directories[1] != nil, "the root is always known")
    assert(nodes.count >= directories.count - 1 - freeDirectories.count, "every directory has a node")
    guard nodes.count <= 64 else { return }
    for case .some(let record) in directories {
      assert(record.live == record.children.count { $0 != 0 }, "a directory counts its known children")
      for child in record.children where child != 0 {
        assert(nodes[child].parent == record.node.slot, "a child names its parent")
      }
    }
  }
}
