import Posix
import Provider
import TestSupport
import Testing

@testable import Projection

/// `InodeTable` against a naive list of nodes, while names are removed, moved, exchanged and added.
@Suite struct InodeTableNamesModelTests {
  private typealias Name = InodeTableNamesModel.Name

  private struct Run {
    var random: SeededRandom
    let table: InodeTable
    var model = InodeTableNamesModel()
    var lastInode: UInt64 = 0
    var place: Comment = ""

    /// A name in a directory that the kernel knows, as it does for every operation on a name.
    mutating func anyName() -> Name {
      let directories =
        [.root]
        + model.nodes.filter { $0.value.isDirectory && $0.value.lookups > 0 }.map(\.key)
        .sorted { $0.rawValue < $1.rawValue }
      let number = Int.random(in: 0..<3, using: &random)
      return Name(
        parent: directories.randomElement(using: &random) ?? .root,
        key: Bool.random(using: &random) ? NameKey(provided: number) : NameKey(local: number))
    }

    mutating func anyNode(_ isWanted: (InodeTableNamesModel.Node) -> Bool) -> NodeID? {
      model.nodes.filter { isWanted($0.value) }.map(\.key).sorted { $0.rawValue < $1.rawValue }
        .randomElement(using: &random)
    }

    mutating func acquire(_ name: Name, isDirectory: Bool) throws {
      let node = try table.acquire(name.key, of: try table.directory(name.parent), provided: 3) { node in
        guard isDirectory else { return (nil, nil) }
        let made = DirectoryNode(node: node, inode: 5, origin: nil, permissions: 0o755, isLocal: true)
        return (made, nil)
      }
      if let known = model.node(at: name) {
        #expect(node == known, place)
        model.nodes[known]?.lookups += 1
      } else {
        #expect(model.nodes[node] == nil && node != .root, place)
        model.nodes[node] = .init(names: [name], lookups: 1, isDirectory: isDirectory)
      }
    }

    mutating func link(_ name: Name) throws {
      guard model.node(at: name) == nil, let node = anyNode({ !$0.isDirectory && !$0.isSuperseded }) else { return }
      let parent = try table.directory(name.parent)
      if let inode = model.nodes[node]?.localInode, Bool.random(using: &random) {
        // What shows another number had that local one before.
        #expect(table.acquireAlias(inode, showing: 7, at: name.key, of: parent, provided: 3) == nil, place)
        #expect(table.acquireAlias(inode, showing: nil, at: name.key, of: parent, provided: 3) == node, place)
      } else {
        let inode = model.nodes[node]?.localInode ?? lastInode + 1
        lastInode = max(lastInode, inode)
        try table.addName(of: node, localInode: inode, at: name.key, of: parent, provided: 3)
        model.nodes[node]?.localInode = inode
      }
      model.addName(name, to: node)
    }

    mutating func move(_ old: Name, to new: Name) throws {
      guard let node = model.node(at: old), old != new, !model.lies(new.parent, in: node) else { return }
      if let target = model.node(at: new) {
        guard !model.lies(old.parent, in: target) else { return }
        _ = table.detach(new.key, of: try table.directory(new.parent))
        model.remove(new, superseding: false)
      }
      table.move(
        old.key, of: try table.directory(old.parent), to: new.key, of: try table.directory(new.parent), provided: 3)
      model.move(old, to: new)
    }

    mutating func exchange(_ first: Name, _ second: Name) throws {
      let nodes = [model.node(at: first), model.node(at: second)]
      for (node, parent) in zip(nodes, [second.parent, first.parent]) {
        if let node, model.lies(parent, in: node) { return }
      }
      guard first != second, nodes[0] != nodes[1] || nodes[0] == nil else { return }
      table.exchange(
        first.key, of: try table.directory(first.parent), provided: 3, second.key,
        of: try table.directory(second.parent), provided: 3)
      model.exchange(first, second)
    }

    mutating func forget() {
      guard let node = anyNode({ $0.lookups > 0 }), let lookups = model.nodes[node]?.lookups else { return }
      let count = UInt64.random(in: 1...lookups, using: &random)
      #expect(Set(table.forget(node, count: count).nodes) == model.forget(node, count), place)
    }

    mutating func step() throws {
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<6: try acquire(anyName(), isDirectory: Int.random(in: 0..<3, using: &random) == 0)
      case 6..<8: try link(anyName())
      case 8..<10:
        let name = anyName()
        let superseding = Bool.random(using: &random)
        _ = table.detach(name.key, of: try table.directory(name.parent), supersede: superseding)
        model.remove(name, superseding: superseding)
      case 10..<13: try move(anyName(), to: anyName())
      case 13: try exchange(anyName(), anyName())
      case 14:
        guard let node = anyNode({ !$0.isDirectory }) else { break }
        try table.supersede(
          node,
          showing: NodeAttributes(
            kind: .file, permissions: 0o644, inode: 7, size: 1, owner: .init(user: 0, group: 0),
            time: TimeStamp(seconds: 0)))
        model.supersede(node)
      default: forget()
      }
    }

    func compare() throws {
      let lookups = model.nodes.values.reduce(UInt64(1)) { $0 + $1.lookups }
      #expect(table.counts == (model.nodes.count + 1, lookups), place)
      for (node, known) in model.nodes {
        let location = try table.location(of: node)
        var isRight = location.isDetached == known.names.isEmpty && location.isSuperseded == known.isSuperseded
        isRight = isRight && (location.directory != nil) == known.isDirectory
        isRight = isRight && location.parent?.directory.node == known.names.first?.parent ?? known.keeper
        isRight = isRight && (known.names.isEmpty || location.parent?.key == known.names.first?.key)
        for name in known.names {
          let found = table.child(name.key, of: try table.directory(name.parent))
          isRight = isRight && found == node
        }
        if !isRight { Issue.record("node \(node.rawValue) is \(location) and should be \(known): \(place)") }
      }
    }
  }

  @Test("Names that come, go and change places leave what a list of nodes would hold", arguments: 1...20)
  func model(seed: UInt64) throws {
    var run = Run(
      random: SeededRandom(seed: seed),
      table: InodeTable(root: "", permissions: 0o755, numbers: InodeNumbers(key: seed)))
    for step in 0..<250 {
      run.place = "seed \(seed), step \(step)"
      try run.step()
      try run.compare()
    }
    while let node = run.anyNode({ $0.lookups > 0 }), let lookups = run.model.nodes[node]?.lookups {
      #expect(Set(run.table.forget(node, count: lookups).nodes) == run.model.forget(node, lookups), run.place)
    }
    #expect(run.table.counts == (1, 1), "seed \(seed): forgetting everything gives everything back")
  }
}
