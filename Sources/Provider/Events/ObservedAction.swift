/// What is done to an entry of a view. Paths are from the root, without a slash at either end.
public enum ObservedAction: Sendable, Hashable {
  /// A file is opened for reading only.
  case openForReading
  /// A file is opened for writing.
  case openForWriting
  /// A file, FIFO, socket or device is made.
  case create
  /// A directory is made.
  case makeDirectory
  /// A symbolic link to `target` is made.
  case makeSymbolicLink(target: [UInt8])
  /// The file gets the further name `path`.
  case link(path: [UInt8])
  /// The name goes.
  case unlink
  /// The directory goes.
  case removeDirectory
  /// The name becomes `path`, in the place of what has that name: an entry of kind `replacing`, or nothing.
  case rename(path: [UInt8], replacing: ObservedKind?)
  /// The name changes places with `path`, where an entry of kind `kind` is.
  case exchange(path: [UInt8], kind: ObservedKind)
  /// The file gets the length `size`, in bytes.
  case truncate(size: Int64)
  /// Permissions, owner, times or an extended attribute change.
  case changeMetadata(MetadataChange)
  /// The content becomes the user's.
  case convertToFull
  /// The file is closed by somebody who had it open; `isModified` says whether it changed while they had, by whomever.
  case close(isModified: Bool)
  /// The content was fetched; `size` bytes.
  case hydrate(size: Int64)
  /// The content was dropped; of a directory, contents below it.
  case evict

  /// The kind of event, as masks have it.
  public var mask: EventMask {
    switch self {
    case .openForReading: .openForReading
    case .openForWriting: .openForWriting
    case .create: .create
    case .makeDirectory: .makeDirectory
    case .makeSymbolicLink: .makeSymbolicLink
    case .link: .link
    case .unlink: .unlink
    case .removeDirectory: .removeDirectory
    case .rename, .exchange: .rename
    case .truncate: .truncate
    case .changeMetadata: .changeMetadata
    case .convertToFull: .convertToFull
    case .close(let isModified): isModified ? .closeModified : .closeUnmodified
    case .hydrate: .hydrate
    case .evict: .evict
    }
  }

  /// The second path that it is about, if there is one.
  public var otherPath: [UInt8]? {
    switch self {
    case .link(let path), .rename(let path, _), .exchange(let path, _): path
    default: nil
    }
  }
}

/// What of a file's metadata is changed.
public struct MetadataChange: Sendable, Hashable {
  /// The new permission bits.
  public var permissions: UInt16?
  /// The new owner.
  public var user: UInt32?
  /// The new group.
  public var group: UInt32?
  /// Whether the time of the last reading is set.
  public var setsAccessTime: Bool
  /// Whether the time of the last change of contents is set.
  public var setsModificationTime: Bool
  /// The name of an extended attribute that is set or removed.
  public var attribute: [UInt8]?

  /// What is named, and nothing else.
  public init(
    permissions: UInt16? = nil, user: UInt32? = nil, group: UInt32? = nil, setsAccessTime: Bool = false,
    setsModificationTime: Bool = false, attribute: [UInt8]? = nil
  ) {
    self.permissions = permissions
    self.user = user
    self.group = group
    self.setsAccessTime = setsAccessTime
    self.setsModificationTime = setsModificationTime
    self.attribute = attribute
  }
}

/// What an entry of a view is.
public enum ObservedKind: Sendable, Hashable, CaseIterable {
  case file
  case directory
  case symbolicLink
  case fifo
  case socket
  case characterDevice
  case blockDevice
}
