internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// From the provider's branch to the local one.
extension ProjectionCore {
  /// Makes a file full; whoever begins it tells of it.
  func makeFull(
    _ node: NodeID, keeping size: Int64, with backing: BackingFiles?, by caller: Caller, for witness: Witness?
  ) async throws(ProjectionError) {
    willWait()
    do {
      try await conversions.value(for: node) { [self] in
        while try await !convert(node, keeping: size, with: backing, by: caller, for: witness) {}
      }
    } catch let error as Errno {
      throw .local(error)
    } catch {
      throw ProjectionError(error)
    }
  }

  /// One attempt. False where the file changed meanwhile.
  private func convert(
    _ node: NodeID, keeping size: Int64, with backing: BackingFiles?, by caller: Caller, for witness: Witness?
  ) async throws -> Bool {
    let found = try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) in
        // Only those who have it open see it; its name leads to a newer node.
        if case .frozen = spot.branch { throw .stale }
        return (spot.state, spot.providedContent(state))
      }
    }
    guard let (content, fullSize) = found.1 else { return true }
    let isFull = try await fill(
      node, found.0, content, fullSize, keeping: size, with: backing, by: caller)
    if isFull, let witness { namespace.shared { witness.tellAnew() } }
    return isFull
  }

  private func fill(
    _ node: NodeID, _ state: FileState, _ content: ContentID, _ fullSize: Int64, keeping size: Int64,
    with backing: BackingFiles?, by caller: Caller
  ) async throws -> Bool {
    var state = state
    let kept = min(size, fullSize)
    // What loses bytes has changed; what keeps them all looks as before.
    let isCut = kept < fullSize
    let actions = state.openForWriting(keepingContent: kept > 0)
    guard actions.contains(.fetch) else {
      return actions.contains(.clear)
        ? try fillPlaceholder(node, content, from: nil, count: 0, isCut: isCut, with: backing)
        : try linkFull(node, content, try local.staging.openDraft(mode: 0o600), isCut: isCut, with: backing)
    }
    let source = try await contents(
      of: content, size: fullSize, behind: node, for: Demand(.write, by: caller, at: .node(node)))
    if actions.contains(.fill) {
      return try fillPlaceholder(node, content, from: source.rawValue, count: kept, isCut: isCut, with: backing)
    }
    let draft = try local.staging.openDraft(mode: 0o600)
    if try DataCalls.fill(draft.rawValue, from: source.rawValue, count: kept) {
      // The content must be on the disk before the entry that takes the provider's place.
      try DataCalls.order(draft.rawValue)
    }
    return try linkFull(node, content, draft, isCut: isCut, with: backing)
  }

  /// Gives a filled draft the name of a clean file.
  private func linkFull(
    _ node: NodeID, _ content: ContentID, _ draft: consuming OwnedDescriptor, isCut: Bool,
    with backing: BackingFiles?
  ) throws -> Bool {
    let file = HeldFile(draft)
    return try namespace.shared { () throws(ProjectionError) in
      let handle = try materializeParent(of: node)
      return try withFile(node) { state, spot throws(ProjectionError) in
        guard case .provided = spot.branch, spot.providedContent(state)?.content == content else { return false }
        let shown = try attributes(of: spot, state)
        let descriptor = file.descriptor.rawValue
        try ProjectionError.local { () throws(Errno) in
          try ExtendedAttributes.set(descriptor, Marks.inodeName, to: Marks.bytes(shown.inode))
          try dress(descriptor, as: shown)
          if isCut { try FileCalls.touch(descriptor) }
        }
        try adopt(file, spot, &state, handle, placeholder: nil, shown: shown, isTouched: isCut, with: backing)
        return true
      }
    }
  }

  /// Makes a local file, which is ready, take the place of a clean one: at its name or, where that is gone, for those
  /// who still have the old one.
  private func adopt(
    _ file: HeldFile, _ spot: Spot, _ state: inout DirectoryState, _ handle: DirectoryHandle?,
    placeholder: Placeholder?, shown: NodeAttributes, isTouched: Bool, with backing: BackingFiles?
  ) throws(ProjectionError) {
    let descriptor = file.descriptor.rawValue
    if spot.isDetached {
      // It has no name: the descriptor is the only way to it.
      guard placeholder != nil || backing?.leaveBranch(spot.node) ?? true else { throw .stale }
      inodes.changeDetails(of: spot.node) { details in
        details.inode = shown.inode
        details.placeholder = placeholder
        details.held = file
      }
      return
    }
    guard let handle, let name = state.name(spot.key) else { throw .stale }
    let status = try ProjectionError.local { () throws(Errno) in
      try withHiddenChange(of: handle, &state) { () throws(Errno) in
        try FileCalls.link(file.descriptor, at: handle.rawValue, name)
      }
      return try FileCalls.status(descriptor)
    }
    state.names?.set(spot.key, LocalNames.Entry(kind: .file, inode: shown.inode))
    // As long as the file is the provider's to look at, so is its time of change.
    let hidden = isTouched ? nil : HiddenChange(actual: TimeStamp(status.st_ctim), shown: shown.changed)
    if placeholder == nil, let backing, !backing.leaveBranch(spot.node) {
      // Its readers may still copy from it, or ask where its data is.
      if let (content, size) = spot.providedContent(state) {
        let kept = Placeholder(content: content, size: size, accessed: shown.accessed, modified: shown.modified)
        inodes.changeDetails(of: spot.node) { $0.placeholder = kept }
      }
      try inodes.supersede(spot.node, showing: shown)
      return
    }
    inodes.changeDetails(of: spot.node) { details in
      details.inode = shown.inode
      details.placeholder = placeholder
      details.hiddenChange = hidden
    }
  }

  /// Makes a placeholder full in place: while it has its mark, nobody looks at what is in it.
  private func fillPlaceholder(
    _ node: NodeID, _ content: ContentID, from source: CInt?, count: Int64, isCut: Bool, with backing: BackingFiles?
  ) throws -> Bool {
    let opened = try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) -> HeldFile? in
        guard let placeholder = spot.details?.placeholder, placeholder.content == content else { return nil }
        let file = try openLocal(spot, O_RDWR)
        // What is written to it changes its size and times, and who comes after a server that was killed must find them.
        try ProjectionError.local { () throws(Errno) in
          try ExtendedAttributes.set(file.rawValue, Marks.fillingName, to: Marks.Filling(placeholder).bytes)
        }
        return HeldFile(file)
      }
    }
    guard let opened else { return false }
    let descriptor = opened.descriptor.rawValue
    try DataCalls.truncate(descriptor, to: 0)
    if let source, try DataCalls.fill(descriptor, from: source, count: count) {
      try DataCalls.order(descriptor)
    }
    return try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) in
        guard let placeholder = spot.details?.placeholder, placeholder.content == content else { return false }
        let shown = try attributes(of: spot, state)
        try ProjectionError.local { () throws(Errno) in
          if !isCut {
            try EntryCalls.setTimes(
              at: descriptor, [], accessed: placeholder.accessed.timespec, modified: placeholder.modified.timespec)
          }
          try ExtendedAttributes.remove(descriptor, Marks.contentName)
          // Without the other mark it means nothing.
          try? ExtendedAttributes.remove(descriptor, Marks.fillingName)
        }
        let status = try ProjectionError.local { () throws(Errno) in try FileCalls.status(descriptor) }
        let hidden = HiddenChange(actual: TimeStamp(status.st_ctim), shown: shown.changed)
        guard backing?.leaveBranch(node) ?? true else {
          try inodes.supersede(node, showing: shown)
          invalidateNames(of: spot)
          return true
        }
        inodes.changeDetails(of: node) { details in
          details.placeholder = nil
          details.hiddenChange = isCut ? nil : hidden
        }
        return true
      }
    }
  }

  /// Has the kernel look the other names of a superseded file up again.
  private func invalidateNames(of spot: Spot) {
    for alias in spot.details?.aliases ?? [] {
      guard let directory = inodes.directory(at: alias.parent),
        directory !== spot.parent, let name = directory.withState({ $0.name(alias.key) })
      else { continue }
      outdated(directory.node, name)
    }
  }

  /// The open local directory of a node's parent, made if it is missing; nil where the node has no name any more.
  func materializeParent(of node: NodeID) throws(ProjectionError) -> DirectoryHandle? {
    let location = try inodes.location(of: node)
    guard let (parent, _) = location.parent, !location.isDetached else { return nil }
    return try materialize(parent)
  }

  /// Gives a file that may be the provider's a local entry for its metadata. Its content stays the provider's.
  func makeDirty(_ node: NodeID, by caller: Caller) async throws(ProjectionError) {
    let link = try namespace.shared { () throws(ProjectionError) -> (ContentID, Int64)? in
      let handle = try materializeParent(of: node)
      return try withFile(node) { state, spot throws(ProjectionError) in
        if case .frozen = spot.branch { throw .stale }
        guard case .provided(let index) = spot.branch, let listing = state.listing else { return nil }
        // A symbolic link can carry no mark, so it becomes the user's with its target.
        guard listing.kind(at: index) == .file else {
          return (listing.content(at: index), listing.size(at: index) ?? 0)
        }
        try linkPlaceholder(spot, &state, handle)
        return nil
      }
    }
    guard let (content, size) = link else { return }
    let target = try await target(content, size, of: node, by: caller)
    try namespace.shared { () throws(ProjectionError) in
      let handle = try materializeParent(of: node)
      try withFile(node) { state, spot throws(ProjectionError) in
        guard case .provided = spot.branch else { return }
        guard let handle, let name = state.name(spot.key) else { throw .stale }
        try linkSymbolicLink(to: target, spot, name, &state, handle)
      }
    }
  }

  /// Puts a placeholder at the name of a clean file. Nobody notices. The caller holds the lock of the directory.
  func linkPlaceholder(
    _ spot: Spot, _ state: inout DirectoryState, _ handle: DirectoryHandle?
  ) throws(ProjectionError) {
    guard let (content, size) = spot.providedContent(state) else { throw .stale }
    var fileState = spot.state
    guard fileState.changeMetadata() == [.linkPlaceholder] else { return }
    let shown = try attributes(of: spot, state)
    let draft = HeldFile(
      try ProjectionError.local { () throws(Errno) in
        let draft = try local.staging.openDraft(mode: 0o600)
        try DataCalls.truncate(draft.rawValue, to: size)
        try ExtendedAttributes.set(draft.rawValue, Marks.contentName, to: content.bytes)
        try ExtendedAttributes.set(draft.rawValue, Marks.inodeName, to: Marks.bytes(shown.inode))
        try dress(draft.rawValue, as: shown)
        return draft
      })
    let placeholder = Placeholder(
      content: content, size: size, accessed: shown.accessed, modified: shown.modified)
    try adopt(draft, spot, &state, handle, placeholder: placeholder, shown: shown, isTouched: false, with: nil)
  }

  /// Puts a symbolic link of the user's at the name of the provider's.
  func linkSymbolicLink(
    to target: [UInt8], _ spot: Spot, _ name: [UInt8], _ state: inout DirectoryState, _ handle: DirectoryHandle
  ) throws(ProjectionError) {
    let shown = try attributes(of: spot, state)
    try ProjectionError.local { () throws(Errno) in
      let staged = try local.staging.nextName()
      try EntryCalls.makeSymbolicLink(at: local.staging.rawValue, staged, target: target)
      if shown.owner != processOwner {
        try EntryCalls.changeOwner(
          at: local.staging.rawValue, staged, user: shown.owner.user, group: shown.owner.group)
      }
      // Without the privilege it keeps its number until it is forgotten.
      try? ExtendedAttributes.set(
        at: local.staging.rawValue, staged, Array(Marks.linkInodeName.utf8), to: Marks.bytes(shown.inode))
      try EntryCalls.setTimes(
        at: local.staging.rawValue, staged, accessed: shown.accessed.timespec, modified: shown.modified.timespec)
      try withHiddenChange(of: handle, &state) { () throws(Errno) in
        try EntryCalls.rename(at: local.staging.rawValue, staged, to: handle.rawValue, name, .keepExisting)
      }
    }
    state.names?.set(spot.key, LocalNames.Entry(kind: .symbolicLink, inode: shown.inode))
    inodes.changeDetails(of: spot.node) { $0.inode = shown.inode }
  }
}
