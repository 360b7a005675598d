internal import Glibc
internal import Posix
package import Provider
internal import Synchronization
internal import SystemPackage

/// Who else uses the content store of a view: what an eviction asks before it drops something.
///
/// Whoever is not known here is safe all the same: what any process has open is not dropped (`ContentStore.dropUnused`),
/// and what is dropped is fetched again.
package struct StoreUsers: Sendable {
  /// The paths of files in this view that processes have open, from its root. Asked for where the kernel opens files by
  /// itself, and nobody else knows.
  package var openPaths: @Sendable () -> [[[UInt8]]]
  /// The state directories of the other views that share the store, running or not.
  package var otherViews: @Sendable () -> [String]
  /// Has those that run let go of contents that nobody uses there; returns those that somebody uses.
  package var letGoElsewhere: @Sendable ([ContentID]) -> Set<ContentID>

  /// Nobody, but for what is given.
  package init(
    openPaths: @escaping @Sendable () -> [[[UInt8]]] = { [] },
    otherViews: @escaping @Sendable () -> [String] = { [] },
    letGoElsewhere: @escaping @Sendable ([ContentID]) -> Set<ContentID> = { _ in [] }
  ) {
    self.openPaths = openPaths
    self.otherViews = otherViews
    self.letGoElsewhere = letGoElsewhere
  }
}

extension ProjectionCore {
  /// Says who else uses the store, in the place of what was said before.
  package func setStoreUsers(_ users: StoreUsers) {
    storeUsers.withLock { $0 = users }
  }

  /// Lets the kernel's files of contents go that nobody has open, for another view that wants to drop them; returns those
  /// that somebody uses here.
  package func letGo(of contents: [ContentID], with backing: BackingFiles?) -> Set<ContentID> {
    let held = inodes.heldContents()
    let nodes = nodesOfContents(backing)
    return Set(
      contents.filter { content in
        held.contains(content) || !leave(nodes[content], backing)
      })
  }

  /// The nodes that the kernel reads from the store by itself, or has open, by their contents.
  func nodesOfContents(_ backing: BackingFiles?) -> [ContentID: [(node: NodeID, isOpen: Bool)]] {
    let nodes = backing?.nodesInStore ?? []
    var result: [ContentID: [(node: NodeID, isOpen: Bool)]] = [:]
    namespace.shared {
      for (node, isOpen) in nodes {
        let content = try? withFile(node) { state, spot throws(ProjectionError) in
          spot.providedContent(state)?.content
        }
        if let content = content.flatMap({ $0 }) { result[content, default: []].append((node, isOpen)) }
      }
    }
    return result
  }

  /// Has the kernel let a content's files go. False where somebody has one of them open.
  func leave(_ nodes: [(node: NodeID, isOpen: Bool)]?, _ backing: BackingFiles?) -> Bool {
    guard let nodes, let backing else { return true }
    return nodes.allSatisfy { !$0.isOpen && backing.leaveBranch($0.node) }
  }

  /// What dirty placeholders stand for, as the disk says.
  func notePlaceholders(
    in directory: DirectoryHandle, _ contents: inout Set<ContentID>
  ) throws(ProjectionError) {
    try ProjectionError.local { () throws(Errno) in try LocalTree.notePlaceholders(in: directory, &contents) }
  }
}

extension LocalTree {
  /// What the dirty placeholders of a view stand for that may be another server's; nothing where it cannot be read.
  static func placeholders(inView state: String) -> Set<ContentID> {
    var contents: Set<ContentID> = []
    guard let tree = try? FileCalls.open("\(state)/\(name)", O_RDONLY | O_DIRECTORY) else { return [] }
    try? notePlaceholders(in: DirectoryHandle(tree), &contents)
    return contents
  }

  /// Notes what the dirty placeholders in and below a directory stand for.
  static func notePlaceholders(
    in directory: DirectoryHandle, _ contents: inout Set<ContentID>
  ) throws(Errno) {
    for entry in try EntryCalls.entries(of: directory.rawValue) {
      // Gone meanwhile, or not to be read: then nothing stands for anything.
      switch try? LocalEntry(entry.name, in: directory) {
      case .placeholder(let content): contents.insert(content)
      case .directory(let child, _): try notePlaceholders(in: child, &contents)
      case .full, .whiteout, nil: break
      }
    }
  }
}

extension StoredContent {
  /// A content of which only pieces are here.
  init(part content: ContentID, size: Int64) {
    self.init(content: content, size: size, lastUse: TimeStamp(seconds: 0), isPart: true)
  }
}
