internal import Posix
internal import Provider
internal import SystemPackage

/// Making the local tree show what is shown already, so that the projection can move below it.
extension ProjectionCore {
  /// Takes an obstacle to a move that keeps everything as it looks out of the way. What is shown is fetched, if it is not
  /// here yet.
  package func pin(_ obstacle: Obstacle) async throws(ProjectionError) {
    var directory = NodeID.root
    var looked: [NodeID] = []
    defer { for node in looked { _ = inodes.forget(node, count: 1) } }
    let components = obstacle.path.split(separator: UInt8(ascii: "/")).map(Array.init)
    guard let name = components.last else { return }
    let me = Caller(thread: 0)
    do throws(ProjectionError) {
      for component in components.dropLast() {
        directory = try await lookup(component, in: directory, by: me).node
        looked.append(directory)
      }
      guard obstacle.change.old != nil else { return try await hideAhead(name, in: directory) }
      let found = try await lookup(name, in: directory, by: me)
      looked.append(found.node)
      guard found.attributes.kind == .directory else {
        try await makeDirty(found.node, by: me)
        // The source may drop what it does not show any more; here it may be all that is left of somebody's work.
        if let (content, size) = obstacle.change.old.map({ (ContentID($0.id), found.attributes.size) }) {
          _ = try await hydrator.contents(of: content, size: size, for: Demand(.prefetch, by: me))
        }
        return
      }
      try namespace.exclusive { () throws(ProjectionError) in
        let found = try inodes.directory(found.node)
        if found.withState({ $0.origin == nil }) { try unmark(found) } else { try pin(found) }
      }
    } catch .notFound {
      // Removed meanwhile, so it is in nobody's way.
    } catch .notADirectory {
      // The same, with something else in its place.
    }
  }

  /// Puts a whiteout where the provider has nothing yet.
  private func hideAhead(_ name: [UInt8], in parent: NodeID) async throws(ProjectionError) {
    let directory = try await prepare(name, in: parent)
    defer { release(name, of: directory) }
    try namespace.shared { () throws(ProjectionError) in
      let handle = try materialize(directory)
      try directory.withState { state throws(ProjectionError) in
        try ProjectionError.local { () throws(Errno) in
          switch try LocalEntry.at(name, in: handle) {
          case nil:
            try withHiddenChange(of: handle, &state) { () throws(Errno) in
              try local.hide(name, in: handle.rawValue)
            }
          // It would show what comes.
          case .directory(let child, .place): try ExtendedAttributes.remove(child.rawValue, Marks.contentName)
          default: break
          }
        }
      }
    }
  }

  /// Takes the mark from a directory through which nothing shows.
  private func unmark(_ directory: DirectoryNode) throws(ProjectionError) {
    guard let handle = try existingHandle(of: directory) else { return }
    try ProjectionError.local { () throws(Errno) in
      guard try Marks(at: handle.rawValue, []).origin == .place else { return }
      try ExtendedAttributes.remove(handle.rawValue, Marks.contentName)
    }
  }
}
