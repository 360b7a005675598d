internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// Where things are, for those who look on. All without a lock held by the caller.
extension ProjectionCore {
  /// The path of a directory or a file, from the root; nil where it has none. Of several names of a file it is one.
  package func shownPath(of node: NodeID) -> [UInt8]? {
    namespace.shared { anyPath(of: node) }
  }

  /// The path of a name in a directory, whether something has the name or not; nil where the directory has none.
  package func shownPath(of name: [UInt8], in directory: NodeID) -> [UInt8]? {
    namespace.shared {
      guard let directory = try? inodes.directory(directory) else { return nil }
      return path(of: name, in: directory)
    }
  }

  func shownPath(of place: Demand.Place) -> [UInt8]? {
    switch place {
    case .node(let node): shownPath(of: node)
    case .path(let path): path
    }
  }

  private func anyPath(of node: NodeID) -> [UInt8]? {
    guard let location = try? inodes.location(of: node) else { return nil }
    if let directory = location.directory { return path(of: directory) }
    return firstPath(of: node) { _ in true }
  }

  /// A file that the kernel holds by itself: for it the server has no descriptor, so that lsof(8) does not show it.
  package struct HeldBackingFile: Sendable {
    /// The file in the view; nil where its name is gone.
    package let path: [UInt8]?
    /// The file that is read and written; nil where it has no name any more.
    package let file: [UInt8]?
    /// Whether it is the content store's: shared, and never written to.
    package let isStored: Bool
    /// How often the file is open. 0: kept, so that the next open is quick.
    package let opens: Int
  }

  /// What the kernel holds, by the paths in the view.
  package func heldFiles(_ backing: BackingFiles) -> [HeldBackingFile] {
    let top = (try? FileCalls.linkTarget("/proc/self/fd/\(local.root.rawValue)")) ?? local.path + "/" + LocalTree.name
    let files = backing.held.map { record in
      namespace.shared { () -> HeldBackingFile in
        let path = anyPath(of: record.node)
        let file = record.isStored ? storedFile(of: record.node) : path.flatMap { localFile(at: $0, in: top) }
        return HeldBackingFile(path: path, file: file, isStored: record.isStored, opens: record.opens)
      }
    }
    return files.sorted { ($0.path ?? []).lexicographicallyPrecedes($1.path ?? []) }
  }

  private func storedFile(of node: NodeID) -> [UInt8]? {
    let content = try? withFile(node) { state, spot throws(ProjectionError) in spot.providedContent(state)?.content }
    guard let content = content.flatMap({ $0 }), store.contains(content) else { return nil }
    return Array("\(store.path)/\(ContentStore.name(of: content))".utf8)
  }

  /// What the user has lies under the name that it is shown by.
  private func localFile(at path: [UInt8], in top: String) -> [UInt8]? {
    guard (try? FileCalls.open(withinMount: local.root.rawValue, path, EntryCalls.pathOnly | O_NOFOLLOW)) != nil else {
      return nil
    }
    return Array(top.utf8) + [UInt8(ascii: "/")] + path
  }
}
