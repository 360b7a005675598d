import Provider

@testable import Projection

/// A naive inode table: for each node its names, its lookups, and what keeps it.
struct InodeTableNamesModel {
  struct Name: Hashable {
    let parent: NodeID
    let key: NameKey
  }

  struct Node {
    /// The first is the one by which it is found.
    var names: [Name]
    var lookups: UInt64
    let isDirectory: Bool
    /// The directory that it was in last, where it has no name.
    var keeper: NodeID?
    var isSuperseded = false
    var localInode: UInt64?
  }

  var nodes: [NodeID: Node] = [:]

  func node(at name: Name) -> NodeID? {
    nodes.first { $0.value.names.contains(name) }?.key
  }

  /// Whether `node` is `directory` or in a directory below it.
  func lies(_ node: NodeID, in directory: NodeID) -> Bool {
    var current = node
    while current != directory {
      guard let above = nodes[current], let parent = above.names.first?.parent ?? above.keeper else { return false }
      current = parent
    }
    return true
  }

  mutating func remove(_ name: Name, superseding: Bool) {
    guard let node = node(at: name) else { return }
    nodes[node]?.names.removeAll { $0 == name }
    if nodes[node]?.names.isEmpty == true {
      nodes[node]?.keeper = name.parent
      if superseding { nodes[node]?.isSuperseded = true }
    }
    sweep()
  }

  mutating func supersede(_ node: NodeID) {
    if let first = nodes[node]?.names.first { nodes[node]?.keeper = first.parent }
    nodes[node]?.names = []
    nodes[node]?.isSuperseded = true
    nodes[node]?.localInode = nil
    sweep()
  }

  mutating func addName(_ name: Name, to node: NodeID) {
    nodes[node]?.names.append(name)
    nodes[node]?.keeper = nil
    nodes[node]?.lookups += 1
    sweep()
  }

  mutating func move(_ name: Name, to new: Name) {
    guard let node = node(at: name) else { return }
    replace([(node, name, new)])
  }

  mutating func exchange(_ first: Name, _ second: Name) {
    let changes = [(node(at: first), first, second), (node(at: second), second, first)]
    replace(changes.compactMap { node, old, new in node.map { ($0, old, new) } })
  }

  private mutating func replace(_ changes: [(node: NodeID, old: Name, new: Name)]) {
    // One node at both names keeps both, however they are ordered.
    for change in changes {
      guard let place = nodes[change.node]?.names.firstIndex(of: change.old) else { continue }
      if place == 0 {
        nodes[change.node]?.names[0] = change.new
      } else {
        nodes[change.node]?.names.remove(at: place)
        nodes[change.node]?.names.append(change.new)
      }
    }
    sweep()
  }

  /// Takes lookups back; returns the nodes that are gone by it.
  mutating func forget(_ node: NodeID, _ count: UInt64) -> Set<NodeID> {
    nodes[node]?.lookups -= count
    return sweep()
  }

  /// Removes what nothing refers to any more.
  @discardableResult
  private mutating func sweep() -> Set<NodeID> {
    var gone: Set<NodeID> = []
    while true {
      let kept = Set(nodes.values.flatMap { node in node.names.map(\.parent) + (node.keeper.map { [$0] } ?? []) })
      let unreferenced = nodes.filter { $0.value.lookups == 0 && !kept.contains($0.key) }.map(\.key)
      if unreferenced.isEmpty { return gone }
      for node in unreferenced { nodes[node] = nil }
      gone.formUnion(unreferenced)
    }
  }
}
