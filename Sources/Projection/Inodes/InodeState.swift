/// What is known of one node.
struct NodeRecord: BitwiseCopyable {
  /// Whether a node has names, and whether more is kept of it.
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt32

    /// It has lost its last name.
    static var detached: Flags { Flags(rawValue: 1) }
    /// Its name leads to a newer node.
    static var superseded: Flags { Flags(rawValue: 2) }
    /// It was made here, and has no extended attributes.
    static var bare: Flags { Flags(rawValue: 8) }
    /// There are `NodeDetails` of it.
    static var details: Flags { Flags(rawValue: 4) }
  }

  /// The number of the directory that it is or was in.
  var parent: UInt32
  /// Its name there.
  var key: NameKey
  /// The place in `directories`; 0 for anything but a directory.
  var directory: UInt32
  var flags: Flags = []
  /// Which user of its place it is.
  var generation: UInt32 = 0
  /// How often the kernel was told of it and has not forgotten. A count that cannot grow stays for ever.
  var lookups: UInt32
}

/// What is known of one directory.
struct DirectoryRecord {
  let node: DirectoryNode
  /// For each of the provider's names the node there, or 0 (the root, which is nobody's entry).
  var children: ContiguousArray<UInt32> = []
  /// The nodes at names that the provider does not have, by the place of the name.
  var localChildren: [UInt32: UInt32] = [:]
  /// How many names with a known node there are, and how many nodes that lost their last name here.
  var live = 0
}

/// The state of the inode table and its rules. Changed under the table's lock alone.
struct InodeState: InvariantChecked {
  static let rootSlot: UInt32 = 0

  var nodes = Slab(filler: NodeRecord(parent: 0, key: NameKey(rawValue: 0), directory: 0, lookups: 0))
  /// Place 0 is never used.
  var directories: [DirectoryRecord?] = [nil]
  var details: [UInt32: NodeDetails] = [:]
  /// Files that have several names, by the inode number that the disk below gives them.
  var slotOfLocalInode: [UInt64: UInt32] = [:]
  private var freeDirectories: [UInt32] = []
  private var lastGeneration: UInt32 = 0

  init(root: DirectoryNode) {
    directories.append(DirectoryRecord(node: root))
    let slot = nodes.insert(NodeRecord(parent: 0, key: NameKey(rawValue: 0), directory: 1, lookups: 1))
    assert(slot == Self.rootSlot)
  }

  func slot(of node: NodeID) throws(ProjectionError) -> UInt32 {
    guard let slot = node.slot, nodes[slot].generation == node.generation else { throw .stale }
    // Free places hold no lookups; a known node without lookups is a directory that children keep.
    let record = nodes[slot]
    guard record.lookups > 0 || record.directory != 0 else { throw .stale }
    return slot
  }

  /// The node at a place.
  func id(of slot: UInt32) -> NodeID {
    NodeID(slot: slot, generation: nodes[slot].generation)
  }

  func countLookup(of slot: UInt32) {
    if nodes[slot].lookups < .max { nodes[slot].lookups += 1 }
  }

  func takeBack(_ count: UInt64, of slot: UInt32) {
    let lookups = nodes[slot].lookups
    guard lookups < .max else { return }
    assert(lookups >= count, "the kernel forgets more than it was told")
    nodes[slot].lookups -= UInt32(clamping: min(count, UInt64(lookups)))
  }

  func directory(_ slot: UInt32) -> DirectoryNode? {
    directories[Int(nodes[slot].directory)]?.node
  }

  /// Whether a directory's number is still its own.
  func isKnown(_ directory: DirectoryNode) -> Bool {
    self.directory(directory.slot) === directory
  }

  // MARK: - Names

  /// The node at a name, 0 where there is none.
  func child(_ key: NameKey, of parent: DirectoryNode) -> UInt32 {
    guard isKnown(parent), let record = directories[Int(nodes[parent.slot].directory)] else { return 0 }
    guard let index = key.providedIndex else { return record.localChildren[key.rawValue] ?? 0 }
    return index < record.children.count ? record.children[index] : 0
  }

  /// Sets the node at a name; 0 for none. `count` is how many names the provider has there.
  private mutating func setChild(_ key: NameKey, of parent: UInt32, to slot: UInt32, provided count: Int = 0) {
    let place = Int(nodes[parent].directory)
    guard let index = key.providedIndex else {
      let old =
        slot == 0
        ? directories[place]?.localChildren.removeValue(forKey: key.rawValue)
        : directories[place]?.localChildren.updateValue(slot, forKey: key.rawValue)
      directories[place]?.live += (slot == 0 ? 0 : 1) - (old.flatMap { $0 } == nil ? 0 : 1)
      return
    }
    if let known = directories[place]?.children.count, known <= index {
      guard slot != 0 else { return }
      // More names have come than there were.
      directories[place]?.children.append(contentsOf: repeatElement(0, count: max(count, index + 1) - known))
    }
    guard let old = directories[place]?.children[index] else { return }
    directories[place]?.children[index] = slot
    directories[place]?.live += (slot == 0 ? 0 : 1) - (old == 0 ? 0 : 1)
  }

  mutating func addNode(parent: UInt32, key: NameKey, provided count: Int) -> UInt32 {
    lastGeneration &+= 1
    let slot = nodes.insert(
      NodeRecord(parent: parent, key: key, directory: 0, generation: lastGeneration, lookups: 1))
    setChild(key, of: parent, to: slot, provided: count)
    return slot
  }

  mutating func addNameless(parent: UInt32, _ details: NodeDetails) -> UInt32 {
    lastGeneration &+= 1
    let slot = nodes.insert(
      NodeRecord(
        parent: parent, key: NameKey(local: 0), directory: 0, flags: .detached, generation: lastGeneration, lookups: 1))
    directories[Int(nodes[parent].directory)]?.live += 1
    setDetails(details, of: slot)
    return slot
  }

  /// Gives a node a name beside those it has, or a new one where it has none.
  mutating func addName(_ slot: UInt32, parent: UInt32, key: NameKey, provided count: Int) {
    guard nodes[slot].flags.contains(.detached) else {
      changeDetails(of: slot) { $0.aliases.append(NodeDetails.Alias(parent: parent, key: key)) }
      return setChild(key, of: parent, to: slot, provided: count)
    }
    releaseParent(of: slot)
    let keeper = nodes[slot].parent
    nodes[slot].parent = parent
    nodes[slot].key = key
    nodes[slot].flags.remove(.detached)
    changeDetails(of: slot) { $0.held = nil }
    setChild(key, of: parent, to: slot, provided: count)
    // The directory that it was in may have been kept for this one alone.
    _ = removeUnreferenced(from: [keeper])
  }

  /// Takes a name from its node. Returns what nobody holds any more by it.
  mutating func removeName(_ key: NameKey, of parent: DirectoryNode, supersede: Bool) -> [any Sendable] {
    let slot = child(key, of: parent)
    guard slot != 0 else { return [] }
    setChild(key, of: parent.slot, to: 0)
    let alias = NodeDetails.Alias(parent: parent.slot, key: key)
    if nodes[slot].flags.contains(.details), details[slot]?.aliases.contains(alias) == true {
      changeDetails(of: slot) { details in details.aliases.removeAll { $0 == alias } }
    } else if let other = details[slot]?.aliases.first {
      changeDetails(of: slot) { _ = $0.aliases.removeFirst() }
      nodes[slot].parent = other.parent
      nodes[slot].key = other.key
    } else {
      // It keeps its directory, through which the provider's content is still found.
      directories[Int(nodes[parent.slot].directory)]?.live += 1
      nodes[slot].flags.insert(supersede ? [.detached, .superseded] : .detached)
    }
    return removeUnreferenced(from: [slot, parent.slot]).garbage
  }

  mutating func removeAllNames(of slot: UInt32) {
    let aliases = details[slot]?.aliases ?? []
    for alias in aliases { setChild(alias.key, of: alias.parent, to: 0) }
    changeDetails(of: slot) { details in
      details.aliases = []
      details.localInode = nil
    }
    defer { _ = removeUnreferenced(from: aliases.map(\.parent)) }
    guard !nodes[slot].flags.contains(.detached) else { return }
    setChild(nodes[slot].key, of: nodes[slot].parent, to: 0)
    directories[Int(nodes[nodes[slot].parent].directory)]?.live += 1
    nodes[slot].flags.insert(.detached)
  }

  mutating func move(
    _ key: NameKey, of parent: DirectoryNode, to newKey: NameKey, of newParent: DirectoryNode, provided: Int
  ) {
    let slot = child(key, of: parent)
    guard slot != 0 else { return }
    setChild(key, of: parent.slot, to: 0)
    place(slot, from: (parent.slot, key), at: (newParent.slot, newKey), provided)
    // The old directory may have been kept for this one alone.
    _ = removeUnreferenced(from: [parent.slot])
  }

  mutating func exchange(
    _ first: NameKey, of firstParent: DirectoryNode, _ firstCount: Int, _ second: NameKey,
    of secondParent: DirectoryNode, _ secondCount: Int
  ) {
    let one = child(first, of: firstParent)
    let other = child(second, of: secondParent)
    if one != 0 { setChild(first, of: firstParent.slot, to: 0) }
    if other != 0 { setChild(second, of: secondParent.slot, to: 0) }
    if one != 0 { place(one, from: (firstParent.slot, first), at: (secondParent.slot, second), secondCount) }
    if other != 0 { place(other, from: (secondParent.slot, second), at: (firstParent.slot, first), firstCount) }
    _ = removeUnreferenced(from: [firstParent.slot, secondParent.slot])
  }

  private mutating func place(
    _ slot: UInt32, from old: (parent: UInt32, key: NameKey), at new: (parent: UInt32, key: NameKey), _ count: Int
  ) {
    if nodes[slot].parent == old.parent, nodes[slot].key == old.key {
      nodes[slot].parent = new.parent
      nodes[slot].key = new.key
    } else {
      changeDetails(of: slot) { details in
        details.aliases.removeAll { $0 == NodeDetails.Alias(parent: old.parent, key: old.key) }
        details.aliases.append(NodeDetails.Alias(parent: new.parent, key: new.key))
      }
    }
    setChild(new.key, of: new.parent, to: slot, provided: count)
  }

  /// Gives the nodes in a directory the places that their names have in another listing, which has `count` names.
  mutating func rekey(_ parent: DirectoryNode, _ keys: [(old: NameKey, new: NameKey)], provided count: Int) {
    let moves = keys.compactMap { key -> (slot: UInt32, old: NameKey, new: NameKey, isFirst: Bool)? in
      let slot = child(key.old, of: parent)
      guard slot != 0 else { return nil }
      return (slot, key.old, key.new, nodes[slot].parent == parent.slot && nodes[slot].key == key.old)
    }
    for move in moves { setChild(move.old, of: parent.slot, to: 0) }
    let place = Int(nodes[parent.slot].directory)
    assert(directories[place]?.children.allSatisfy { $0 == 0 } ?? true, "every name has a new place")
    directories[place]?.children = []
    // All old names go before any new one comes, as one node may have several here.
    for move in moves where !move.isFirst {
      changeDetails(of: move.slot) { details in
        details.aliases.removeAll { $0 == NodeDetails.Alias(parent: parent.slot, key: move.old) }
      }
    }
    for move in moves {
      if move.isFirst {
        nodes[move.slot].key = move.new
      } else {
        changeDetails(of: move.slot) { details in
          details.aliases.append(NodeDetails.Alias(parent: parent.slot, key: move.new))
        }
      }
      setChild(move.new, of: parent.slot, to: move.slot, provided: count)
    }
  }

  /// The nodes at the names of a directory.
  func children(of parent: DirectoryNode) -> [(key: NameKey, slot: UInt32)] {
    guard isKnown(parent), let record = directories[Int(nodes[parent.slot].directory)] else { return [] }
    let provided = record.children.indices.filter { record.children[$0] != 0 }
    return provided.map { (NameKey(provided: $0), record.children[$0]) }
      + record.localChildren.map { (NameKey(rawValue: $0.key), $0.value) }
  }

  /// The nodes that lost their last name in a directory.
  func nameless(in parent: DirectoryNode) -> [UInt32] {
    guard isKnown(parent), let record = directories[Int(nodes[parent.slot].directory)] else { return [] }
    let named = record.children.count { $0 != 0 } + record.localChildren.count
    guard record.live > named else { return [] }
    var found: [UInt32] = []
    nodes.forEach { slot, node in
      if node.flags.contains(.detached), node.parent == parent.slot { found.append(slot) }
    }
    return found
  }

  // MARK: - Details

  mutating func setDetails(_ new: NodeDetails, of slot: UInt32) {
    details[slot] = new
    nodes[slot].flags.insert(.details)
    if let inode = new.localInode { slotOfLocalInode[inode] = slot }
  }

  mutating func changeDetails(of slot: UInt32, _ change: (inout NodeDetails) -> Void) {
    var changed = details[slot] ?? NodeDetails()
    let before = changed.localInode
    change(&changed)
    if let before, before != changed.localInode { slotOfLocalInode.removeValue(forKey: before) }
    setDetails(changed, of: slot)
  }

  // MARK: - The end of nodes

  mutating func addDirectory(_ node: DirectoryNode) -> UInt32 {
    if let place = freeDirectories.popLast() {
      directories[Int(place)] = DirectoryRecord(node: node)
      return place
    }
    directories.append(DirectoryRecord(node: node))
    return UInt32(directories.count - 1)
  }

  /// Lets the directory go that a nameless node kept.
  private mutating func releaseParent(of slot: UInt32) {
    directories[Int(nodes[nodes[slot].parent].directory)]?.live -= 1
  }

  /// Removes the nodes if nothing refers to them any more, then their directories if they were the last reason to keep
  /// those. Returns what they held, to be let go when the lock is free.
  mutating func removeUnreferenced(from first: [UInt32]) -> (nodes: [NodeID], garbage: [any Sendable]) {
    var removed: [NodeID] = []
    var garbage: [any Sendable] = []
    var waiting = first
    while let slot = waiting.popLast() {
      guard slot != Self.rootSlot, nodes[slot].lookups == 0 else { continue }
      let record = nodes[slot]
      if record.directory != 0 {
        guard let directory = directories[Int(record.directory)], directory.live == 0 else { continue }
        garbage.append(directory.node)
        directories[Int(record.directory)] = nil
        freeDirectories.append(record.directory)
      } else if record.flags.isDisjoint(with: .detached), child(record.key, ofSlot: record.parent) != slot {
        // A free place.
        continue
      }
      if record.flags.contains(.details), let kept = details.removeValue(forKey: slot) {
        for alias in kept.aliases {
          setChild(alias.key, of: alias.parent, to: 0)
          dropChildren(of: alias.parent)
          waiting.append(alias.parent)
        }
        if let inode = kept.localInode { slotOfLocalInode.removeValue(forKey: inode) }
        if let held = kept.held { garbage.append(held) }
      }
      if record.flags.contains(.detached) {
        releaseParent(of: slot)
      } else {
        setChild(record.key, of: record.parent, to: 0)
      }
      dropChildren(of: record.parent)
      removed.append(id(of: slot))
      nodes.remove(slot)
      waiting.append(record.parent)
    }
    return (removed, garbage)
  }

  private func child(_ key: NameKey, ofSlot parent: UInt32) -> UInt32 {
    directory(parent).map { child(key, of: $0) } ?? 0
  }

  /// Gives the memory of an empty directory's children back.
  private mutating func dropChildren(of parent: UInt32) {
    let place = Int(nodes[parent].directory)
    guard directories[place]?.live == 0 else { return }
    directories[place]?.children = []
    directories[place]?.localChildren = [:]
  }

  /// Cheap rules at every unlock; tests with small tables get the whole comparison.
  func checkInvariants() {
    assert(nodes[Self.rootSlot].directory == 1 && directories[1] != nil, "the root is always known")
    assert(nodes.count >= directories.count - 1 - freeDirectories.count, "every directory has a node")
    guard nodes.count <= 64 else { return }
    var nameless: [UInt32: Int] = [:]
    nodes.forEach { _, record in
      if record.flags.contains(.detached) { nameless[record.parent, default: 0] += 1 }
    }
    for case .some(let record) in directories {
      let provided = record.children.enumerated().map { (NameKey(provided: $0.offset), $0.element) }
      let own = record.localChildren.map { (NameKey(rawValue: $0.key), $0.value) }
      let known = (provided + own).filter { $0.1 != 0 }
      assert(record.live == known.count + (nameless[record.node.slot] ?? 0), "a directory counts what keeps it")
      for (key, child) in known {
        let isFirst = nodes[child].parent == record.node.slot && nodes[child].key == key
        let alias = NodeDetails.Alias(parent: record.node.slot, key: key)
        assert(isFirst || details[child]?.aliases.contains(alias) == true, "a child knows its name")
        assert(!nodes[child].flags.contains(.detached), "a nameless node is nobody's child")
      }
    }
    for (inode, slot) in slotOfLocalInode {
      assert(details[slot]?.localInode == inode, "a shared file is known by its number")
    }
  }
}
