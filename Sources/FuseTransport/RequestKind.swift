/// The requests of the FUSE protocol, named as in the kernel's header (include/uapi/linux/fuse.h).
package enum RequestKind: Int, CaseIterable, Sendable {
  case lookup
  case forget
  case batchForget
  case getAttributes
  case setAttributes
  case readLink
  case makeSymbolicLink
  case makeNode
  case makeDirectory
  case unlink
  case removeDirectory
  case rename
  case link
  case create
  case createUnnamed
  case open
  case read
  case write
  case sync
  case syncDirectory
  case allocate
  case copyRange
  case release
  case flush
  case openDirectory
  case readDirectory
  case readDirectoryPlus
  case statFileSystem
  case getExtendedAttribute
  case setExtendedAttribute
  case removeExtendedAttribute
  case listExtendedAttributes
  case seek
  case ioctl
  case initialize

  /// Its place among all.
  var place: Int { rawValue }

  /// Its name in the kernel's header.
  package var name: String {
    switch self {
    case .lookup: "LOOKUP"
    case .forget: "FORGET"
    case .batchForget: "BATCH_FORGET"
    case .getAttributes: "GETATTR"
    case .setAttributes: "SETATTR"
    case .readLink: "READLINK"
    case .makeSymbolicLink: "SYMLINK"
    case .makeNode: "MKNOD"
    case .makeDirectory: "MKDIR"
    case .unlink: "UNLINK"
    case .removeDirectory: "RMDIR"
    case .rename: "RENAME2"
    case .link: "LINK"
    case .create: "CREATE"
    case .createUnnamed: "TMPFILE"
    case .open: "OPEN"
    case .read: "READ"
    case .write: "WRITE"
    case .sync: "FSYNC"
    case .syncDirectory: "FSYNCDIR"
    case .allocate: "FALLOCATE"
    case .copyRange: "COPY_FILE_RANGE"
    case .release: "RELEASE"
    case .flush: "FLUSH"
    case .openDirectory: "OPENDIR"
    case .readDirectory: "READDIR"
    case .readDirectoryPlus: "READDIRPLUS"
    case .statFileSystem: "STATFS"
    case .getExtendedAttribute: "GETXATTR"
    case .setExtendedAttribute: "SETXATTR"
    case .removeExtendedAttribute: "REMOVEXATTR"
    case .listExtendedAttributes: "LISTXATTR"
    case .seek: "LSEEK"
    case .ioctl: "IOCTL"
    case .initialize: "INIT"
    }
  }
}
