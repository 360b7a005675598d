import Provider

@testable import Projection

extension InodeTable {
  /// Counts a lookup of the entry at `index` of a provider's listing, as the file system does for a clean one.
  func acquire(_ index: Int, of parent: DirectoryNode, _ listing: DirectoryListing) throws(ProjectionError) -> NodeID {
    try acquire(NameKey(provided: index), of: parent, provided: listing.count) { node in
      guard listing.kind(at: index) == .directory else { return (nil, nil) }
      let made = DirectoryNode(
        node: node, inode: node.rawValue,
        origin: listing.directory(at: index), permissions: listing.permissions(at: index), isLocal: false)
      return (made, nil)
    }
  }
}

extension InodeTable.Location {
  /// The place in the provider's listing.
  var index: Int? { parent?.key.providedIndex }
}

extension DirectoryNode {
  /// What the provider calls it.
  var id: DirectoryID? { withState { $0.origin } }
}
