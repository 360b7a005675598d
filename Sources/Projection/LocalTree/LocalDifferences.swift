internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

extension ProjectionCore {
  /// Every path that is the user's, changed, new, removed or moved, with everything below it. In no order.
  ///
  /// A directory that only leads to such paths is none itself. What connects the view with other programs is left out.
  /// What comes and goes meanwhile is there or not. Reads every local directory.
  package func localDifferences() throws(ProjectionError) -> [ChangeJournal.Change] {
    var changes: [ChangeJournal.Change] = []
    do throws(Errno) {
      try LocalDifferences.look(into: local.root, at: [], &changes)
    } catch {
      throw .local(error)
    }
    return changes
  }

  /// The names at the top, those of the projection that are gone included; nil where they are not known.
  package func topNames() async -> [[UInt8]]? {
    let top = inodes.rootDirectory
    guard (try? await load(top)) != nil else { return nil }
    return top.withState { state in
      guard let listing = state.listing, let names = state.names else { return nil }
      var found = (0..<listing.count).compactMap { index in state.name(NameKey(provided: index)) }
      try? names.forEachOwn(after: 0) { _, own in
        found.append(own.name)
        return true
      }
      return found
    }
  }

  /// Whether a directory at `path` shows the projection's at the same place: who changed it, and not what is in it,
  /// changed its attributes alone.
  package func isMergedDirectory(_ path: [UInt8]) -> Bool {
    guard !path.isEmpty,
      let directory = try? FileCalls.open(
        beneath: local.root.rawValue, String(decoding: path, as: UTF8.self), O_RDONLY | O_DIRECTORY),
      let marks = try? Marks(at: directory.rawValue, [])
    else { return false }
    return marks.origin == .place
  }
}

/// Where a local tree makes a view differ from its projection.
private enum LocalDifferences {
  static func look(
    into directory: DirectoryHandle, at path: [UInt8], _ changes: inout [ChangeJournal.Change]
  ) throws(Errno) {
    for entry in try EntryCalls.entries(of: directory.rawValue) {
      if path.isEmpty, LocalTree.isIntegration(entry) { continue }
      let child = path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name
      guard try isDirectory(entry, in: directory) else {
        // In its place the projection may have a directory.
        changes.append(ChangeJournal.Change(path: child, scope: .subtree))
        continue
      }
      do {
        let below = DirectoryHandle(
          try EntryCalls.openAnyway(
            at: directory.rawValue, entry.name, O_RDONLY | O_DIRECTORY, permissions: S_IRUSR | S_IXUSR))
        if try Marks(at: below.rawValue, []).origin == .place {
          try look(into: below, at: child, &changes)
        } else {
          changes.append(ChangeJournal.Change(path: child, scope: .subtree))
        }
      } catch {
        // Moved or removed since it was listed: recorded as such.
        guard error == .noSuchFileOrDirectory || error == .notDirectory else { throw error }
      }
    }
  }

  private static func isDirectory(
    _ entry: EntryCalls.ListedEntry, in directory: DirectoryHandle
  ) throws(Errno) -> Bool {
    if entry.fileType != 0 { return entry.fileType == S_IFDIR }
    do {
      return try EntryCalls.status(at: directory.rawValue, entry.name).st_mode & S_IFMT == S_IFDIR
    } catch .noSuchFileOrDirectory {
      return false
    }
  }
}
