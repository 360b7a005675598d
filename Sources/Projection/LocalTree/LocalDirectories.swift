internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// Local directories: opening those that exist, and making those that are needed. All within the namespace's lock.
extension ProjectionCore {
  /// The number that stat(2) shows for a local inode that carries none: the top bit keeps it apart from the provider's.
  static func number(ofLocal inode: UInt64) -> UInt64 { inode | 1 << 63 }

  /// The open local directory of `directory`, which has one. The caller holds no directory's lock.
  func handle(of directory: DirectoryNode) throws(ProjectionError) -> DirectoryHandle {
    if let open = directory.withState({ $0.handle }) { return open }
    let location = try inodes.location(of: directory.node)
    guard let (parent, key) = location.parent, !location.isDetached else { throw .stale }
    let parentHandle = try handle(of: parent)
    guard let name = parent.withState({ $0.name(key) }) else { throw .stale }
    let opened = DirectoryHandle(
      try ProjectionError.local { () throws(Errno) in
        try EntryCalls.openAnyway(
          at: parentHandle.rawValue, name, O_RDONLY | O_DIRECTORY, permissions: S_IRUSR | S_IXUSR)
      })
    directory.withState { $0.handle = opened }
    handles.opened(directory)
    return opened
  }

  /// The open local directory of `directory`, if it has one.
  func existingHandle(of directory: DirectoryNode) throws(ProjectionError) -> DirectoryHandle? {
    guard directory.withState({ $0.isLocal }) else { return nil }
    return try handle(of: directory)
  }

  /// The open local directory of `directory`, which is made if there is none and it has not been removed.
  func localHandle(of directory: DirectoryNode) throws(ProjectionError) -> DirectoryHandle {
    if let removed = directory.withState({ $0.isRemoved ? $0.handle : nil }) { return removed }
    return try materialize(directory)
  }

  /// The open local directory of `directory`, which is made if there is none, and those above it.
  func materialize(_ directory: DirectoryNode) throws(ProjectionError) -> DirectoryHandle {
    let (isLocal, isRemoved) = directory.withState { ($0.isLocal, $0.isRemoved) }
    // Nothing can be made in a directory that is gone.
    if isRemoved { throw .notFound }
    if isLocal { return try handle(of: directory) }
    let location = try inodes.location(of: directory.node)
    guard let (parent, key) = location.parent, !location.isDetached else { throw .notFound }
    let parentHandle = try materialize(parent)
    let made = try parent.withState { parentState throws(ProjectionError) -> DirectoryHandle? in
      try directory.withState { state throws(ProjectionError) -> DirectoryHandle? in
        // Somebody else was quicker.
        if state.isLocal { return nil }
        guard case .provided = parentState.found(key), let name = parentState.name(key) else { throw .stale }
        let (handle, hidden) = try stageDirectory(for: directory, at: name, in: parentHandle, &parentState)
        state.hiddenChange = hidden
        state.isLocal = true
        state.isUnsynced = true
        state.names = LocalNames(folding)
        state.handle = handle
        parentState.names?.set(key, LocalNames.Entry(kind: .directory, inode: directory.inode))
        return handle
      }
    }
    guard let made else { return try handle(of: directory) }
    handles.opened(directory)
    return made
  }

  /// Makes a local directory that looks as the provider's does, at its place.
  private func stageDirectory(
    for directory: DirectoryNode, at name: [UInt8], in parent: DirectoryHandle, _ parentState: inout DirectoryState
  ) throws(ProjectionError) -> (DirectoryHandle, HiddenChange) {
    let shown = attributes(ofProvided: directory)
    return try ProjectionError.local { () throws(Errno) in
      let staged = try local.staging.nextName()
      try EntryCalls.makeDirectory(at: local.staging.rawValue, staged, mode: 0o700)
      do throws(Errno) {
        let handle = DirectoryHandle(
          try EntryCalls.open(at: local.staging.rawValue, staged, O_RDONLY | O_DIRECTORY))
        // Empty: what the provider has at this place, whatever that is called in a later revision.
        try ExtendedAttributes.set(handle.rawValue, Marks.contentName, to: [])
        try ExtendedAttributes.set(handle.rawValue, Marks.inodeName, to: Marks.bytes(directory.inode))
        try dress(handle.rawValue, as: shown)
        try withHiddenChange(of: parent, &parentState) { () throws(Errno) in
          try EntryCalls.rename(at: local.staging.rawValue, staged, to: parent.rawValue, name, .keepExisting)
        }
        let actual = TimeStamp(try FileCalls.status(handle.rawValue).st_ctim)
        return (handle, HiddenChange(actual: actual, shown: shown.changed))
      } catch {
        try? EntryCalls.remove(at: local.staging.rawValue, staged, isDirectory: true)
        throw error
      }
    }
  }

  /// Gives an open local file the owner, permissions and times that are shown.
  func dress(_ descriptor: CInt, as shown: NodeAttributes) throws(Errno) {
    if shown.owner != processOwner {
      try FileCalls.changeOwner(descriptor, user: shown.owner.user, group: shown.owner.group)
    }
    try EntryCalls.changeMode(at: descriptor, [], mode_t(shown.permissions))
    try EntryCalls.setTimes(
      at: descriptor, [], accessed: shown.accessed.timespec, modified: shown.modified.timespec)
  }

  /// Changes a local directory in a way that users must not notice: its times stay as they were.
  func withHiddenChange(
    of handle: DirectoryHandle, _ state: inout DirectoryState, _ change: () throws(Errno) -> Void
  ) throws(Errno) {
    let before = try FileCalls.status(handle.rawValue)
    try change()
    try EntryCalls.setTimes(at: handle.rawValue, [], accessed: before.st_atim, modified: before.st_mtim)
    let shown = Self.shownChange(TimeStamp(before.st_ctim), state.hiddenChange)
    let after = try FileCalls.status(handle.rawValue)
    state.hiddenChange = HiddenChange(actual: TimeStamp(after.st_ctim), shown: shown)
  }

  /// The time of change to be shown where the disk has `actual`.
  static func shownChange(_ actual: TimeStamp, _ hidden: HiddenChange?) -> TimeStamp {
    guard let hidden, hidden.actual == actual else { return actual }
    return hidden.shown
  }

  /// Reads what the local tree has in a directory, unless it was read already. The caller holds no directory's lock.
  ///
  /// Returns names of which it must be found out first what the provider has under them; then nothing was kept.
  func readNames(of directory: DirectoryNode) throws(ProjectionError) -> [[UInt8]] {
    guard let handle = try existingHandle(of: directory) else { return [] }
    return try directory.withState { state throws(ProjectionError) in
      guard state.names == nil else { return [] }
      if state.listing == nil, lookups != nil { state.listing = .unknown(folding) }
      guard let listing = state.listing else { return [] }
      let (names, unknown) = try ProjectionError.local { () throws(Errno) in
        try Self.names(in: handle.rawValue, over: listing, folding)
      }
      if unknown.isEmpty { state.names = names }
      return unknown
    }
  }

  /// What a local directory has, over what the provider has; and names of which that is not known.
  static func names(
    in directory: CInt, over listing: ProvidedEntries, _ folding: NameFolding?
  ) throws(Errno) -> (names: LocalNames, unknown: [[UInt8]]) {
    var names = LocalNames(folding)
    var unknown: [[UInt8]] = []
    for entry in try EntryCalls.entries(of: directory) {
      guard listing.isKnown(entry.name, folding) else {
        unknown.append(entry.name)
        continue
      }
      guard unknown.isEmpty else { continue }
      var kind = FileKind(mode: entry.fileType)
      if kind == nil || kind == .characterDevice {
        let status = try EntryCalls.status(at: directory, entry.name)
        kind = LocalTree.isWhiteout(status) ? nil : FileKind(mode: status.st_mode)
      }
      let key = listing.place(of: entry.name).map { NameKey(provided: $0) }
      guard let kind else {
        // A whiteout over nothing hides nothing, nor does one beside the same name in another spelling.
        if let key, names.entry(key) == nil {
          names.remove(key)
          if folding != nil, listing.name(at: key.providedIndex ?? 0) != entry.name { names.spell(key, entry.name) }
        }
        continue
      }
      // Where another spelling of the name has been read, this one stays hidden.
      if folding != nil, (key ?? names.key(of: entry.name)).flatMap(names.entry) != nil { continue }
      // What was the provider's once carries its number to any name.
      let noted = kind == .file || kind == .directory ? try Marks(at: directory, entry.name).inode : nil
      let own = LocalNames.Entry(kind: kind, inode: noted ?? number(ofLocal: entry.inode))
      if let key {
        names.set(key, own)
        if folding != nil, listing.name(at: key.providedIndex ?? 0) != entry.name { names.spell(key, entry.name) }
      } else {
        _ = names.insert(entry.name, own)
      }
    }
    return (names, unknown)
  }
}
