internal import Glibc
package import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// How opens were served.
package final class OpenCounters: Sendable {
  let passthrough = Atomic<Int>(0)
  let served = Atomic<Int>(0)
}

/// What a file is opened for.
package struct OpenMode: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// It may be written to.
  package static let writing = OpenMode(rawValue: 1)
  /// It may be mapped into memory for writing, which nobody notices.
  package static let mapping = OpenMode(rawValue: 4)
  /// It is emptied by being opened.
  package static let truncating = OpenMode(rawValue: 2)
}

extension ProjectionCore {
  func openFile(
    _ node: NodeID, for mode: OpenMode, with backing: BackingFiles, by caller: Caller
  ) async throws(ProjectionError) -> BackingID? {
    try await waitUntilReleased(node)
    while true {
      let step = try namespace.shared { () throws(ProjectionError) in
        try withFile(node) { state, spot throws(ProjectionError) in
          try openStep(node, mode, spot, state, backing, by: caller)
        }
      }
      switch step {
      case .opened(let served):
        if mode.contains(.writing) { beginWriting(node) }
        if mode.contains(.truncating) { namespace.shared { note(node) } }
        return count(served)
      case .hydrate(let content, let size):
        let demand = Demand(.open, by: caller, at: .node(node))
        let whole = try await renewing(content, size, behind: node) { () throws(ProjectionError) in
          try await hydrator.wholeContents(of: content, size: size, for: demand)
        }
        guard let file = whole else {
          if let opened = try openIncomplete(node, content, backing) { return count(opened) }
          continue
        }
        let opened = try namespace.shared { () throws(ProjectionError) in
          try withFile(node) { state, spot throws(ProjectionError) -> BackingFiles.Mode? in
            // Somebody may have written to it meanwhile.
            try checkOpening(spot, mode)
            guard spot.providedContent(state)?.content == content else { return nil }
            return try Self.mode(backing.open(node, backedBy: file, from: .store))
          }
        }
        if let opened { return count(opened) }
      case .makeFull(let size):
        try await makeFull(node, keeping: size, with: backing, by: caller)
      }
    }
  }

  /// Opens a file that is hydrated in part, or not at all: by READ requests, each of which waits for what it needs.
  ///
  /// The kernel takes no other open of it until the last is closed. Nil where the file has changed meanwhile.
  private func openIncomplete(
    _ node: NodeID, _ content: ContentID, _ backing: BackingFiles
  ) throws(ProjectionError) -> BackingFiles.Mode? {
    try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) in
        try checkOpening(spot, [])
        guard spot.providedContent(state)?.content == content else { return nil }
        return try Self.mode(backing.openServed(node, from: .store))
      }
    }
  }

  /// What an open needs next.
  private enum OpenStep {
    case opened(BackingFiles.Mode)
    case hydrate(ContentID, Int64)
    case makeFull(keeping: Int64)
  }

  private func openStep(
    _ node: NodeID, _ mode: OpenMode, _ spot: Spot, _ state: DirectoryState, _ backing: BackingFiles,
    by caller: Caller
  ) throws(ProjectionError) -> OpenStep {
    try checkOpening(spot, mode)
    if let (content, size) = spot.providedContent(state) {
      guard mode.isDisjoint(with: [.writing, .truncating]) else {
        return .makeFull(keeping: mode.contains(.truncating) ? 0 : size)
      }
      if case .provided(let index) = spot.branch, state.listing?.kind(at: index) != .file { throw .invalid }
      switch backing.open(node, from: .store, using: { store.noteUse(of: content) }) {
      case .opened(let mode): return .opened(mode)
      case .undecided: return .hydrate(content, size)
      case .conflict: throw .stale
      }
    }
    let isMappable = mode.contains(.mapping)
    if mode.contains(.truncating) { try truncate(spot, to: 0, by: caller) }
    if case .opened(let mode) = backing.open(node, from: .local, mapping: isMappable) { return .opened(mode) }
    let file = try openLocal(spot, O_RDONLY)
    return .opened(try Self.mode(backing.open(node, backedBy: file, from: .local, mapping: isMappable)))
  }

  /// Throws `stale` where the name leads to a newer node, and what is in this one may not be what was written last.
  private func checkOpening(_ spot: Spot, _ mode: OpenMode) throws(ProjectionError) {
    guard case .frozen(let shown) = spot.branch else { return }
    guard shown.kind == .file else { throw .invalid }
    guard spot.details?.opensFrozen == true, mode.isDisjoint(with: [.writing, .truncating]) else { throw .stale }
  }

  private static func mode(_ outcome: BackingFiles.Outcome) throws(ProjectionError) -> BackingFiles.Mode {
    guard case .opened(let mode) = outcome else { throw .stale }
    return mode
  }

  /// The bytes of a file, open for reading; hydrated, where they are the provider's.
  package func contents(of node: NodeID, by caller: Caller) async throws(ProjectionError) -> OwnedDescriptor {
    switch try await contentPlace(of: node) {
    case .store(let content, let size):
      return try await contents(of: content, size: size, behind: node, for: Demand(.read, by: caller, at: .node(node)))
    case .local(let file): return file
    }
  }

  /// A file to read from, and how many bytes are to be there.
  package struct Readable: Sendable {
    /// The file.
    package let file: HeldFile
    /// How many of the bytes asked for are in it; fewer would be a mistake. Nil where it is the user's, who may change it.
    package let count: Int?
  }

  /// A file that has `count` bytes from `offset` on, or fewer where it ends. Of a large file of the provider's, no more than
  /// these need be here.
  package func read(
    _ node: NodeID, at offset: Int64, count: Int, by caller: Caller
  ) async throws(ProjectionError) -> Readable {
    switch try await contentPlace(of: node) {
    case .store(let content, let size):
      let start = min(max(0, offset), size)
      let range = start..<start + min(Int64(count), size - start)
      let file = try await renewing(content, size, behind: node) { () throws(ProjectionError) in
        try await hydrator.file(
          with: range, of: content, size: size, reader: node, for: Demand(.read, by: caller, at: .node(node)))
      }
      return Readable(file: file, count: range.count)
    case .local(let file): return Readable(file: HeldFile(file), count: nil)
    }
  }

  private func contentPlace(of node: NodeID) async throws(ProjectionError) -> ContentPlace {
    try await waitUntilReleased(node)
    return try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) -> ContentPlace in
        if let (content, size) = spot.providedContent(state) {
          if case .provided(let index) = spot.branch, state.listing?.kind(at: index) != .file { throw .invalid }
          return .store(content, size)
        }
        return .local(try openLocal(spot, O_RDONLY))
      }
    }
  }

  private enum ContentPlace: ~Copyable {
    case store(ContentID, Int64)
    case local(OwnedDescriptor)
  }

  /// Opens the local file of a node that has one. Whether the caller may was checked when the file was opened in the
  /// view: a file that was made read-only since is open for writing still.
  func openLocal(_ spot: Spot, _ flags: CInt) throws(ProjectionError) -> OwnedDescriptor {
    guard case .local(let directory, let name) = spot.branch else { throw .stale }
    return try ProjectionError.local { () throws(Errno) in
      try EntryCalls.openAnyway(at: directory, name, flags, permissions: S_IRUSR | S_IWUSR)
    }
  }

  /// The target of a symbolic link.
  package func target(of node: NodeID, by caller: Caller) async throws(ProjectionError) -> [UInt8] {
    let place = try namespace.shared { () throws(ProjectionError) in
      try withFile(node) { state, spot throws(ProjectionError) -> LinkPlace in
        guard try attributes(of: spot, state).kind == .symbolicLink else { throw .notASymbolicLink }
        if let (content, size) = spot.providedContent(state) { return .store(content, size) }
        guard case .local(let directory, let name) = spot.branch else { throw .stale }
        return .target(
          try ProjectionError.local { () throws(Errno) in try EntryCalls.linkTarget(at: directory, name) })
      }
    }
    switch place {
    case .target(let target): return target
    case .store(let content, let size): return try await target(content, size, of: node, by: caller)
    }
  }

  private enum LinkPlace {
    case store(ContentID, Int64)
    case target([UInt8])
  }

  /// The target of one of the provider's symbolic links; `node` is the one that shows it, if one does.
  func target(
    _ content: ContentID, _ size: Int64, of node: NodeID? = nil, by caller: Caller
  ) async throws(ProjectionError) -> [UInt8] {
    let demand = Demand(.link, by: caller, at: node.map { .node($0) })
    let file: OwnedDescriptor
    if let node {
      file = try await contents(of: content, size: size, behind: node, for: demand)
    } else {
      file = try await hydrator.contents(of: content, size: size, for: demand)
    }
    // A target longer than a path can be is no target; the kernel takes at most one page.
    guard size < 4096 else { throw .nameTooLong }
    do {
      return try FileCalls.read(file.rawValue, at: 0, count: Int(size))
    } catch {
      throw .storage(error)
    }
  }

  func releaseFile(_ node: NodeID, for mode: OpenMode, with backing: BackingFiles) {
    backing.release(node, mapping: mode.contains(.mapping))
    if mode.contains(.writing) { endWriting(node) }
  }

  private func count(_ mode: BackingFiles.Mode) -> BackingID? {
    switch mode {
    case .passthrough(let id):
      counters.passthrough.add(1, ordering: .relaxed)
      return id
    case .served:
      counters.served.add(1, ordering: .relaxed)
      return nil
    }
  }
}
