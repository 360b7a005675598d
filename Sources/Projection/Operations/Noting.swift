internal import Synchronization

/// Telling others what changed: the journal, and the kernel. All within the namespace's lock and outside of directories'.
///
/// What is noted of a directory is its own attributes and names that come and go below; that its times follow its entries
/// goes without saying.
extension ProjectionCore {
  /// Notes that what is seen at a name changed, or that the name is new.
  func note(_ directory: DirectoryNode, _ name: [UInt8]) {
    guard let journal, let path = path(of: name, in: directory) else { return }
    journal.record(path)
  }

  /// Notes that a directory's own attributes changed.
  func note(_ directory: DirectoryNode) {
    guard let journal, let path = path(of: directory) else { return }
    journal.record(path)
  }

  /// Notes that a file changed, at all names that are known.
  func note(_ node: NodeID) {
    guard let journal else { return }
    let paths = paths(of: node)
    for path in paths { journal.record(path) }
    if hasNames(beside: paths.count, node) { journal.record([], .subtree) }
  }

  /// Whether a file has more names than the `known` ones: some that nobody has looked up since the mount.
  private func hasNames(beside known: Int, _ node: NodeID) -> Bool {
    guard known > 0, (try? inodes.location(of: node).details?.localInode).flatMap({ $0 }) != nil else { return false }
    let links = try? withFile(node) { state, spot throws(ProjectionError) in
      try attributes(of: spot, state).links
    }
    return (links ?? 0) > known
  }

  /// What changed since `token`: the journal's answer, unless somebody writes to a file whose names are not all known, or
  /// a move has not ended (`awaitMove`).
  package func changes(since token: ChangeJournal.Token?) -> ChangeJournal.Changes? {
    guard let journal else { return nil }
    let isUnknown = unfinished.isGoingOn || writers.withLock { $0.values.contains { $0.hasOtherNames } }
    return isUnknown ? .unknown(token: journal.token) : journal.changes(since: token)
  }

  /// Notes that a name is gone.
  func noteGone(_ directory: DirectoryNode, _ name: [UInt8], isDirectory: Bool = false) {
    guard let journal, let path = path(of: name, in: directory) else { return }
    journal.recordRemoval(of: path, isDirectory ? .subtree : .entry)
  }

  /// Notes that one name became another.
  func noteRename(
    _ old: (directory: DirectoryNode, name: [UInt8]), _ new: (directory: DirectoryNode, name: [UInt8]),
    isDirectory: Bool, exchanging: Bool
  ) {
    if isDirectory { pathVersion.add(1, ordering: .acquiringAndReleasing) }
    guard let journal, let oldPath = path(of: old.name, in: old.directory),
      let newPath = path(of: new.name, in: new.directory)
    else { return }
    journal.recordRename(from: oldPath, to: newPath, isDirectory ? .subtree : .entry, exchanging: exchanging)
  }

  /// Notes that a file has a further name.
  func noteLink(_ node: NodeID, _ directory: DirectoryNode, _ name: [UInt8]) {
    guard let journal, let path = path(of: name, in: directory) else { return }
    if let other = firstPath(of: node, where: { $0 != path }) {
      journal.recordLink(from: other, to: path)
      // The other name shows one link more.
      journal.record(other)
    } else {
      journal.record(path)
      noteWriters(of: node, at: path, in: journal)
    }
  }

  /// Has the kernel look a name up again, on another thread.
  func outdated(_ directory: NodeID, _ name: [UInt8]) {
    outdatedNames.tell(directory, name)
  }

  // MARK: - Writers

  /// Notes that a file may be written to by the kernel from now on.
  func beginWriting(_ node: NodeID) {
    guard let journal else { return }
    let isFirst = writers.withLock { writers in
      writers[node, default: Writers()].count += 1
      return writers[node]?.count == 1
    }
    guard isFirst else { return }
    let (tokens, hasOtherNames) = namespace.shared {
      let paths = paths(of: node)
      return (paths.map(journal.beginWriting), hasNames(beside: paths.count, node))
    }
    writers.withLock { writers in
      writers[node]?.tokens += tokens
      writers[node]?.hasOtherNames = hasOtherNames
    }
  }

  /// Notes that one of those who have the file open for writing has closed it.
  func endWriting(_ node: NodeID) {
    guard let journal else { return }
    let ended = writers.withLock { writers -> Writers? in
      guard let known = writers[node] else { return nil }
      if known.count > 1 {
        writers[node]?.count -= 1
        return nil
      }
      return writers.removeValue(forKey: node)
    }
    for token in ended?.tokens ?? [] { journal.endWriting(token) }
    if ended?.hasOtherNames == true { journal.record([], .subtree) }
  }

  /// Notes that a file which had no name may be written to at its first one, by who has it open.
  private func noteWriters(of node: NodeID, at path: [UInt8], in journal: ChangeJournal) {
    let token = journal.beginWriting(path)
    let isWritten = writers.withLock { writers in
      writers[node]?.tokens.append(token)
      return writers[node] != nil
    }
    if !isWritten { journal.endWriting(token) }
  }

  /// Who has a file open for writing.
  struct Writers: Sendable {
    var count = 0
    /// What the journal knows them by, one for each name that the file had.
    var tokens: [ChangeJournal.WriterToken] = []
    /// Whether it had names that nobody knew.
    var hasOtherNames = false
  }

  // MARK: - Paths

  /// A name's path from the root, without a slash at either end; nil for what has been removed.
  func path(of name: [UInt8], in directory: DirectoryNode) -> [UInt8]? {
    guard var path = path(of: directory) else { return nil }
    if !path.isEmpty { path.append(UInt8(ascii: "/")) }
    path += name
    return path
  }

  /// A directory's path; empty for the root.
  func path(of directory: DirectoryNode) -> [UInt8]? {
    if directory === inodes.rootDirectory { return [] }
    let version = pathVersion.load(ordering: .acquiring)
    if let known = directory.withState({ $0.path }), known.version == version { return known.bytes }
    guard let location = try? inodes.location(of: directory.node), let (parent, key) = location.parent,
      !location.isDetached, let name = parent.withState({ $0.name(key) }), let path = path(of: name, in: parent)
    else { return nil }
    directory.withState { $0.path = (version, path) }
    return path
  }

  /// All known paths of a file.
  func paths(of node: NodeID) -> [[UInt8]] {
    var paths: [[UInt8]] = []
    _ = firstPath(of: node) { path in
      paths.append(path)
      return false
    }
    return paths
  }

  /// The first known path of a file that is wanted. A file may have very many: those behind it are not put together.
  func firstPath(of node: NodeID, where isWanted: ([UInt8]) -> Bool) -> [UInt8]? {
    guard let location = try? inodes.location(of: node), let (parent, key) = location.parent, !location.isDetached
    else { return nil }
    if let path = path(at: key, of: parent), isWanted(path) { return path }
    for alias in location.details?.aliases ?? [] {
      guard let parent = inodes.directory(at: alias.parent), let path = path(at: alias.key, of: parent),
        isWanted(path)
      else { continue }
      return path
    }
    return nil
  }

  private func path(at key: NameKey, of directory: DirectoryNode) -> [UInt8]? {
    directory.withState { $0.name(key) }.flatMap { path(of: $0, in: directory) }
  }
}
