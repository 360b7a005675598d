internal import Glibc
internal import Posix
internal import SystemPackage

/// What is to change of an inode.
package struct AttributeChange: Sendable {
  /// A time to be set.
  package enum Time: Sendable, Hashable {
    /// The present.
    case now
    /// A point in time.
    case at(TimeStamp)
  }

  /// New permission bits.
  package var permissions: UInt16?
  /// A new owner.
  package var user: UInt32?
  /// A new group.
  package var group: UInt32?
  /// A new size in bytes.
  package var size: Int64?
  /// A new time of the last reading.
  package var accessed: Time?
  /// A new time of the last change of contents.
  package var modified: Time?

  /// Nothing is to change. What the kernel means by that: the file was written to by somebody without privilege, so it
  /// must not lend its owner's any more.
  package init() {}

  /// Whether nothing is named.
  var isEmpty: Bool {
    permissions == nil && user == nil && group == nil && size == nil && accessed == nil && modified == nil
  }
}

extension ProjectionCore {
  func changeAttributes(
    _ node: NodeID, _ change: AttributeChange, with backing: BackingFiles?, by caller: Caller
  ) async throws(ProjectionError) -> NodeAttributes {
    if try inodes.location(of: node).directory != nil {
      guard change.size == nil else { throw .isADirectory }
      return try changeDirectory(node, change)
    }
    if let size = change.size {
      guard size >= 0 else { throw .invalid }
      try await makeFull(node, keeping: size, with: backing, by: caller)
    } else {
      try await makeDirty(node, by: caller)
    }
    return try namespace.shared { () throws(ProjectionError) in
      let shown = try withFile(node) { state, spot throws(ProjectionError) in
        switch spot.branch {
        case .frozen: throw .stale
        case .provided: throw .stale
        case .local(let directory, let name):
          try apply(change, directory, name, spot, by: caller)
          // What is kept of it may have changed.
          let details = try inodes.location(of: node).details
          let status = try ProjectionError.local { () throws(Errno) in
            try EntryCalls.status(at: directory, name)
          }
          return try attributes(of: status, details)
        }
      }
      note(node)
      return shown
    }
  }

  private func changeDirectory(
    _ node: NodeID, _ change: AttributeChange
  ) throws(ProjectionError) -> NodeAttributes {
    try namespace.shared { () throws(ProjectionError) in
      let directory = try inodes.directory(node)
      let descriptor = try localHandle(of: directory).rawValue
      try directory.withState { _ throws(ProjectionError) in
        try ProjectionError.local { () throws(Errno) in try Self.applyMetadata(change, descriptor, []) }
      }
      note(directory)
      return try attributes(of: directory)
    }
  }

  private func apply(
    _ change: AttributeChange, _ directory: CInt, _ name: [UInt8], _ spot: Spot, by caller: Caller
  ) throws(ProjectionError) {
    if change.isEmpty { return try clearPrivileges(directory, name, for: caller, isAsked: true) }
    if let size = change.size { try truncate(spot, to: size, by: caller) }
    try ProjectionError.local { () throws(Errno) in try Self.applyMetadata(change, directory, name) }
    guard spot.details?.placeholder != nil, change.accessed != nil || change.modified != nil else { return }
    let status = try ProjectionError.local { () throws(Errno) in try EntryCalls.status(at: directory, name) }
    inodes.changeDetails(of: spot.node) { details in
      if change.accessed != nil { details.placeholder?.accessed = TimeStamp(status.st_atim) }
      if change.modified != nil { details.placeholder?.modified = TimeStamp(status.st_mtim) }
    }
    // Where it is being filled, or was when a server was killed, its mark says what is shown.
    guard let placeholder = try inodes.location(of: spot.node).details?.placeholder else { return }
    try ProjectionError.local { () throws(Errno) in
      guard try Marks(at: directory, name).filling != nil else { return }
      try ExtendedAttributes.set(
        at: directory, name, Array(Marks.fillingName.utf8), to: Marks.Filling(placeholder).bytes)
    }
  }

  private static func applyMetadata(
    _ change: AttributeChange, _ directory: CInt, _ name: [UInt8]
  ) throws(Errno) {
    // chown(2) that names nobody changes the time all the same.
    if change.isEmpty { try EntryCalls.changeOwner(at: directory, name, user: nil, group: nil) }
    // The owner first: changing it takes the set-user-ID bit away, which the new permissions may bring back.
    if change.user != nil || change.group != nil {
      try EntryCalls.changeOwner(at: directory, name, user: change.user, group: change.group)
    }
    if let permissions = change.permissions {
      try EntryCalls.changeMode(at: directory, name, mode_t(permissions & 0o7777))
    }
    if change.accessed != nil || change.modified != nil {
      try EntryCalls.setTimes(
        at: directory, name, accessed: timespec(change.accessed), modified: timespec(change.modified))
    }
  }

  // MARK: - Pieces

  /// Sets the size of a full file.
  func truncate(_ spot: Spot, to size: Int64, by caller: Caller) throws(ProjectionError) {
    guard case .local(let directory, let name) = spot.branch else { throw .stale }
    let file = try openLocal(spot, O_WRONLY)
    try ProjectionError.local { () throws(Errno) in try DataCalls.truncate(file.rawValue, to: size) }
    // The kernel does it for who lacks CAP_FSETID; it is this process that it sees.
    try clearPrivileges(directory, name, for: caller)
  }

  /// Takes away what lets a program run with its owner's privileges, as writing by somebody without privilege does.
  ///
  /// `isAsked`: the kernel has seen a reason, which is for it to tell.
  func clearPrivileges(
    _ directory: CInt, _ name: [UInt8], for caller: Caller, isAsked: Bool = false
  ) throws(ProjectionError) {
    guard isAsked || caller.user != 0 else { return }
    try ProjectionError.local { () throws(Errno) in
      let status = try EntryCalls.status(at: directory, name)
      if isAsked {
        // chown(2) that names nobody changes the time as well, and clears what the kernel clears for anybody.
        try EntryCalls.changeOwner(at: directory, name, user: nil, group: nil)
      }
      let mode = status.st_mode
      guard mode & S_IFMT == S_IFREG, mode & (S_ISUID | S_ISGID) != 0 else { return }
      var cleared = mode & ~S_ISUID
      // Who belongs to the group keeps its bit where it lets nobody run anything.
      if mode & S_IXGRP != 0 || (caller.user != 0 && !caller.isMember(of: status.st_gid)) { cleared &= ~S_ISGID }
      if cleared != mode { try EntryCalls.changeMode(at: directory, name, cleared & 0o7777) }
    }
  }
}

extension timespec {
  /// What utimensat(2) understands: nil leaves a time as it is.
  fileprivate init(_ time: AttributeChange.Time?) {
    switch time {
    // UTIME_OMIT and UTIME_NOW are macros with casts, which the importer drops.
    case nil: self.init(tv_sec: 0, tv_nsec: (1 << 30) - 2)
    case .now: self.init(tv_sec: 0, tv_nsec: (1 << 30) - 1)
    case .at(let stamp): self = stamp.timespec
    }
  }
}
