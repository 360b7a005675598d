internal import Glibc
internal import Posix
package import Provider
internal import SystemPackage

/// Operations on files as a transport calls them: observers are asked, then it is done, and they are told.
extension ProjectionCore {
  /// Sets an observer to work. One that wants opens or closes must come before the view is mounted.
  package func observe(
    _ observer: any ChangeObserver, _ options: ObserverOptions
  ) throws(ObservationError) -> any Observation {
    try observers.add(observer, options)
  }

  /// Whether the kernel is to send opens for the sake of observers, though it could do without.
  package var observersWantOpens: Bool { observers.wantOpens }

  /// Notes whether the kernel sends opens. Without a transport that says otherwise it does.
  package func noteSendingOfOpens(_ sends: Bool) {
    observers.setSendsOpens(sends)
  }

  /// A file that was opened.
  package struct Opened: Sendable {
    /// The file that the kernel reads and writes by itself, if it does.
    package let backing: BackingID?
    /// What `release` is to be told of this open; 0 where it does not matter.
    package let handle: UInt64
  }

  /// Opens a file. For reading, its content is hydrated when this returns, unless it is large and comes piece by piece; for
  /// writing, its content is the user's.
  ///
  /// Returns the backing file that the kernel reads and writes, or nil where it must send READ and WRITE requests. Every
  /// open that returned is followed by one `release`. Throws `stale` where others have an older version open: the name
  /// then leads to another node.
  package func open(
    _ node: NodeID, for mode: OpenMode = [], with backing: BackingFiles, by caller: Caller
  ) async throws(ProjectionError) -> Opened {
    let id = try await observing(mode.events, by: caller) { [self] _ in
      describe(mode.actions, of: node)
    } perform: { witness throws(ProjectionError) in
      let id = try await openFile(node, for: mode, with: backing, by: caller)
      if let witness { namespace.shared { witness.tellAnew() } }
      return id
    }
    return Opened(backing: id, handle: noteOpen(of: node, for: mode, by: caller))
  }

  /// Takes an open back: the file was closed, or the answer did not arrive.
  package func release(_ node: NodeID, for mode: OpenMode, handle: UInt64 = 0, with backing: BackingFiles) {
    if handle != 0 { tellClosed(handle) }
    releaseFile(node, for: mode, with: backing)
  }

  /// Changes attributes of a node, and returns what is shown of it afterwards.
  ///
  /// Throws `stale` where others have an older version of the file open, as `open` does.
  package func change(
    _ node: NodeID, _ change: AttributeChange, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) -> NodeAttributes {
    if change.size != nil { opens.noteWriting(to: node) }
    return try await observing([.truncate, .changeMetadata], by: caller) { [self] _ in
      describe(change.actions, of: node)
    } perform: { witness throws(ProjectionError) in
      let shown: NodeAttributes
      if change.modified != nil, change.size == nil {
        shown = try await settingTime(of: node) { () throws(ProjectionError) in
          try await changeAttributes(node, change, with: backing, by: caller)
        }
      } else {
        shown = try await changeAttributes(node, change, with: backing, by: caller)
      }
      if let witness { namespace.shared { witness.tellAnew() } }
      return shown
    }
  }

  /// Sets an extended attribute; `flags` are setxattr(2)'s. Fetches nothing.
  package func setExtendedAttribute(
    _ attribute: [UInt8], of node: NodeID, to value: [UInt8], flags: CInt, by caller: Caller
  ) async throws(ProjectionError) {
    try await changingAttribute(attribute, of: node, by: caller) { () throws(ProjectionError) in
      try await setAttribute(attribute, of: node, to: value, flags: flags, by: caller)
    }
  }

  /// Removes an extended attribute. Throws `noAttribute` where there is none.
  package func removeExtendedAttribute(
    _ attribute: [UInt8], of node: NodeID, by caller: Caller
  ) async throws(ProjectionError) {
    try await changingAttribute(attribute, of: node, by: caller) { () throws(ProjectionError) in
      try await removeAttribute(attribute, of: node, by: caller)
    }
  }

  private func changingAttribute(
    _ attribute: [UInt8], of node: NodeID, by caller: Caller, _ body: () async throws(ProjectionError) -> Void
  ) async throws(ProjectionError) {
    try await observing(.changeMetadata, by: caller) { [self] _ in
      describe([.changeMetadata(MetadataChange(attribute: attribute))], of: node)
    } perform: { witness throws(ProjectionError) in
      try await body()
      if let witness { namespace.shared { witness.tellAnew() } }
    }
  }

  /// Makes a file full that may be the provider's, with the first `size` bytes of its content.
  ///
  /// Nothing is fetched where `size` is 0. A file that is full already stays as it is. Who has the old version open by
  /// passthrough keeps it: then the node is superseded, and its name leads to a new one.
  func makeFull(
    _ node: NodeID, keeping size: Int64, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) {
    try await observing(.convertToFull, by: caller) { [self] isDone in
      isDone || isProvided(node) ? describe([.convertToFull], of: node) : []
    } perform: { witness throws(ProjectionError) in
      try await makeFull(node, keeping: size, with: backing, by: caller, for: witness)
    }
  }

  private func isProvided(_ node: NodeID) -> Bool {
    let isProvided = try? withFile(node) { state, spot throws(ProjectionError) in
      if case .frozen = spot.branch { return false }
      return spot.providedContent(state) != nil
    }
    return isProvided ?? false
  }

  /// Tells that contents at and below a path were dropped, on the server's own behalf.
  func tellEvicted(_ path: [[UInt8]]) async throws(ProjectionError) {
    guard observers.mayWant(.evict) else { return }
    var kind = ObservedKind.directory
    if let name = path.last {
      let state = try await withDirectory(at: path.dropLast()) { parent throws(ProjectionError) in
        try self.state(of: name, in: parent)
      }
      switch state {
      case .virtualDirectory, .mergedDirectory, .fullDirectory: break
      default: kind = .file
      }
    }
    let joined = Array(path.joined(separator: [UInt8(ascii: "/")]))
    observers.tell(
      ObservedOperation(.evict, kind, at: [joined]), for: CallerIdentity(Caller(thread: UInt32(getpid()))))
  }

  /// Tells that a content was fetched.
  func tellHydrated(_ size: Int64, for demand: Demand) {
    guard observers.mayWant(.hydrate), let place = demand.place else { return }
    let caller = CallerIdentity(demand.caller)
    let find = { [self] () -> [ObservedOperation] in
      switch place {
      case .node(let node): describe([.hydrate(size: size)], of: node)
      case .path(let path): [ObservedOperation(.hydrate(size: size), .file, at: [path])]
      }
    }
    // Asked for without a lock.
    guard namespace.shared(find).contains(where: { observers.want($0).after }) else { return }
    _ = caller.described
    namespace.shared {
      for operation in find() { observers.tell(operation, for: caller) }
    }
  }
}

extension OpenMode {
  /// The kinds of events of an open.
  fileprivate var events: EventMask {
    let open: EventMask = contains(.writing) ? .openForWriting : .openForReading
    return contains(.truncating) ? open.union(.truncate) : open
  }

  /// What it is in observers' words.
  fileprivate var actions: [ObservedAction] {
    let open: ObservedAction = contains(.writing) ? .openForWriting : .openForReading
    return contains(.truncating) ? [open, .truncate(size: 0)] : [open]
  }
}

extension AttributeChange {
  /// What it is in observers' words. Nothing where the kernel takes privileges away that a write has cost.
  fileprivate var actions: [ObservedAction] {
    var actions: [ObservedAction] = []
    if let size { actions.append(.truncate(size: size)) }
    let isNamed = permissions != nil || user != nil || group != nil
    // Times that come with a size are its own.
    if isNamed || (size == nil && (accessed != nil || modified != nil)) {
      actions.append(
        .changeMetadata(
          MetadataChange(
            permissions: permissions, user: user, group: group, setsAccessTime: accessed != nil,
            setsModificationTime: modified != nil)))
    }
    return actions
  }
}
