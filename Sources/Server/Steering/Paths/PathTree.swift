internal import Projection
internal import Synchronization

/// Any number of paths, each of a file or of a directory with everything in it.
final class PathTree: PathSelection {
  private struct Node {
    var children: [ArraySlice<UInt8>: Int] = [:]
    /// Which paths end here.
    var paths: [Int] = []
  }

  private let nodes: [Node]
  private let count: Int
  // A leaf lock. Which paths exist.
  private let found = Mutex<Set<Int>>([])

  /// Selects paths from the root; what is empty in them does not count, so that `a//b/` is `a/b`.
  init(_ paths: [[UInt8]]) {
    var nodes = [Node()]
    for (index, path) in paths.enumerated() {
      var place = 0
      for name in path.split(separator: UInt8(ascii: "/")) where name != [UInt8(ascii: ".")] {
        if let next = nodes[place].children[name] {
          place = next
        } else {
          nodes[place].children[name] = nodes.count
          place = nodes.count
          nodes.append(Node())
        }
      }
      nodes[place].paths.append(index)
    }
    self.nodes = nodes
    count = paths.count
  }

  /// The numbers of the paths that were not come across.
  var missing: [Int] {
    let found = found.withLock { $0 }
    return (0..<count).filter { !found.contains($0) }
  }

  func coverage(of directory: [UInt8]) -> PathCoverage {
    let (node, isBelow) = follow(directory)
    guard let node else { return isBelow ? .all : .none }
    // Of what is asked for by itself as well it is to be seen whether it is there.
    if isBelow { return nodes[node].children.isEmpty ? .all : .some }
    return nodes[node].children.isEmpty ? .none : .some
  }

  func selects(_ path: [UInt8]) -> Bool { follow(path).isSelected }

  /// Goes along a path that exists, and notes whose paths end on the way.
  private func follow(_ path: [UInt8]) -> (node: Int?, isSelected: Bool) {
    var place = 0
    var isSelected = note(place)
    for name in path.split(separator: UInt8(ascii: "/")) {
      guard let next = nodes[place].children[name] else { return (nil, isSelected) }
      place = next
      isSelected = note(place) || isSelected
    }
    return (place, isSelected)
  }

  private func note(_ node: Int) -> Bool {
    let paths = nodes[node].paths
    guard !paths.isEmpty else { return false }
    found.withLock { $0.formUnion(paths) }
    return true
  }
}
